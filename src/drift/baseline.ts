import type { Profile } from '../profile/model/model.ts';
import { measureChanges } from './findings/findings.ts';
import { featureKey, matchFeatures } from './match.ts';
import type { DriftOptions, MeasureName } from './model.ts';

/**
 * Measures how much each feature usually differs from one version to the next: for each measure, the largest value
 * between neighbours among the baseline's versions and `before`, times 1 + 1/√k for k pairs of neighbours, since few
 * pairs show little of what is usual. The keys are those of featureKey.
 */
export function usualChanges(
  before: Profile,
  options: DriftOptions,
): Map<string, ReadonlyMap<MeasureName, number>> {
  const versions = [...(options.baseline ?? []), before];
  const usual = new Map<string, Map<MeasureName, number>>();
  const enlargement = 1 + 1 / Math.sqrt(versions.length - 1);
  for (let i = 1; i < versions.length; i++) {
    for (const pair of matchFeatures(versions[i - 1]!, versions[i]!, options).pairs) {
      const largest = usual.get(featureKey(pair)) ?? new Map<MeasureName, number>();
      usual.set(featureKey(pair), largest);
      for (const { name, value } of measureChanges(pair))
        largest.set(name, Math.max(largest.get(name) ?? 0, value * enlargement));
    }
  }
  return usual;
}
