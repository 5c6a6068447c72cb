import { isRecord, parseShallow } from '../../base/json.ts';
import {
  dateBound,
  decimalBound,
  floatBound,
  integerBound,
  shortBounds,
  timestampBound,
} from '../bound-text.ts';
import type { ColumnBounds, ColumnType, TableColumn, UnreadFile } from '../model.ts';

/** What a log says of the rows of a file: its `stats`, which may be missing, and its values of the columns that part the table. */
export interface DeltaFacts {
  readonly stats: string | undefined;
  readonly partition: Readonly<Record<string, string | null>>;
}

/** Of one file. Writers keep a few values of 32 columns; what is longer is none of theirs. */
export const MAX_STATS_CHARACTERS = 1024 * 1024;

/**
 * Read what a log says of the rows of a file. What it says of a column in a way that the type of this does not allow is not known. Source:
 * https://github.com/delta-io/delta/blob/master/PROTOCOL.md, "Per-file Statistics".
 * @returns undefined where the log does not count the rows
 */
export function describeDelta(
  columns: readonly TableColumn[],
  { stats, partition }: DeltaFacts,
): UnreadFile | undefined {
  const known = statsOf(stats);
  const rows = countOf(known?.numRecords);
  if (known === undefined || rows === undefined) return undefined;
  const inFiles = columns.filter(({ name }) => !Object.hasOwn(partition, name));
  return {
    rows,
    columns,
    bounds: [
      ...boundsWithin(inFiles, [], known, rows),
      ...columns.flatMap(({ name, type }) =>
        Object.hasOwn(partition, name) ? [constant(name, type, partition[name] || null, rows)] : [],
      ),
    ],
  };
}

function statsOf(stats: string | undefined): Record<string, unknown> | undefined {
  if (stats === undefined || stats.length > MAX_STATS_CHARACTERS) return undefined;
  try {
    const known = parseShallow(numbersAsText(stats));
    return isRecord(known) ? known : undefined;
  } catch {
    return undefined;
  }
}

const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|-?(?:\d[\d.eE+-]*|Infinity|NaN)|[\s{}[\],:]+|[a-z]+/y;
const QUOTED = /^["\s{}[\],:a-z]/;

/** JSON with its numbers as text, since those of JavaScript have fewer digits than a whole number or a decimal may have. */
function numbersAsText(json: string): string {
  const pieces: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < json.length) {
    const [token] = TOKEN.exec(json) ?? [];
    if (token === undefined) throw new SyntaxError('it is no JSON');
    pieces.push(QUOTED.test(token) ? token : `"${token}"`);
  }
  return pieces.join('');
}

function countOf(value: unknown): number | undefined {
  const count = typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : undefined;
  return Number.isSafeInteger(count) ? count : undefined;
}

type Stats = Readonly<Record<string, unknown>>;

function boundsWithin(
  columns: readonly TableColumn[],
  above: readonly string[],
  stats: Stats,
  rows: number,
): ColumnBounds[] {
  return columns.flatMap(({ name, type }) => {
    const path = [...above, name];
    if (type.is === 'struct') return boundsWithin(type.fields, path, stats, rows);
    const nulls = nullsOf(valueAt(stats.nullCount, path), rows, stats.tightBounds === false);
    const min = textOf(type, valueAt(stats.minValues, path));
    const max = textOf(type, valueAt(stats.maxValues, path), true);
    return [{ path, type, ...(nulls === undefined ? {} : { nulls }), ...shortBounds(min, max) }];
  });
}

function valueAt(of: unknown, path: readonly string[]): unknown {
  return path.reduce(
    (at: unknown, name) => (isRecord(at) && Object.hasOwn(at, name) ? at[name] : undefined),
    of,
  );
}

/** Where bounds may be wide, rows may have gone since they were counted: whether all or none of those that are there are null still holds. */
function nullsOf(value: unknown, rows: number, isWide: boolean): number | undefined {
  const nulls = countOf(value);
  return nulls === undefined || nulls > rows || (isWide && nulls !== 0 && nulls !== rows) ? undefined : nulls;
}

function constant(name: string, type: ColumnType, value: string | null, rows: number): ColumnBounds {
  const path = [name];
  if (value === null) return { path, type, nulls: rows };
  const text = textOf(type, value);
  return { path, type, nulls: 0, ...shortBounds(text, text) };
}

/** A value as a profile writes it; undefined for what the type does not have, or what may have been rounded. */
function textOf(type: ColumnType, value: unknown, isLargest = false): string | undefined {
  if (type.is === 'boolean') return /^(true|false)$/.test(String(value)) ? String(value) : undefined;
  if (typeof value !== 'string') return undefined;
  switch (type.is) {
    case 'byte':
    case 'short':
    case 'integer':
    case 'long':
      return /^-?\d{1,19}$/.test(value) ? integerBound(BigInt(value), type.is) : undefined;
    case 'float':
    case 'double':
      return NUMBER.test(value) ? floatBound(Number(value)) : undefined;
    case 'decimal':
      return NUMBER.test(value) ? decimalBound(Number(value), type.scale) : undefined;
    case 'date':
      return /^\d{4}-\d\d-\d\d$/.test(value) ? dateBound(Date.parse(value)) : undefined;
    case 'timestamp':
    case 'timestamp_ntz':
      return timeText(value, type.is === 'timestamp', isLargest);
    case 'string':
      return LONE_SURROGATE.test(value) ? undefined : value;
    default:
      return undefined;
  }
}

const NUMBER = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/;
const LONE_SURROGATE = /\p{Surrogate}/u;
const TIME = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?(Z|[+-]\d\d(?::?\d\d)?)?$/;

/**
 * Writers cut times to milliseconds, so that the largest may be later by as much. Which moment a time without a zone is, the log does not
 * say.
 */
function timeText(value: string, isMoment: boolean, isLargest: boolean): string | undefined {
  const [, day, time, digits = '', zone] = TIME.exec(value) ?? [];
  if (day === undefined || (zone === undefined) === isMoment) return undefined;
  const offset =
    zone === undefined ? 'Z' : zone.replace(/^([+-]\d\d)$/, '$1:00').replace(/^([+-]\d\d)(\d\d)$/, '$1:$2');
  const ms = Date.parse(`${day}T${time}${offset}`);
  if (Number.isNaN(ms)) return undefined;
  const isCut = isLargest && digits.length <= 3;
  const micros = isCut ? `${digits.padEnd(3, '0')}999` : digits.padEnd(6, '0');
  return timestampBound(BigInt(ms) * 1000n + BigInt(micros));
}
