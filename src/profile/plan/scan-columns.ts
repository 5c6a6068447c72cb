/**
 * The plan of a scan: which leaves a table has, the SQL for each, and the counter that takes it. It may not know files
 * of a dataset, nor what becomes of the counts.
 */

import type { Chunk } from '../../engine/chunks/chunk.ts';
import type { Engine } from '../../engine/duckdb.ts';
import { type Counter, type LeafCounts, ONCE_EACH } from '../counters/counter.ts';
import { type ColumnReader, columnReaderOf, narrowType } from './column-reader.ts';
import type { Leaf } from './leaves.ts';
import { PositionColumns } from './position-columns.ts';

/** One scan over rows: the SQL that they come from, and that of each leaf over it. */
export interface Scan {
  readonly from: string;
  /** The same rows in parts that fit into memory, where there are such. */
  readonly portions?: readonly string[] | undefined;
  readonly leaves: readonly { readonly leaf: Leaf; readonly expression: string }[];
  /** A BIGINT, never null: how many rows each row stands for. One where it is left out. */
  readonly occurrences?: string;
  /** For the elements of lists that all have so many: `p` is the position of each. */
  readonly positions?: number | undefined;
}

/** Called after each chunk with the rows that this scan has seen. */
export type OnRows = (seen: number) => void;

/** Counts the leaves of the same rows in one scan; those with heavy values among very many need a second one. */
export async function scanColumns(
  engine: Engine,
  rows: Scan,
  onRows: OnRows = () => undefined,
): Promise<LeafCounts[]> {
  const readings = await readingsOf(engine, rows);
  const counters = readings.map((reading) => reading.counter());
  const columns = readings.map((reading, index) => ({ reading, index, counter: counters[index]! }));
  const positions = positionsIn(rows, readings);
  await scan(engine, rows, columns, onRows, positions);
  const again = columns.filter(({ counter }) => counter.startSecondPass());
  if (again.length > 0) await scan(engine, rows, again, onRows);
  return counters.map((counter, leaf) => ({ ...counter.result(), ...positions?.stats(leaf) }));
}

function positionsIn(
  { leaves, positions }: Scan,
  readings: readonly ColumnReader[],
): PositionColumns | undefined {
  if (positions === undefined) return undefined;
  const read = readings.map((reading, index) => reading.column(leaves[index]!.expression));
  return new PositionColumns(leaves, positions, read);
}

async function readingsOf(engine: Engine, { from, leaves }: Scan): Promise<ColumnReader[]> {
  const wide = leaves.filter(({ leaf }) => narrowType(leaf) !== undefined);
  const fits = wide.map(({ leaf, expression: e }) => {
    return `bool_and(${e} IS NULL OR TRY_CAST(${e} AS ${narrowType(leaf)}) IS NOT NULL)`;
  });
  const found = wide.length > 0 ? await engine.query(`SELECT ${fits.join(', ')} FROM ${from}`) : [];
  return leaves.map((each) => columnReaderOf(each.leaf, found[wide.indexOf(each)]?.[0] !== false));
}

interface Column {
  readonly reading: ColumnReader;
  readonly counter: Counter;
  /** Of the leaf. */
  readonly index: number;
}

async function scan(
  engine: Engine,
  rows: Scan,
  columns: readonly Column[],
  onRows: OnRows,
  positions?: PositionColumns,
): Promise<void> {
  const read = columns.map(({ reading, index }) => reading.column(rows.leaves[index]!.expression));
  const counted = rows.occurrences === undefined ? [] : [`CAST(${rows.occurrences} AS BIGINT)`];
  let seen = 0;
  const select = (from: string) =>
    `SELECT ${[...read, ...counted, ...(positions?.sql ?? [])].join(', ')} FROM ${from}`;
  const visit = (chunk: Chunk) => {
    const occurrences = counted.length === 0 ? ONCE_EACH : timesOf(chunk, columns.length);
    columns.forEach(({ counter }, column) => {
      counter.add(chunk, column, occurrences);
    });
    positions?.add(chunk);
    seen += chunk.rows;
    onRows(seen);
  };
  if (rows.portions === undefined) await engine.scan(select(rows.from), visit);
  else await engine.scanPortions(rows.portions.map(select), visit);
}

function timesOf(chunk: Chunk, column: number): Float64Array {
  const words = chunk.words(column, 2);
  return Float64Array.from(
    { length: chunk.rows },
    (_, row) => words[2 * row + 1]! * 2 ** 32 + (words[2 * row]! >>> 0),
  );
}
