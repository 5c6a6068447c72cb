import { VarveError } from '../../../errors.ts';
import { type ColumnReadings, hasTimeOfDay } from '../../column-readings.ts';
import type { Engine } from '../../duckdb.ts';
import { identifier, literal } from '../../quote.ts';
import { type SourceFile, shownPath } from '../../source-file.ts';
import type { EngineColumn } from '../../types.ts';
import type { LoadedText } from './csv.ts';
import type { FirstRows } from './first-rows.ts';

/** The spellings that pandas and pyarrow take for truth values. `NO` is a country, and `t` a letter. */
const TRUE_FALSE = ['true', 'True', 'TRUE', 'false', 'False', 'FALSE'];

const ISO_DATE = '\\d{4,6}[-/]\\d{1,2}[-/]\\d{1,2}(?: \\(BC\\))?';
const ISO_TIME = '[ T]\\d{1,2}:\\d{2}(?::\\d{2}(?:\\.\\d+)?)?';
const ISO_ZONE = '(?: ?(?:Z|[+-]\\d{2}(?::?\\d{2})?)| [A-Z][A-Za-z_]*(?:/[A-Za-z_+-]+)*)';

/** The narrowest comes first. */
const ISO_TYPES = [
  ['DATE', ISO_DATE],
  ['TIMESTAMP', `${ISO_DATE}(?:${ISO_TIME})?`],
  ['TIMESTAMP WITH TIME ZONE', `${ISO_DATE}(?:${ISO_TIME}(?:${ISO_ZONE})?)?`],
] as const;

/** Day, month and year in some order, each as a number; then perhaps a time of the day. */
const NUMERIC_DATE =
  /^\s*\d{1,2}([-/. ])\d{1,2}\1(\d{4}|\d{2})(?:([ T])\d{1,2}:\d{2}(:\d{2})?(\.\d+)?(?:( ?)([AaPp][Mm]))?)?\s*$/;

/** Columns of which one value is looked for in one query. */
const FIRSTS_PER_QUERY = 256;
/** Columns of which all values are looked at in one query. */
const CHECKS_PER_QUERY = 32;
/** A way to read the values of a column. */
interface Meaning {
  /** True of every value that can be read so. */
  readonly holds: string;
  /** The value, read so. */
  readonly value: string;
  /** The `strptime` format; undefined for what has one meaning only. */
  readonly format?: string;
}

/**
 * The `strptime` formats of a column's dates, by its name: the one that they were read by, or for a column that stays text, those that fit
 * every value.
 */
export type DateFormats = ReadonlyMap<string, readonly string[]>;

/**
 * Gives the columns of text in the table `relation` the type that their values show: truth values and dates. Where several formats fit every
 * value of a column, as they do `01/02/2024`, it stays text.
 * @returns its columns now
 * @throws VarveError `date-format-unfit` if a value is not of the format that `readings` gives, `date-format-invalid`
 */
export async function typeTextColumns(
  engine: Engine,
  relation: string,
  { columns: before, firstRows }: LoadedText,
  file: SourceFile,
  readings: ColumnReadings,
): Promise<{ readonly columns: readonly EngineColumn[]; readonly dateFormats: DateFormats }> {
  const table = identifier(relation);
  const texts = before.filter(({ type }) => type.text === 'VARCHAR').map(({ name }) => name);
  const values = new Map<string, string>();
  const formats = new Map<string, readonly string[]>();
  for (const name of texts) {
    const format = readings.get(name)?.format;
    if (format === undefined) continue;
    await assertFormat(engine, table, name, format, file);
    values.set(name, parsed(identifier(name), format));
    formats.set(name, [format]);
  }
  const open = texts.filter((name) => !values.has(name));
  for (const [name, meanings] of await meaningsOf(engine, table, open, firstRows)) {
    const fitting = meanings.flatMap(({ format }) => format ?? []);
    if (fitting.length > 0) formats.set(name, fitting);
    const staysText = readings.get(name)?.as === 'text' || fitting.length > 1;
    if (!staysText) values.set(name, meanings[0]!.value);
  }
  for (const { name, type } of before) {
    if (readings.get(name)?.as !== 'timestamp') continue;
    const value = values.get(name) ?? (type.text === 'DATE' ? identifier(name) : undefined);
    if (value !== undefined) values.set(name, `CAST(${value} AS TIMESTAMP)`);
  }
  if (values.size === 0) return { columns: before, dateFormats: formats };
  await replaceColumns(engine, table, values);
  return { columns: await engine.describe(table), dateFormats: formats };
}

/** The meanings that all values of a column allow, the narrowest first; of columns that have such. */
async function meaningsOf(
  engine: Engine,
  table: string,
  columns: readonly string[],
  firstRows: FirstRows,
): Promise<Map<string, readonly Meaning[]>> {
  const suspects = (await someValues(engine, table, columns, firstRows)).flatMap(([name, value]) => {
    const possible = possibleMeanings(identifier(name), value);
    return possible.length === 0 ? [] : [[name, possible] as const];
  });
  const found = new Map<string, readonly Meaning[]>();
  for (let start = 0; start < suspects.length; start += CHECKS_PER_QUERY) {
    const part = suspects.slice(start, start + CHECKS_PER_QUERY);
    const asked = part.flatMap(([name, meanings]) =>
      meanings.map(({ holds }) => `bool_and(${holds}) FILTER (${identifier(name)} IS NOT NULL)`),
    );
    const answers = (await engine.query(`SELECT ${asked.join(', ')} FROM ${table}`)).map(([one]) => one);
    for (const [name, meanings] of part) {
      const own = answers.splice(0, meanings.length);
      const holding = meanings.filter((_, index) => own[index] === true);
      if (holding.length > 0) found.set(name, holding);
    }
  }
  return found;
}

