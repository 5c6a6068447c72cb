import type { Profile } from '../profile/model/model.ts';
import { measureChanges } from './findings/findings.ts';
import { featureKey, matchFeatures } from './match.ts';
import type { DriftOptions, MeasureName } from './model.ts';

/**
 * How much each feature has differed from version to version so far: of each measure the largest value between
 * neighbours of the baseline and `before`, times 1 + 1/√k for k such pairs, since few of them show little of what is usual.
 */
export function usualChanges(
  before: Profile,
  options: DriftOptions,
): Map<string, ReadonlyMap<MeasureName, number>> {
  const versions = [...(options.baseline ?? []), before];
  const usual = new Map<string, Map<MeasureName, number>>();
  const enlarge = 1 + 1 / Math.sqrt(versions.length - 1);
  for (let i = 1; i < versions.length; i++) {
    for (const pair of matchFeatures(versions[i - 1]!, versions[i]!, options).pairs) {
      const most = usual.get(featureKey(pair)) ?? new Map<MeasureName, number>();
      usual.set(featureKey(pair), most);
      for (const { name, value } of measureChanges(pair))
        most.set(name, Math.max(most.get(name) ?? 0, value * enlarge));
    }
  }
  return usual;
}
