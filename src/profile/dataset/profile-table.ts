import type { Engine } from '../../engine/duckdb.ts';
import { portionsOf, type RowGroups, rowGroupsOf } from '../../engine/formats/row-groups.ts';
import type { TableSource } from '../../engine/source.ts';
import type { LeafCounts } from '../counters/counter.ts';
import { distinctCount } from '../hashing/sketch.ts';
import type { FeatureProfile, LengthStats, TableProfile } from '../model/model.ts';
import { leafSql } from '../plan/leaf-sql.ts';
import { isText, type Leaf, leavesOf } from '../plan/leaves.ts';
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

/** The most columns that are read in one scan: their tables and sketches are in memory at once. */
const MAX_LEAVES_PER_SCAN = 24;

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
  const [[rows]] = (await engine.query(`SELECT count(*)::DOUBLE FROM ${source.relation}`)) as [[number]];
  const table = { engine, source: source.relation, rows, weight: options.weight };
  const repeated = await repeatedTexts(engine, leaves, source.relation, rows);
  const threads = 1 + options.threads.length;
  const groups = threads > 1 && source.parquet && (await rowGroupsOf(engine, source.parquet, source.columns));
  const scans = scansOf(leaves, repeated, source.relation, threads, groups || undefined);
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
        features.set(leaf, await profileLeaf(table, leaf, counts[index]!));
      }
      seen.set(scan, 1);
      report();
    }
  };
  const here: Scanner = (scan, onRows) => scanColumns(engine, scan, onRows);
  await Promise.all([run(here), ...options.threads.map((thread) => run((...work) => thread.scan(...work)))]);
  await run(here);
  const inOrder = leaves.map((leaf) => features.get(leaf)!);
  return { name: options.name, rows, ...(options.weight && { weight: options.weight }), features: inOrder };
}

/** Scalar leaves share scans; grouped ones and leaves in lists take one each. */
function scansOf(
  leaves: readonly Leaf[],
  grouped: ReadonlySet<Leaf>,
  source: string,
  threads: number,
  groups: RowGroups | undefined,
): Scan[] {
  // What takes longest comes first.
  const flat = leaves
    .filter((leaf) => leaf.expressions.length === 1 && !grouped.has(leaf))
    .sort((a, b) => Number(isText(b)) - Number(isText(a)));
  const scans = [...grouped].map((leaf) => groupedRows(leaf, source));
  while (flat.length > 0) {
    const share = threads === 1 ? flat.length : Math.ceil(flat.length / (SCANS_PER_THREAD * threads));
    const batch = flat.splice(0, Math.min(MAX_LEAVES_PER_SCAN, share));
    scans.push({
      from: source,
      portions: groups && portionsOf(groups, Math.floor(VALUES_PER_PORTION / batch.length)),
      leaves: batch.map((leaf) => ({ leaf, expression: leaf.expressions[0]! })),
    });
  }
  for (const leaf of leaves.filter((each) => each.expressions.length > 1)) {
    scans.push({ from: `(${leafSql(leaf, source)})`, leaves: [{ leaf, expression: 'v' }] });
  }
  return scans;
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
}

async function profileLeaf(table: Table, leaf: Leaf, counts: LeafCounts): Promise<FeatureProfile> {
  const { engine, source, weight } = table;
  const feature = featureOf(leaf, await presenceOf(table, leaf, counts), counts);
  if (weight === undefined || leaf.expressions.length > 1) return feature;
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

async function presenceOf(
  { engine, source, rows }: Table,
  leaf: Leaf,
  counts: LeafCounts,
): Promise<Presence> {
  const lists = leaf.expressions.length - 1;
  if (lists === 0) return presenceOfScalar(rows, counts);
  const { count } = counts;
  const outermost = `SELECT count(v)::DOUBLE FROM (${leafSql(leaf, source, 0)})`;
  const [[present]] = (await engine.query(outermost)) as [[number]];
  const innermost = leafSql(leaf, source, lists - 1);
  const valency = await countLengths(engine, `SELECT len(v) AS l, 1 AS n FROM (${innermost})`);
  const elements = Number(valency.sum);
  return { present, nulls: rows - present, count: elements, nullElements: elements - count, valency };
}
