import { compareProfiles } from '../../drift/compare.ts';
import type { CompareStatistics } from '../diff.ts';
import { profileIn } from './load.ts';

/** What changed in the distributions, from the profiles in the cache alone. */
export const compareStatistics: CompareStatistics = async (cache, before, after) => {
  if (before.profile === undefined || after.profile === undefined || before.profile === after.profile)
    return undefined;
  const { path } = after;
  const profiles = [
    await profileIn(cache, path, before.profile),
    await profileIn(cache, path, after.profile),
  ] as const;
  if (profiles[0] === undefined || profiles[1] === undefined) return undefined;
  return compareProfiles(profiles[0], profiles[1], {
    names: [path, path],
    digests: [before.digest, after.digest],
  });
};
