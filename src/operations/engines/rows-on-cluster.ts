import { createReadStream } from 'node:fs';
import { groupBy } from '../../base/group-by.ts';
import { comparesRows } from '../../engine/row-expression.ts';
import type { TableRows } from '../../profile/dataset/table-rows.ts';
import { FILES_TABLE } from '../../profile/model/tables.ts';
import { askTables, isInOrder } from '../../profile/rows/ask-tables.ts';
import {
  isIncomparable,
  isReadOtherwise,
  mergeAnswers,
  type TableUnits,
} from '../../profile/rows/merge-answers.ts';
import { decodeUnits } from '../../profile/rows/rows-part.ts';
import type { RowAnswer, RowQuery, Unanswered } from '../../schema/row-checker.ts';
import type { NamedDataset } from '../datasets/resolve.ts';
import { MAX_RANGES } from '../rows-part.ts';
import type { ClusterEngine, ProfilingOptions } from '../statistics/profiling-options.ts';
import { columnLacked } from '../statistics/row-checker.ts';
import { machineWords, onCluster } from './cluster.ts';

/** Who asks rows, and of which tables they are. */
export interface RowsOnCluster {
  readonly engine: ClusterEngine;
  readonly dataset: NamedDataset;
  readonly options: ProfilingOptions;
  readonly tables: readonly TableRows[];
  /** How many rows each of them has by the profile, unless it is that of a slice. */
  readonly rows: ReadonlyMap<string, number> | undefined;
  /** Seconds that the questions about one unit may take. */
  readonly timeLimit: number;
}

/**
 * Ask rows by the tasks of a cluster: to the byte what this machine would be told. What one row alone cannot answer is left unanswered.
 * @returns the answers, in the order of the queries
 * @throws VarveError `cluster-missing`, `cluster-failed`, `expression-invalid`, and as askTables where parts do not fit together
 */
export async function askOnCluster(
  cluster: RowsOnCluster,
  queries: readonly RowQuery[],
): Promise<readonly (RowAnswer | Unanswered)[]> {
  const refused = await refusedOf(queries);
  const asked = groupBy(
    queries.filter((query) => !refused.has(query)),
    ({ table }) => table,
  );
  const { engine, dataset, options, tables, rows, timeLimit } = cluster;
  const { slice } = options;
  const { name } = dataset;
  const { signal } = dataset.watch;
  const shared = { timeLimit, signal, ...(slice && { slice }), ...(rows && { rows }) };
  const units = await askTables(tables, asked, shared, (plan) => {
    const hasKeys = plan.tables.some(({ questions }) => questions.some((one) => one.repeated !== undefined));
    const keys = hasKeys ? ['--keys', '{keys}'] : [];
    const work = {
      words: ['validate', name, '--ask-part', '{part}', ...keys, '--json', ...machineWords(options)],
      input: JSON.stringify(plan),
      ranges: hasKeys
        ? { words: ['validate', name, '--ask-keys', '{range}', '--json'], most: MAX_RANGES }
        : null,
      merge: null,
    };
    return onCluster(engine, dataset, options, work, (output) => decodeUnits(createReadStream(output), plan));
  });
  const answers = new Map<RowQuery, RowAnswer | Unanswered>(refused);
  for (const own of units)
    for (const [at, query] of (asked.get(own.table.name) ?? []).entries())
      answers.set(query, unansweredOf(own, query, at) ?? mergedAnswer(own, at));
  return queries.map((query) => answers.get(query) ?? NO_TABLE);
}

function mergedAnswer(own: TableUnits, question: number): RowAnswer | Unanswered {
  try {
    return mergeAnswers(own, question);
  } catch (error) {
    return columnLacked(error);
  }
}

function unansweredOf(own: TableUnits, { repeated }: RowQuery, question: number): Unanswered | undefined {
  if (isReadOtherwise(own)) return OTHERWISE;
  if (isIncomparable(own, question)) return INCOMPARABLE;
  return repeated !== undefined && !isInOrder(own) ? AROUND : undefined;
}

const OTHERWISE: Unanswered = {
  unanswered: 'the types of its columns depend on all files together, which no part has',
};
const INCOMPARABLE: Unanswered = {
  unanswered: 'rows are compared by values of a type for which no part can',
};
const NO_TABLE: Unanswered = { unanswered: 'no file has rows of this table' };
const OF_FILES: Unanswered = { unanswered: 'the list of the files is not at hand' };
const AROUND: Unanswered = { unanswered: 'it compares rows, which no part has all of' };

async function refusedOf(queries: readonly RowQuery[]): Promise<Map<RowQuery, Unanswered>> {
  const around = await comparesRows(queries.map(({ failing }) => failing));
  return new Map(
    queries.flatMap((query, at): [RowQuery, Unanswered][] => {
      if (query.table === FILES_TABLE) return [[query, OF_FILES]];
      return around[at] && query.repeated === undefined ? [[query, AROUND]] : [];
    }),
  );
}
