/**
 * The footers of Parquet files: how many rows there are, of which columns, between which bounds. It may not read rows, nor know which
 * format of tables they are for.
 */

import {
  type FileMetaData,
  type ParquetParsers,
  parquetMetadataAsync,
  parquetSchema,
  type SchemaTree,
} from 'hyparquet';
import { VarveError } from '../../errors.ts';
import { dateBound, floatBound, shortBounds, timestampBound } from '../bound-text.ts';
import type { ColumnBounds, ColumnType, ParquetFile } from '../model.ts';
import { orderOf } from '../order.ts';
import { columnsOf, typeOf } from './columns.ts';
import { decimalOf, readRawBounds } from './decimal-bounds.ts';

/** Reads so many bytes of a file from `offset` on. */
export type ReadBytes = (offset: number, length: number) => Promise<Uint8Array>;

/** Of most files, this holds the whole footer. */
const FIRST_BYTES = 64 * 1024;
/** A hostile footer takes many times its size in memory. */
const MAX_FOOTER_BYTES = 32 * 1024 * 1024;
const TAIL_BYTES = 8;
const MILLISECOND = 1000n;

/**
 * Read the footer of a Parquet file.
 * @param size of the file, in bytes
 * @param path of the file, for messages
 * @throws VarveError `table-unreadable`, and what `read` throws
 */
export async function readFooter(read: ReadBytes, size: number, path: string): Promise<ParquetFile> {
  const footer = await footerBytes(read, size, path);
  try {
    const source = {
      byteLength: footer.byteLength,
      slice: (from: number, to?: number) => footer.slice(from, to),
    };
    const metadata = await parquetMetadataAsync(source, {
      parsers: TEXT_PARSERS,
      initialFetchSize: footer.byteLength,
      geoparquet: false,
    });
    const root = parquetSchema(metadata);
    return {
      rows: Number(metadata.num_rows),
      columns: columnsOf(root),
      bounds: boundsOf(metadata, root, new Uint8Array(footer)),
      ids: root.children.map(({ element: { field_id: id = -1 } }) => (id >= 0 ? id : undefined)),
      hasFieldIds: metadata.schema.some(({ field_id: id = -1 }) => id >= 0),
    };
  } catch (error) {
    throw unreadable(path, error instanceof Error ? error.message : String(error), error);
  }
}

async function footerBytes(read: ReadBytes, size: number, path: string): Promise<ArrayBuffer> {
  if (size < TAIL_BYTES) throw unreadable(path, `it has ${size} bytes`);
  const tail = Buffer.from(await read(Math.max(0, size - FIRST_BYTES), Math.min(size, FIRST_BYTES)));
  if (tail.toString('latin1', tail.length - 4) !== 'PAR1')
    throw unreadable(path, 'it does not end as Parquet does');
  const length = tail.readUInt32LE(tail.length - TAIL_BYTES) + TAIL_BYTES;
  if (length > Math.min(size, MAX_FOOTER_BYTES)) throw unreadable(path, `its footer has ${length} bytes`);
  const bytes = length <= tail.length ? tail.subarray(-length) : await read(size - length, length);
  return new Uint8Array(bytes).buffer;
}

function unreadable(path: string, what: string, cause?: unknown): VarveError {
  return new VarveError('table-unreadable', `${path} cannot be read as Parquet: ${what}`, {
    path,
    remedy: 'Write the file anew, or leave it out of what is exported.',
    cause,
  });
}

interface Leaf {
  readonly path: readonly string[];
  readonly type: ColumnType;
  /** Of a decimal that Parquet knows for one, in which form its bytes are; those of unsigned numbers are not read. */
  readonly decimal: { readonly physical: string | undefined; readonly scale: number } | undefined;
}

/** The columns that hold one value a row, in the order of the leaves of the file; undefined for those within lists. */
function leavesOf(node: SchemaTree, path: readonly string[] = []): (Leaf | undefined)[] {
  return node.children.flatMap((child) => {
    const type = typeOf(child);
    const own = [...path, child.element.name];
    const { converted_type: converted, logical_type: logical, type: physical } = child.element;
    const isDecimal = converted === 'DECIMAL' || logical?.type === 'DECIMAL';
    const decimal = type.is === 'decimal' && isDecimal ? { physical, scale: type.scale } : undefined;
    if (child.children.length === 0) return [type.is === 'list' ? undefined : { path: own, type, decimal }];
    return type.is === 'struct' ? leavesOf(child, own) : leavesOf(child).map(() => undefined);
  });
}

