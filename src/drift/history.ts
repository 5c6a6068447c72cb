import { featureName } from '../profile/model/feature-name.ts';
import type { FeatureProfile, Profile } from '../profile/model/model.ts';
import { compareProfiles } from './compare.ts';
import { verdictRank } from './decide.ts';
import { distributionOverTime } from './distributions/over-time.ts';
import { featureKey } from './match.ts';
import type { DriftOptions, DriftReport, DriftSeries, FeatureDrift, FeatureRef, Side } from './model.ts';

export interface Version {
  readonly name: string;
  /** ISO 8601. */
  readonly date?: string;
  readonly digest?: string;
  readonly profile: Profile;
}

/** What a history needs of a comparison. */
export interface ComparedStep extends Pick<DriftReport, 'verdict' | 'summary' | 'before' | 'after'> {
  readonly features: readonly (FeatureRef & Pick<FeatureDrift, 'verdict' | 'strength' | 'reasons'>)[];
}

type SeriesFeature = DriftSeries['features'][number];
type Step = SeriesFeature['steps'][number];

/**
 * Compares every version with the one before it. `options.baseline`, if given, holds for all steps.
 * @param versions oldest first
 * @throws RangeError for fewer than two versions
 */
export function compareHistory(
  versions: readonly Version[],
  options: Omit<DriftOptions, 'names' | 'digests'> = {},
): DriftSeries {
  if (versions.length < 2) throw new RangeError('a history has at least two versions');
  const reports = versions.slice(1).map((after, i) => {
    const before = versions[i]!;
    return compareProfiles(before.profile, after.profile, {
      ...options,
      names: [before.name, after.name],
      digests: [before.digest, after.digest],
    });
  });
  return seriesOf(versions, reports);
}

/**
 * Puts comparisons together, each of a version with the one before it, as compareHistory does: for those who keep them.
 * @param reports one fewer than versions, oldest first
 */
export function seriesOf(versions: readonly Version[], reports: readonly ComparedStep[]): DriftSeries {
  const series = new Map<string, FeatureRef & { steps: Step[] }>();
  for (const [step, report] of reports.entries()) {
    for (const feature of report.features) {
      const { table, feature: name, type } = feature;
      const known = series.get(featureKey(feature)) ?? {
        table,
        feature: name,
        type,
        steps: reports.map(() => null),
      };
      series.set(featureKey(feature), known);
      known.steps[step] = stepOf(feature);
    }
  }
  return {
    varveDriftSeries: 1,
    versions: [reports[0]!.before, ...reports.map(({ after }) => after)].map((side, i) =>
      withDate(side, versions[i]!),
    ),
    steps: reports.map(({ verdict, summary }) => ({ verdict, summary })),
    features: withDistributions([...series.values()], versions).sort(
      (a, b) => strongestStep(b.steps) - strongestStep(a.steps),
    ),
  };
}

function withDistributions(
  features: readonly SeriesFeature[],
  versions: readonly Version[],
): SeriesFeature[] {
  const profiles = versions.map(({ profile }) => {
    const known = new Map<string, FeatureProfile>();
    for (const table of profile.tables) {
      for (const feature of table.features)
        known.set(featureKey({ table: table.name, feature: featureName(feature.path) }), feature);
    }
    return known;
  });
  return features.map((feature) => {
    const overTime = distributionOverTime(profiles.map((known) => known.get(featureKey(feature))));
    return overTime === undefined ? feature : { ...feature, overTime };
  });
}

function withDate(side: Side, { date }: Version): Side & { readonly date?: string } {
  return date === undefined ? side : { ...side, date };
}

function stepOf({ verdict, strength, reasons }: ComparedStep['features'][number]): NonNullable<Step> {
  return { verdict, strength, reasons };
}

/** Orders by verdict first: strength / (1 + strength) lies within one rank. */
function strongestStep(steps: readonly Step[]): number {
  return Math.max(
    ...steps.map((step) => (step ? verdictRank(step.verdict) + step.strength / (1 + step.strength) : 0)),
  );
}
