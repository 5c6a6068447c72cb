import type { Engine } from '../../engine/duckdb.ts';
import { portionsOf, type RowGroups, rowGroupsOf } from '../../engine/formats/parquet/row-groups.ts';
import type { TableSource } from '../../engine/source.ts';
import { type LeafCounts, MAX_TABLE_VALUES } from '../counters/counter.ts';
import { distinctCount } from '../hashing/sketch.ts';
import type { FeatureProfile, LengthStats, TableProfile } from '../model/model.ts';
import { positionsOf } from '../model/positions.ts';
import { elementsSql, leafSql, leavesByLists, positionedSql } from '../plan/leaf-sql.ts';
import { hasNumbers, isText, type Leaf, leavesOf } from '../plan/leaves.ts';
import { countLengths } from '../plan/list-lengths.ts';
import { repeatedTexts } from '../plan/repeated-texts.ts';
import { type OnRows, type Scan, scanColumns } from '../plan/scan-columns.ts';
import { weighLeaf } from '../plan/weights.ts';
import type { ScanThread } from '../threads/scan-thread.ts';

/** Called often, with the features that are done: those read together are done together, bit by bit. */
export type OnFeature = (done: number, total: number) => void;

export interface TableOptions {
  readonly name: string;
  /** The column that weights rows. */
  readonly weight?: string | undefined;
  /** Threads that scan some of the columns. */
  readonly threads: readonly ScanThread[];
  readonly onFeature?: OnFeature | undefined;
}

/** The values that are read at once: some MiB, more if texts are long. */
const VALUES_PER_PORTION = 2 ** 19;

/** Scans leaves; undefined if it could not, so that another scanner has to. */
type Scanner = (rows: Scan, onRows: OnRows) => Promise<LeafCounts[] | undefined>;

/** The most values whose counters are in memory at once, of all columns that one scan reads. */
const MAX_VALUES_PER_SCAN = 24 * MAX_TABLE_VALUES;
/** The most columns of one scan, whose counters take some memory even without a value. */
const MAX_LEAVES_PER_SCAN = 1024;

/**
 * A thread takes of what is left as if so many scans of each thread were to come: fewer and fewer columns, so that all
 * have work to the end.
 */
const SCANS_PER_THREAD = 2;

/** Profiles the rows of a source, some columns at a time; a column with heavy values among very many is read twice. */
export async function profileTable(
  engine: Engine,
  source: TableSource,
  options: TableOptions,
): Promise<TableProfile> {
  const leaves = leavesOf(source.columns);
  const rows = source.rows ?? (await countRows(engine, source.relation));
  const table = { engine, source: source.relation, rows, weight: options.weight, isSmall: source.isSmall };
  const repeated = await repeatedTexts(engine, leaves, source.relation, rows);
  const lists = await listsOf(engine, leaves, source.relation);
  const threads = 1 + options.threads.length;
  const groups = threads > 1 && source.parquet && (await rowGroupsOf(engine, source.parquet, source.columns));
  const scans = [
    ...[...repeated].map((leaf) => groupedRows(leaf, source.relation)),
    ...flatScans(flatLeaves(leaves, repeated), table, threads, groups || undefined),
    ...lists.flatMap((list) => listScans(list, source.relation)),
  ];
  const listOf = new Map(lists.flatMap((list) => list.leaves.map((leaf) => [leaf, list] as const)));
  const features = new Map<Leaf, FeatureProfile>();
  const seen = new Map<Scan, number>();
  const report = () => {
    const done = [...seen].map(([scan, share]) => scan.leaves.length * share);
    options.onFeature?.(Math.floor(done.reduce((sum, one) => sum + one, 0)), leaves.length);
  };
  const run = async (scanWith: Scanner) => {
    for (let scan = scans.shift(); scan !== undefined; scan = scans.shift()) {
      const found = scan;
      const counts = await scanWith(scan, (row) => {
        seen.set(found, Math.min(0.99, row / rows));
        report();
      });
      if (counts === undefined) return void scans.push(scan);
      for (const [index, { leaf }] of scan.leaves.entries()) {
        features.set(leaf, await profileLeaf(table, leaf, counts[index]!, listOf.get(leaf)));
      }
      seen.set(scan, 1);
      report();
    }
  };
  const here: Scanner = (scan, onRows) => scanColumns(engine, scan, onRows);
  await Promise.all([run(here), ...options.threads.map((thread) => run((...work) => thread.scan(...work)))]);
  await run(here);
  const { dateFormats, skippedLines } = source;
  const inOrder = leaves.map((leaf) => {
    const formats = leaf.path.length === 1 ? dateFormats?.get(leaf.path[0]!) : undefined;
    return { ...features.get(leaf)!, ...(formats && { dateFormats: formats }) };
  });
  return {
    name: options.name,
    rows,
    ...(options.weight && { weight: options.weight }),
    ...(skippedLines && { skippedLines }),
    features: inOrder,
  };
}

async function countRows(engine: Engine, relation: string): Promise<number> {
  const [[rows]] = (await engine.query(`SELECT count(*)::DOUBLE FROM ${relation}`)) as [[number]];
  return rows;
}