function boundsOf(
  { row_groups: groups }: FileMetaData,
  root: SchemaTree,
  footer: Uint8Array,
): ColumnBounds[] {
  const leaves = leavesOf(root);
  const raw = leaves.some((leaf) => leaf?.decimal !== undefined) ? readRawBounds(footer) : [];
  return leaves.flatMap((leaf, index) => {
    if (leaf === undefined) return [];
    const chunks = groups.map(({ columns }, group) => {
      const { statistics: known, num_values: values } = columns[index]?.meta_data ?? {};
      return { known, values: Number(values ?? 0), raw: raw[group]?.[index] };
    });
    const counts = chunks.map(({ known }) => known?.null_count);
    const isCounted = counts.every((count) => count !== undefined);
    const nulls = isCounted ? counts.reduce((sum, count) => sum + Number(count), 0) : undefined;
    // A chunk of nothing but nulls has no bounds, and bounds nothing.
    const full = chunks.filter(({ known, values }) => Number(known?.null_count ?? 0) < values);
    const { path, type } = leaf;
    const least = full.map((chunk) => textOf(chunk.known?.min_value, leaf, chunk.raw?.min));
    const largest = full.map((chunk) => textOf(chunk.known?.max_value, leaf, chunk.raw?.max));
    return [{ path, type, ...bounds(type, least, largest), ...(nulls === undefined ? {} : { nulls }) }];
  });
}

function bounds(
  type: ColumnType,
  least: readonly (string | undefined)[],
  largest: readonly (string | undefined)[],
): Pick<ColumnBounds, 'min' | 'max'> {
  const order = orderOf(type);
  const min = extreme(least, (a, b) => order(a, b) <= 0);
  const max = extreme(largest, (a, b) => order(a, b) >= 0);
  return shortBounds(min, max);
}

/** Undefined where one of them is not known, or there is none. */
function extreme(
  values: readonly (string | undefined)[],
  isFirst: (a: string, b: string) => boolean,
): string | undefined {
  if (values.some((value) => value === undefined)) return undefined;
  return (values as string[]).reduce<string | undefined>(
    (best, value) => (best === undefined || isFirst(value, best) ? value : best),
    undefined,
  );
}

/**
 * What hyparquet makes of the bytes of a bound, by the parsers below, as text; undefined for what has no order here.
 * @param raw the bytes themselves
 */
function textOf(value: unknown, { type, decimal }: Leaf, raw: Uint8Array | undefined): string | undefined {
  if (decimal !== undefined) return decimalOf(raw, decimal.physical, decimal.scale);
  switch (type.is) {
    case 'byte':
    case 'short':
    case 'integer':
    case 'long':
      return typeof value === 'number' || typeof value === 'bigint' ? String(value) : undefined;
    case 'boolean':
      return typeof value === 'boolean' ? String(value) : undefined;
    case 'float':
    case 'double':
      return typeof value === 'number' ? floatBound(value) : undefined;
    case 'string':
    case 'date':
    case 'timestamp':
    case 'timestamp_ntz':
      return typeof value === 'string' ? value : undefined;
    default:
      return undefined;
  }
}

const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** Bounds as a profile writes them. What is no UTF-8 was cut within a character, or is no text. */
const TEXT_PARSERS = {
  stringFromBytes(bytes: Uint8Array) {
    try {
      return UTF8.decode(bytes);
    } catch {
      return undefined;
    }
  },
  dateFromDays: (days: number) => dateBound(days * 86_400_000),
  timestampFromMilliseconds: (value: bigint) => timestampBound(value * MILLISECOND),
  timestampFromMicroseconds: timestampBound,
  timestampFromNanoseconds: () => undefined,
  // The library's type wants dates; whatever they return is handed on as it is.
} as unknown as Partial<ParquetParsers>;
