import type { Chunk } from '../../engine/chunks/chunk.ts';
import type { Engine } from '../../engine/duckdb.ts';
import { onceEach, type Tallied, type Tally } from '../counters/counter.ts';
import { narrowType, type Reading, readingOf } from './column-reader.ts';
import type { Leaf } from './leaves.ts';

/** Rows to be tallied: the SQL that they come from, and that of each leaf over it. */
export interface LeafRows {
  readonly from: string;
  /** The same rows in parts that fit into memory, where there are such. */
  readonly portions?: readonly string[] | undefined;
  readonly leaves: readonly { readonly leaf: Leaf; readonly expression: string }[];
  /** A BIGINT, never null: how many rows each row stands for. One where it is left out. */
  readonly times?: string;
}

/** Called after each chunk with the rows that this scan has seen. */
export type OnRows = (seen: number) => void;

/** Tallies the leaves of the same rows, in one scan, and in a second one those that have heavy values among very many. */
export async function tallyLeaves(
  engine: Engine,
  rows: LeafRows,
  onRows: OnRows = () => undefined,
): Promise<Tallied[]> {
  const readings = await readingsOf(engine, rows);
  const tallies = readings.map((reading) => reading.tally());
  const columns = readings.map((reading, index) => ({ reading, index, tally: tallies[index]! }));
  await scan(engine, rows, columns, onRows);
  const again = columns.filter(({ tally }) => tally.wantsMore());
  if (again.length > 0) await scan(engine, rows, again, onRows);
  return tallies.map((tally) => tally.tallied());
}

async function readingsOf(engine: Engine, { from, leaves }: LeafRows): Promise<Reading[]> {
  const wide = leaves.filter(({ leaf }) => narrowType(leaf) !== undefined);
  const fits = wide.map(({ leaf, expression: e }) => {
    return `bool_and(${e} IS NULL OR TRY_CAST(${e} AS ${narrowType(leaf)}) IS NOT NULL)`;
  });
  const found = wide.length > 0 ? await engine.query(`SELECT ${fits.join(', ')} FROM ${from}`) : [];
  return leaves.map((each) => readingOf(each.leaf, found[wide.indexOf(each)]?.[0] !== false));
}

interface Column {
  readonly reading: Reading;
  readonly tally: Tally;
  /** Of the leaf. */
  readonly index: number;
}

async function scan(
  engine: Engine,
  rows: LeafRows,
  columns: readonly Column[],
  onRows: OnRows,
): Promise<void> {
  const read = columns.map(({ reading, index }) => reading.column(rows.leaves[index]!.expression));
  const counted = rows.times === undefined ? [] : [`CAST(${rows.times} AS BIGINT)`];
  let seen = 0;
  const select = (from: string) => `SELECT ${[...read, ...counted].join(', ')} FROM ${from}`;
  const visit = (chunk: Chunk) => {
    const times = counted.length === 0 ? onceEach : timesOf(chunk, columns.length);
    columns.forEach(({ tally }, column) => {
      tally.add(chunk, column, times);
    });
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
