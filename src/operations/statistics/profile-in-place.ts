import type { AddedDataset } from '../backend/results.ts';
import { closing } from '../context/closing.ts';
import { type Context, watching } from '../context/context.ts';
import { nameDataset } from '../datasets/resolve.ts';
import { profileOfDataset } from './load.ts';
import { encodedStatistics } from './profile-on-add.ts';
import type { ProfilingOptions } from './profiling-options.ts';
import { isOf, profileIn } from './stored.ts';

/**
 * Have an engine read data in place that was just added, this machine's unless another is named, and let its statistics travel with the version.
 * @throws VarveError `data-not-tabular`, `cluster-missing`, `cluster-failed`, and what reading the data throws; the version stays added
 */
export async function profileInPlace(
  context: Context,
  added: AddedDataset,
  options: ProfilingOptions,
): Promise<AddedDataset> {
  if (added.profile !== undefined && !(await isWrong(context, added))) return added;
  const { repository, backend } = context;
  const dataset = await nameDataset(repository.root, added.path, watching(context));
  const { profile: _, ...version } = dataset.version!;
  const { profile } = await profileOfDataset(
    { ...dataset, version },
    { ...options, engine: options.engine ?? 'local' },
  );
  return backend.addStatistics(added, encodedStatistics(profile));
}

/** Whether the profile that a version has kept is not of it. One that is not here stays as it is. */
async function isWrong({ backend }: Context, added: AddedDataset): Promise<boolean> {
  const { path, digest, profile } = added;
  return closing(await backend.openProfileStore(), async (store) => {
    const found = await profileIn(store, path, profile!);
    return found !== undefined && !isOf(found, { ...added, name: digest });
  });
}
