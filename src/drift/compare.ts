/**
 * The room of drift: finds what changed between two profiles, and decides what of it matters. It knows profiles alone: no
 * data, no file, no repository, and no way to show a report.
 */

import { VarveError } from '../errors.ts';
import type { Profile } from '../profile/model/model.ts';
import { FILES_TABLE } from '../profile/model/tables.ts';
import { counted } from '../wording/numbers.ts';
import { usualChanges } from './baseline.ts';
import { decideFeatures, type ExaminedFeature, verdictRank } from './decide.ts';
import { distributionOf } from './distributions/distribution.ts';
import { measureChanges } from './findings/findings.ts';
import { featureKey, matchFeatures, pairRef } from './match.ts';
import type { DriftOptions, DriftReport, FeatureDrift, FeatureRef, Side, Verdict } from './model.ts';

/**
 * Compares two profiles feature by feature and decides which changes are drift, strongest first. Deterministic; reads
 * nothing but the profiles. Takes time linear in the sizes of the profiles: about 0.2 ms a feature.
 * @throws VarveError `key-missing` if `options.disjointKeys` is set and no feature is a key; `measure-unknown`,
 * `threshold-invalid`
 */
export function compareProfiles(before: Profile, after: Profile, options: DriftOptions): DriftReport {
  const { pairs, added, removed } = matchFeatures(before, after, options);
  const usual = usualChanges(before, options);
  const examined = pairs.map(
    (pair): ExaminedFeature => ({
      pair,
      changes: measureChanges(pair),
      usual: usual.get(featureKey(pair)) ?? new Map(),
    }),
  );
  if (options.disjointKeys) requireKey(examined);
  const decisions = decideFeatures(examined, options);
  const features = pairs
    .map(
      (pair, index): FeatureDrift => ({
        ...pairRef(pair),
        ...decisions[index]!,
        // Made when it is read: of many features, few are drawn.
        get distribution() {
          return distributionOf(pair);
        },
      }),
    )
    .sort((a, b) => verdictRank(b.verdict) - verdictRank(a.verdict) || b.strength - a.strength);
  const sides = [sideOf(before, options, 0), sideOf(after, options, 1)] as const;
  return {
    varveDrift: 1,
    before: sides[0],
    after: sides[1],
    verdict: overallVerdict(features, added, removed, sides[1].rows === 0 && sides[0].rows > 0),
    summary: summarize(features, added, removed, sides),
    features,
    added,
    removed,
  };
}

/** Without a key there is nothing that could show that two splits share rows. */
function requireKey(examined: readonly ExaminedFeature[]): void {
  if (examined.some(({ changes }) => changes.some(({ name }) => name === 'key-overlap'))) return;
  throw new VarveError('key-missing', 'no feature has a value of its own in nearly every row of both sides', {
    remedy:
      'Name the feature whose values must not occur on both sides, in the schema: drift: { features: { user: { key-overlap: 0.001 } } }.',
  });
}

function sideOf(profile: Profile, options: DriftOptions, index: 0 | 1): Side {
  const digest = options.digests?.[index];
  const tables = profile.tables.filter(({ name }) => name !== FILES_TABLE);
  const included = tables.length > 0 ? tables : profile.tables;
  return {
    name: options.names[index],
    ...(digest === undefined ? {} : { digest }),
    rows: included.reduce((total, table) => total + table.rows, 0),
    ...(tables.length === 0 && included.length > 0 ? { unit: 'files' as const } : {}),
  };
}

function overallVerdict(
  features: readonly FeatureDrift[],
  added: readonly FeatureRef[],
  removed: readonly FeatureRef[],
  areAllRowsGone: boolean,
): Verdict {
  if (areAllRowsGone || removed.length > 0) return 'drift';
  const first = features[0]?.verdict ?? 'none';
  return first === 'none' && added.length > 0 ? 'warning' : first;
}

function summarize(
  features: readonly FeatureDrift[],
  added: readonly FeatureRef[],
  removed: readonly FeatureRef[],
  [before, after]: readonly [Side, Side],
): string {
  if (after.rows === 0 && before.rows > 0) return `no rows are left of ${before.rows}`;
  const drifted = features.filter(({ verdict }) => verdict === 'drift');
  const changed = features.filter(({ verdict }) => verdict === 'warning');
  const ofAll = `of ${counted(features.length, 'feature')}`;
  const parts = [
    ...(drifted.length > 0 ? [`${drifted.length} ${ofAll} drifted: ${namesOf(drifted)}`] : []),
    ...(drifted.length === 0 && changed.length > 0
      ? [`${changed.length} ${ofAll} changed a little: ${namesOf(changed)}`]
      : []),
    ...(removed.length > 0 ? [`${removed.length} removed: ${namesOf(removed)}`] : []),
    ...(added.length > 0 ? [`${added.length} added: ${namesOf(added)}`] : []),
  ];
  return parts.length > 0 ? parts.join('; ') : `no drift in ${counted(features.length, 'feature')}`;
}

const MAX_NAMED = 5;

function namesOf(features: readonly FeatureRef[]): string {
  const names = features
    .slice(0, MAX_NAMED)
    .map(({ table, feature }) => (table === '' ? feature : `${table}: ${feature}`));
  const unnamed = features.length - names.length;
  return names.join(', ') + (unnamed > 0 ? ` and ${unnamed} more` : '');
}
