import type { AddedDataset } from '../backend/results.ts';
import { type Context, watching } from '../context/context.ts';
import { nameDataset } from '../datasets/resolve.ts';
import { profileOfDataset } from './load.ts';
import { encodedStatistics } from './profile-on-add.ts';
import type { ProfilingOptions } from './profiling-options.ts';

/**
 * Have an engine read data in place that was just added, this machine's unless another is named, and let its statistics travel with the version.
 * @throws VarveError `data-not-tabular`, `cluster-missing`, `cluster-failed`, and what reading the data throws; the version stays added
 */
export async function profileInPlace(
  context: Context,
  added: AddedDataset,
  options: ProfilingOptions,
): Promise<AddedDataset> {
  if (added.profile !== undefined) return added;
  const { repository, backend } = context;
  const dataset = await nameDataset(repository.root, added.path, watching(context));
  const { profile } = await profileOfDataset(dataset, { ...options, engine: options.engine ?? 'local' });
  return backend.addStatistics(added, encodedStatistics(profile));
}
