import type { RowTable } from '../../engine/check-rows.ts';
import type { ColumnReadings } from '../../engine/column-readings.ts';
import { columnLackedBy } from '../../engine/row-expression.ts';
import { VarveError } from '../../errors.ts';
import { openTableRows } from '../../profile/dataset/profile-directory.ts';
import { processReader } from '../../profile/reading/process-reader.ts';
import type { Schema } from '../../schema/model.ts';
import { MAX_TIME_LIMIT, type RowChecker, TIME_LIMIT, type Unanswered } from '../../schema/row-checker.ts';
import type { DatasetFiles } from '../backend/version.ts';
import { filesInPlace } from '../datasets/files.ts';
import type { NamedDataset } from '../datasets/resolve.ts';
import { profileCache } from './cache.ts';
import { readingsFor } from './load.ts';
import { engineOptions, type ProfilingOptions } from './profiling-options.ts';

/**
 * Look at rows of data that lies at hand; open nothing before it is asked. Close it.
 * @param timeLimit seconds that it may take from the first question on
 * @param filesOf gives the files where they do not lie in their place
 */
export function rowCheckerOf(
  dataset: NamedDataset,
  timeLimit = TIME_LIMIT,
  options: ProfilingOptions = {},
  schema?: Schema,
  filesOf: () => Promise<DatasetFiles> = () => filesInPlace(dataset),
): RowChecker & { close(): void } {
  const readings = readingsFor(dataset, options, schema);
  let files: Promise<DatasetFiles> | undefined;
  let deadline: AbortSignal | undefined;
  /** One table at a time, since each takes a process of its own. */
  let opened: { readonly table: string; readonly rows: RowTable } | undefined;
  const close = () => {
    opened?.rows.close();
    opened = undefined;
  };
  const open = async (table: string, signal: AbortSignal): Promise<RowTable> => {
    if (opened?.table === table) return opened.rows;
    close();
    files ??= filesOf();
    const rows = await rowsOf(dataset, await files, table, { signal, readings }, options);
    if (rows === undefined) throw missingTable(dataset, table);
    opened = { table, rows };
    return rows;
  };
  return {
    async check({ table, failing, value }) {
      deadline ??= AbortSignal.timeout(timeLimit * 1000);
      const { signal } = dataset.watch;
      const either = signal === undefined ? deadline : AbortSignal.any([signal, deadline]);
      try {
        return await (await open(table, either)).ask(failing, value);
      } catch (error) {
        signal?.throwIfAborted();
        if (deadline.aborted) throw tooLong(dataset, timeLimit);
        return columnLacked(error);
      }
    },
    close,
  };
}

/** Make an answer of an error that says which column rows lack. @throws any other */
export function columnLacked(error: unknown): Unanswered {
  if (!(error instanceof VarveError) || error.code !== 'column-missing') throw error;
  return { unanswered: error.message, remedy: error.remedy, lacksColumn: columnLackedBy(error) ?? '' };
}

function missingTable({ name }: NamedDataset, table: string): VarveError {
  return new VarveError('table-missing', `${name} has no rows of a table ${JSON.stringify(table)}`, {
    path: name,
    remedy: 'Correct the name of the table in the schema; `varve profile` lists those there are.',
  });
}

function tooLong({ name }: NamedDataset, timeLimit: number): VarveError {
  return new VarveError(
    'checks-too-long',
    `Checking the rows of ${name} took longer than ${timeLimit} seconds, and was ended`,
    {
      path: name,
      remedy: `Simplify what the schema asks of rows, or give it more time there: \`timeLimit: ${Math.min(2 * timeLimit, MAX_TIME_LIMIT)}\`.`,
    },
  );
}

async function rowsOf(
  { context }: NamedDataset,
  { kind, files }: DatasetFiles,
  table: string,
  { signal, readings }: { readonly signal: AbortSignal; readonly readings: ColumnReadings | undefined },
  { slice, ...machine }: ProfilingOptions,
): Promise<RowTable | undefined> {
  const options = { ...engineOptions(machine), signal, ...(slice && { slice }) };
  if (kind === 'file')
    return table === ''
      ? processReader.openRows([{ files, constants: [], ...(readings && { readings }) }], options)
      : undefined;
  const cache = context === undefined ? {} : profileCache(context.repository);
  return openTableRows(files, table, processReader, { ...options, ...cache, ...(readings && { readings }) });
}
