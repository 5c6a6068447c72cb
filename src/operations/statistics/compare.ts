import { posix } from 'node:path';
import { compareProfiles } from '../../drift/compare.ts';
import type { CompareStatistics } from '../diff.ts';
import { profileIn } from './stored.ts';

/** Compare the distributions of two versions by the profiles that `store` has. */
export const compareStatistics: CompareStatistics = async (store, path, [before, after]) => {
  if (before.profile === undefined || after.profile === undefined || before.profile === after.profile)
    return undefined;
  const name = posix.basename(path);
  const profiles = [
    await profileIn(store, name, before.profile),
    await profileIn(store, name, after.profile),
  ] as const;
  if (profiles[0] === undefined || profiles[1] === undefined) return undefined;
  return compareProfiles(profiles[0], profiles[1], {
    names: [name, name],
    digests: [before.content, after.content],
  });
};
