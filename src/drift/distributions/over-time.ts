import { sum } from '../../profile/model/distances.ts';
import type { FeatureProfile } from '../../profile/model/model.ts';
import type { DistributionOverTime } from '../model.ts';
import { valueTotal } from './axis.ts';
import { quantilesOf } from './quantiles.ts';

/** What the bands of a drawing are between: nearly all values, half of them, and the one in the middle. */
const LEVELS = [0.05, 0.25, 0.5, 0.75, 0.95] as const;
const MAX_LABELS = 5;

/** How a feature's values are distributed in each version, undefined where a version lacks it. Undefined if its type is not one throughout. */
export function distributionOverTime(
  versions: readonly (FeatureProfile | undefined)[],
): DistributionOverTime | undefined {
  const known = versions.filter((version) => version !== undefined);
  const isAlways = (has: (version: FeatureProfile) => unknown): boolean => known.every(has);
  if (isAlways(({ numeric }) => numeric)) return { kind: 'numeric', ...quantiles(versions) };
  if (isAlways(({ time }) => time?.weekday.length)) return { kind: 'time', ...quantiles(versions) };
  if (known.some(({ numeric, time }) => numeric !== undefined || time !== undefined)) return undefined;
  const counts = versions.map((version) => (version === undefined ? null : new Map(version.values.values)));
  const totals = versions.map((version) => (version === undefined ? 0 : valueTotal(version)));
  return { kind: 'categorical', ...shares(counts, totals) };
}

function quantiles(versions: readonly (FeatureProfile | undefined)[]) {
  return {
    levels: [...LEVELS],
    quantiles: versions.map((version) => (version && quantilesOf(version, LEVELS)) ?? null),
  };
}

/** The values that have the greatest shares of all versions together, and `null` for all others. */
function shares(counts: readonly (ReadonlyMap<string, number> | null)[], totals: readonly number[]) {
  const weights = new Map<string, number>();
  for (const [at, version] of counts.entries()) {
    for (const [value, count] of version ?? [])
      weights.set(value, (weights.get(value) ?? 0) + count / totals[at]!);
  }
  const top = [...weights].sort((a, b) => b[1] - a[1]).slice(0, MAX_LABELS);
  const labels = top.map(([value]) => value);
  return {
    labels: weights.size > MAX_LABELS ? [...labels, null] : labels,
    shares: counts.map((version, at) => {
      if (version === null || totals[at] === 0) return null;
      const named = labels.map((label) => (version.get(label) ?? 0) / totals[at]!);
      return weights.size > MAX_LABELS ? [...named, Math.max(0, 1 - sum(named))] : named;
    }),
  };
}
