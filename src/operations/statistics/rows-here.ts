import type { Schema } from '../../schema/model.ts';
import type { RowChecker } from '../../schema/row-checker.ts';
import { shellWord } from '../../wording/quote.ts';
import { closing } from '../context/closing.ts';
import { liesHere } from '../datasets/data-here.ts';
import { withCachedFiles } from '../datasets/files.ts';
import type { NamedDataset } from '../datasets/resolve.ts';
import type { ProfilingOptions } from './profiling-options.ts';
import { rowCheckerOf } from './row-checker.ts';

/**
 * Have this machine ask the rows of a dataset where it has all of them: in the working tree, or in the cache. Data in place is brought here if
 * `options.engine` says that this machine is to do the work.
 * @param isAsked whether anything will be asked, for which a version is worth to be taken out of the cache
 * @param command the words by which the same would be asked again
 * @param work takes what asks them, or says how they would come here
 * @throws VarveError what bringing data meets
 */
export async function withRowsHere<T>(
  dataset: NamedDataset,
  isAsked: boolean,
  schema: Schema,
  options: ProfilingOptions,
  command: string,
  work: (rows: RowChecker) => Promise<T>,
): Promise<T> {
  if (!isAsked) return work(notHere(dataset, command));
  if (await liesHere(dataset)) return closing(rowCheckerOf(dataset, schema.timeLimit, options, schema), work);
  if (!(await comesHere(dataset, options))) return work(notHere(dataset, command));
  return withCachedFiles(dataset, (files) =>
    closing(
      rowCheckerOf(dataset, schema.timeLimit, options, schema, async () => files),
      work,
    ),
  );
}

/** Bring data in place if that is wanted. @returns whether the cache then has all of the dataset */
async function comesHere(
  { context, version, part }: NamedDataset,
  { engine }: ProfilingOptions,
): Promise<boolean> {
  if (context === undefined || version === undefined) return false;
  if (engine !== 'local' || version.source === undefined) return context.backend.isHere(version, part?.path);
  await context.backend.bring(version, part?.path);
  return true;
}

function notHere({ name, version }: NamedDataset, command: string): RowChecker {
  const remedy =
    version?.source === undefined
      ? `Run \`varve fetch ${shellWord(name)}\`, then \`${command}\`.`
      : `\`${command} --engine local\` reads it from where it lies.`;
  return { check: async () => ({ unanswered: 'the data is not here', remedy }) };
}
