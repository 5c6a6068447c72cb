import type { Watch } from './context/context.ts';
import { withNamedDatasets } from './datasets/named-datasets.ts';
import { type ProfiledDataset, type ProfilingOptions, profileOfDataset } from './statistics/load.ts';

/** The statistics of a dataset, a version, or a plain file or folder, or a table of a database. */
export async function profile(
  cwd: string,
  argument: string,
  options: ProfilingOptions = {},
  watch: Watch = {},
): Promise<ProfiledDataset> {
  return withNamedDatasets(cwd, [argument], watch, ([dataset]) => profileOfDataset(dataset!, options));
}
