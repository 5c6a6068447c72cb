import type { Watch } from './context/context.ts';
import { nameDataset } from './datasets/resolve.ts';
import { type ProfiledDataset, profileOfDataset } from './statistics/load.ts';
import type { ProfilingOptions } from './statistics/profiling-options.ts';

/** The statistics of a dataset, a version, or a plain file or folder. */
export async function profile(
  cwd: string,
  argument: string,
  options: ProfilingOptions = {},
  watch: Watch = {},
): Promise<ProfiledDataset> {
  return profileOfDataset(await nameDataset(cwd, argument, watch), options);
}
