import type { Watch } from './context/context.ts';
import { withNamedDatasets } from './datasets/named-datasets.ts';
import {
  type KnownStatistics,
  type ProfiledDataset,
  profileOfDataset,
  statisticsOfDataset,
} from './statistics/load.ts';
import type { ProfilingOptions } from './statistics/profiling-options.ts';
import { warnOfUnreadRows } from './statistics/unread-rows.ts';

/** The statistics of a dataset, a version, or a plain file or folder, or a table of a database. */
export function profile(
  cwd: string,
  argument: string,
  options: ProfilingOptions = {},
  watch: Watch = {},
): Promise<ProfiledDataset> {
  return withNamedDatasets(cwd, [argument], watch, async ([dataset]) => {
    const { name, digest, profile: found } = await profileOfDataset(dataset!, options);
    await warnOfUnreadRows(dataset!, found);
    return { name, digest, profile: found };
  });
}

/** As profile, or what footers say where that is all that is known. @throws VarveError as profile */
export function knownStatistics(
  cwd: string,
  argument: string,
  options: ProfilingOptions = {},
  watch: Watch = {},
): Promise<KnownStatistics> {
  return withNamedDatasets(cwd, [argument], watch, async ([dataset]) => {
    const found = await statisticsOfDataset(dataset!, options);
    if ('profile' in found) await warnOfUnreadRows(dataset!, found.profile);
    return found;
  });
}
