import { posix } from 'node:path';
import { compareProfiles } from '../../drift/compare.ts';
import { compareFooters } from '../../profile/footers/compare.ts';
import type { Store } from '../../store/store.ts';
import type { DatasetDiff } from '../backend/results.ts';
import type { VersionFacts } from '../backend/version.ts';
import type { CompareStatistics } from '../diff.ts';
import { fittingProfileIn, footersIn } from './stored.ts';

/** Compare two versions by what `store` has: the distributions of their profiles, or what their footers say. */
export const compareStatistics: CompareStatistics = async (store, path, versions) => ({
  ...(await comparedProfiles(store, posix.basename(path), versions)),
  ...(await comparedFooters(store, posix.basename(path), versions)),
});

type Versions = readonly [before: VersionFacts, after: VersionFacts];

async function comparedProfiles(
  store: Store,
  name: string,
  [before, after]: Versions,
): Promise<Pick<DatasetDiff, 'statistics'>> {
  if (before.profile === undefined || after.profile === undefined || before.profile === after.profile)
    return {};
  const profiles = [
    await fittingProfileIn(store, name, before),
    await fittingProfileIn(store, name, after),
  ] as const;
  if (profiles[0] === undefined || profiles[1] === undefined) return {};
  const statistics = compareProfiles(profiles[0], profiles[1], {
    names: [name, name],
    digests: [before.content, after.content],
  });
  return { statistics };
}

async function comparedFooters(
  store: Store,
  name: string,
  [before, after]: Versions,
): Promise<Pick<DatasetDiff, 'footers'>> {
  if (before.footers === undefined || after.footers === undefined || before.footers === after.footers)
    return {};
  const one = await footersIn(store, name, before.footers);
  const other = await footersIn(store, name, after.footers);
  return one === undefined || other === undefined ? {} : { footers: compareFooters(one, other) };
}
