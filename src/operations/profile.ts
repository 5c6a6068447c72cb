import type { Watch } from './context.ts';
import { type ProfiledDataset, type ProfilingOptions, profileOfDataset } from './dataset-profile.ts';
import { nameDataset } from './named-dataset.ts';

/** The statistics of a dataset, a version, or a plain file or folder. */
export function profile(
  cwd: string,
  argument: string,
  options: ProfilingOptions = {},
  watch: Watch = {},
): Promise<ProfiledDataset> {
  return profileOfDataset(nameDataset(cwd, argument, watch), options);
}