/** One value of each column that is not null throughout; which one does not matter, since all are looked at if it looks like something. */
async function someValues(
  engine: Engine,
  table: string,
  columns: readonly string[],
  firstRows: FirstRows,
): Promise<[name: string, value: string][]> {
  const found: [string, string][] = [];
  const lacking: string[] = [];
  for (const name of columns) {
    const { text } = firstRows.columns.get(name)!;
    if (text !== undefined) found.push([name, text]);
    else if (firstRows.rows === undefined) lacking.push(name);
  }
  for (let start = 0; start < lacking.length; start += FIRSTS_PER_QUERY) {
    const part = lacking.slice(start, start + FIRSTS_PER_QUERY);
    const asked = part.map((name) => `any_value(${identifier(name)})`);
    const answers = await engine.query(`SELECT ${asked.join(', ')} FROM ${table}`);
    for (const [index, name] of part.entries()) {
      const value = answers[index]?.[0];
      if (typeof value === 'string') found.push([name, value]);
    }
  }
  return found;
}

function possibleMeanings(column: string, value: string): Meaning[] {
  if (TRUE_FALSE.includes(value)) {
    const spellings = TRUE_FALSE.map(literal).join(', ');
    return [{ holds: `${column} IN (${spellings})`, value: `CAST(${column} AS BOOLEAN)` }];
  }
  if (new RegExp(`^${ISO_TYPES[2][1]}$`).test(value))
    return ISO_TYPES.map(([type, shape]) => isoMeaning(column, type, shape));
  return numericFormats(value).map((format) => ({
    format,
    holds: `try_strptime(${column}, ${literal(format)}) IS NOT NULL${format.includes('%Y') ? ` AND ${hasLongYear(column)}` : ''}`,
    value: parsed(column, format),
  }));
}

function isoMeaning(column: string, type: string, shape: string): Meaning {
  const cast = `${column} AS ${type}`;
  return {
    holds: `regexp_full_match(${column}, ${literal(shape)}) AND TRY_CAST(${cast}) IS NOT NULL`,
    value: `CAST(${cast})`,
  };
}

/** `%Y` takes `24` for the year 24. */
function hasLongYear(column: string): string {
  return `regexp_matches(${column}, '^\\s*\\d{1,2}\\D\\d{1,2}\\D\\d{4}(\\D|$)')`;
}

/** The formats of numeric dates that a value like this may have. */
function numericFormats(value: string): string[] {
  const parts = NUMERIC_DATE.exec(value);
  if (parts === null) return [];
  const [, mark, year, join, seconds, fraction, gap = '', half] = parts;
  const short = year!.length === 2;
  const orders = short ? ['%d %m %y', '%m %d %y', '%y %m %d'] : ['%d %m %Y', '%m %d %Y'];
  const clock = `${half === undefined ? '%H' : '%I'}:%M${seconds ? ':%S' : ''}${fraction ? '.%f' : ''}`;
  const time = join === undefined ? '' : `${join}${clock}${half === undefined ? '' : `${gap}%p`}`;
  return orders.map((order) => `${order.replaceAll(' ', mark!)}${time}`);
}

function parsed(column: string, format: string): string {
  const time = `strptime(${column}, ${literal(format)})`;
  return hasTimeOfDay(format) ? time : `CAST(${time} AS DATE)`;
}

async function assertFormat(
  engine: Engine,
  table: string,
  name: string,
  format: string,
  file: SourceFile,
): Promise<void> {
  const column = identifier(name);
  const isUnfit = `try_strptime(${column}, ${literal(format)}) IS NULL`;
  const query = `SELECT min(${column}) FROM ${table} WHERE ${column} IS NOT NULL AND ${isUnfit}`;
  const [[unfit]] = (await engine.query(query).catch((error: unknown) => {
    throw /format specifier/i.test(String(error)) ? formatInvalid(name, format, error) : error;
  })) as [[string | null]];
  if (unfit === null) return;
  const path = shownPath(file);
  throw new VarveError(
    'date-format-unfit',
    `${path}: ${JSON.stringify(unfit.slice(0, 60))} in the column ${name} is not of the format ${format}`,
    { path, remedy: 'Correct the value, or give the format that all values of the column have.' },
  );
}

function formatInvalid(name: string, format: string, cause: unknown): VarveError {
  return new VarveError('date-format-invalid', `${format} is no format of dates for the column ${name}`, {
    remedy: 'Write it as strptime takes it: %d is the day, %m the month, %Y the year, %H:%M:%S the time.',
    cause,
  });
}

async function replaceColumns(
  engine: Engine,
  table: string,
  values: ReadonlyMap<string, string>,
): Promise<void> {
  const replaced = [...values].map(([name, value]) => `${value} AS ${identifier(name)}`);
  await engine.query(
    `CREATE OR REPLACE TABLE ${table} AS SELECT * REPLACE (${replaced.join(', ')}) FROM ${table}`,
  );
}
