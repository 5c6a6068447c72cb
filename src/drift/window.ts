import type { Profile } from '../profile/model.ts';
import { compareProfiles } from './compare.ts';
import type { DriftOptions, DriftWindow } from './model.ts';

/** One window of a stream, the `window`th from 1, against the profile of a snapshot. */
export function compareWindow(
  snapshot: Profile,
  profile: Profile,
  options: DriftOptions & { readonly window: number },
): DriftWindow {
  const { after, verdict, summary, features, added, removed } = compareProfiles(snapshot, profile, options);
  return {
    varveDriftWindow: 1,
    window: options.window,
    rows: after.rows,
    verdict,
    summary,
    features: features
      .filter((feature) => feature.verdict !== 'none')
      .map(({ table, feature, type, verdict: own, strength, reasons }) => ({
        table,
        feature,
        type,
        verdict: own,
        strength,
        reasons,
      })),
    added,
    removed,
  };
}
