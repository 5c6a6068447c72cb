import { readThriftStruct, type ThriftStruct, type ThriftValue } from '../../base/thrift-compact.ts';

/** Reads up to `length` bytes of a file from `offset`: fewer at its end. */
export type ReadAt = (offset: number, length: number) => Promise<Uint8Array>;

/** A page of Parquet with its header, in bytes of the file. */
export interface Page {
  readonly at: number;
  readonly length: number;
  /** Values in it; undefined for a dictionary. */
  readonly values: number | undefined;
}

/** The pages of one column in one row group, in bytes of the file. */
interface ColumnChunk {
  readonly start: number;
  readonly end: number;
}

const TAIL_BYTES = 8;
/** A hostile footer takes some fifty times its size in memory; files with a larger one stay whole. */
const MAX_FOOTER_BYTES = 4 * 1024 * 1024;
const MAX_HEADER_BYTES = 4 * 1024;
/** Enough to tell, and few reads. */
const MAX_COLUMNS = 16;
const MAX_PAGES = 128;
/** Of fewer pages nothing can be said. */
const MIN_PAGES = 8;
/** Writers that cut pages by rows or bytes look at their size after batches of rows, which are a multiple of this. */
const BATCH_ROWS = 32;
/** pyarrow 26 cuts 19 to 98 % of the pages of a column by content, and the rest at 20,000 rows; without, 0 to 7 % are no whole batch. */
const MIN_SHARE = 0.1;

/**
 * Tell whether the pages of a Parquet file were cut by their content, as pyarrow and Hugging Face's datasets do for `use_content_defined_chunking`:
 * then versions of it share chunks. Those writers say nothing of it in the file; what shows it is that pages end at rows where no batch ends, in every
 * column. varve itself says so in the footer of the copies of databases that it writes. A file that cannot be read as Parquet is none of these.
 */
export async function isCutByContent(read: ReadAt, size: number): Promise<boolean> {
  try {
    const footer = await readFooter(read, size);
    if (saysSo(footer)) return true;
    const [group] = groupsOf(footer);
    let columns = 0;
    for (const column of group?.slice(0, MAX_COLUMNS) ?? []) {
      const share = await shareOfOddPages(read, column);
      if (share === undefined) continue;
      if (share < MIN_SHARE) return false;
      columns += 1;
    }
    return columns > 0;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** What varve's own files have in their footers: their row groups are cut by content. */
function saysSo(footer: ThriftStruct): boolean {
  const metadata = footer[5] === undefined ? [] : listOf(footer[5]).map(structOf);
  return metadata.some(({ 1: key, 2: value }) => textOf(key) === MARK.key && textOf(value) === MARK.value);
}

const MARK = { key: 'varve.row_groups', value: 'cut-by-content' } as const;

function textOf(value: ThriftValue | undefined): string | undefined {
  return value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : undefined;
}

/** @returns undefined for a column of too few pages */
async function shareOfOddPages(read: ReadAt, column: ColumnChunk): Promise<number | undefined> {
  const counts: number[] = [];
  for await (const { values } of pagesOf(read, column)) {
    if (values !== undefined) counts.push(values);
    if (counts.length > MAX_PAGES) break;
  }
  // The last one ends where the column does.
  counts.pop();
  if (counts.length < MIN_PAGES) return undefined;
  return counts.filter((count) => count % BATCH_ROWS !== 0).length / counts.length;
}

/**
 * Find the columns of each row group by the footer. Source: https://github.com/apache/parquet-format, parquet.thrift.
 * @public scripts/bench/parquet-chunking.mjs reads all pages.
 * @throws RangeError for what is no Parquet
 */
export async function rowGroups(read: ReadAt, size: number): Promise<ColumnChunk[][]> {
  return groupsOf(await readFooter(read, size));
}

async function readFooter(read: ReadAt, size: number): Promise<ThriftStruct> {
  const tail = Buffer.from(await read(size - TAIL_BYTES, TAIL_BYTES));
  const length = tail.readUInt32LE(0);
  if (tail.toString('latin1', 4) !== 'PAR1' || length > Math.min(MAX_FOOTER_BYTES, size - TAIL_BYTES))
    throw new RangeError('no footer');
  return readThriftStruct(await read(size - TAIL_BYTES - length, length)).struct;
}

function groupsOf(footer: ThriftStruct): ColumnChunk[][] {
  return listOf(footer[4]).map((group) => listOf(structOf(group)[1]).map(columnChunk));
}

function columnChunk(column: ThriftValue): ColumnChunk {
  const facts = structOf(structOf(column)[3]);
  const data = numberOf(facts[9]);
  const dictionary = facts[11] === undefined ? 0 : numberOf(facts[11]);
  const start = dictionary > 0 ? Math.min(dictionary, data) : data;
  return { start, end: start + numberOf(facts[7]) };
}

/**
 * List the pages of a column, in order.
 * @public for the benchmark too
 * @throws RangeError for what is no page
 */
export async function* pagesOf(read: ReadAt, { start, end }: ColumnChunk): AsyncGenerator<Page> {
  for (let at = start; at < end; ) {
    const { struct, end: header } = readThriftStruct(await read(at, MAX_HEADER_BYTES));
    const length = header + numberOf(struct[3]);
    if (!(length > 0)) throw new RangeError('an empty page');
    const data = struct[5] ?? struct[8];
    yield { at, length, values: data === undefined ? undefined : numberOf(structOf(data)[1]) };
    at += length;
  }
}

function structOf(value: ThriftValue | undefined): ThriftStruct {
  if (typeof value !== 'object' || Array.isArray(value) || value instanceof Uint8Array)
    throw new RangeError('no struct');
  return value as ThriftStruct;
}

function listOf(value: ThriftValue | undefined): readonly ThriftValue[] {
  if (!Array.isArray(value)) throw new RangeError('no list');
  return value;
}

function numberOf(value: ThriftValue | undefined): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
    throw new RangeError('no number');
  return value;
}