/** Leaves that lie in no list and are not grouped; those that take longest come first. */
function flatLeaves(leaves: readonly Leaf[], grouped: ReadonlySet<Leaf>): Leaf[] {
  return leaves
    .filter((leaf) => leaf.expressions.length === 1 && !grouped.has(leaf))
    .sort((a, b) => Number(isText(b)) - Number(isText(a)));
}

function flatScans(
  flat: readonly Leaf[],
  { source, rows, isSmall }: Pick<Table, 'source' | 'rows' | 'isSmall'>,
  threads: number,
  groups: RowGroups | undefined,
): Scan[] {
  const scans: Scan[] = [];
  for (let start = 0; start < flat.length; ) {
    const left = flat.length - start;
    const share = threads === 1 ? left : Math.ceil(left / (SCANS_PER_THREAD * threads));
    const batch = flat.slice(start, start + Math.min(leavesPerScan(rows), share));
    scans.push({
      from: source,
      portions: isSmall
        ? [source]
        : groups && portionsOf(groups, Math.floor(VALUES_PER_PORTION / batch.length)),
      leaves: batch.map((leaf) => ({ leaf, expression: leaf.expressions[0]! })),
    });
    start += batch.length;
  }
  return scans;
}

/** Each scan of a list reads the whole list, so that few scans are to read all of its leaves. */
function listScans({ leaves, presence }: Lists, source: string): Scan[] {
  const positions = leaves.some(hasNumbers) ? positionsOf(presence.valency) : undefined;
  const from =
    positions === undefined ? elementsSql(leaves[0]!, source) : positionedSql(leaves[0]!, source, positions);
  const most = leavesPerScan(Number(presence.valency.sum));
  const scans: Scan[] = [];
  for (let start = 0; start < leaves.length; start += most) {
    const batch = leaves.slice(start, start + most);
    scans.push({
      from,
      leaves: batch.map((leaf) => ({ leaf, expression: leaf.expressions.at(-1)! })),
      positions,
    });
  }
  return scans;
}

function leavesPerScan(rows: number): number {
  const values = Math.min(Math.max(rows, 1), MAX_TABLE_VALUES);
  return Math.min(MAX_LEAVES_PER_SCAN, Math.floor(MAX_VALUES_PER_SCAN / values));
}

function groupedRows(leaf: Leaf, source: string): Scan {
  const from = `(SELECT v, count(*) AS n FROM (${leafSql(leaf, source)}) GROUP BY v)`;
  return { from, leaves: [{ leaf, expression: 'v' }], occurrences: 'n' };
}

interface Table {
  readonly engine: Engine;
  readonly source: string;
  readonly rows: number;
  readonly weight: string | undefined;
  readonly isSmall: boolean | undefined;
}

async function profileLeaf(
  { engine, source, rows, weight }: Table,
  leaf: Leaf,
  counts: LeafCounts,
  lists: Lists | undefined,
): Promise<FeatureProfile> {
  if (lists !== undefined) return featureOf(leaf, presenceInLists(rows, lists, counts), counts);
  const feature = featureOf(leaf, presenceOfScalar(rows, counts), counts);
  if (weight === undefined) return feature;
  const distinct = distinctCount(counts.distinct);
  return { ...feature, weighted: await weighLeaf(engine, leaf, distinct, source, weight) };
}

/** A feature without a single value is of no type that is known. */
export function featureOf(leaf: Leaf, presence: Presence, counts: LeafCounts): FeatureProfile {
  const { path, type, engineType } = leaf;
  const { count, values, distinct, ...statistics } = counts;
  if (count === 0) return { path, engineType, ...presence, type: 'unknown', values, distinct };
  return { path, type, engineType, ...presence, ...statistics, values, distinct };
}

interface Presence {
  readonly present: number;
  readonly nulls: number;
  readonly count: number;
  readonly nullElements: number;
  readonly valency?: LengthStats;
}

/** Counts the presence of a leaf that lies in no list. */
export function presenceOfScalar(rows: number, { count }: LeafCounts): Presence {
  return { present: count, nulls: rows - count, count, nullElements: 0 };
}

/** Leaves that are reached through the same lists. */
interface Lists {
  readonly leaves: readonly Leaf[];
  readonly presence: { readonly present: number; readonly valency: LengthStats };
}

async function listsOf(engine: Engine, leaves: readonly Leaf[], source: string): Promise<Lists[]> {
  const lists: Lists[] = [];
  for (const group of leavesByLists(leaves)) {
    const [leaf] = group as [Leaf];
    const outermost = `SELECT count(v)::DOUBLE FROM (${leafSql(leaf, source, 0)})`;
    const [[present]] = (await engine.query(outermost)) as [[number]];
    const innermost = leafSql(leaf, source, leaf.expressions.length - 2);
    const valency = await countLengths(engine, `SELECT len(v) AS l, 1 AS n FROM (${innermost})`);
    lists.push({ leaves: group, presence: { present, valency } });
  }
  return lists;
}

function presenceInLists(
  rows: number,
  { presence: { present, valency } }: Lists,
  { count }: LeafCounts,
): Presence {
  const elements = Number(valency.sum);
  return { present, nulls: rows - present, count: elements, nullElements: elements - count, valency };
}
