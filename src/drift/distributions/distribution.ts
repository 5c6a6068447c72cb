/**
 * Distributions: the values of both sides on one axis, to be measured and drawn. They may not know thresholds, verdicts
 * or how a chart looks.
 */

import { shares, sum } from '../../profile/model/distances.ts';
import type { FeaturePair } from '../findings/finding.ts';
import type { Distribution } from '../model.ts';
import { numericBins } from './bins.ts';
import { calendarBins } from './calendar.ts';

const MAX_LABELS = 24;
const DAY_MILLISECONDS = 86_400_000;
const HOUR_MILLISECONDS = 3_600_000;

/** Both sides on one axis of at most 40 bins, ready to draw. */
export function distributionOf(pair: FeaturePair): Distribution {
  const { before, after } = pair;
  if (before.time && after.time) return timeDistribution(pair);
  if (before.numeric && after.numeric) {
    return { kind: 'numeric', ...numericBins(pair) };
  }
  return categoryDistribution(pair);
}

function timeDistribution(pair: FeaturePair): Distribution {
  const a = pair.before.time!;
  const b = pair.after.time!;
  if (a.days.length === 0 && b.days.length === 0) {
    const edges = Array.from({ length: 25 }, (_, hour) => hour * HOUR_MILLISECONDS);
    return { kind: 'time', edges, before: shares(a.hour), after: shares(b.hour) };
  }
  const { edges, ...sides } = calendarBins(pair);
  return {
    kind: 'time',
    edges: edges.map((day) => day * DAY_MILLISECONDS),
    step: DAY_MILLISECONDS,
    ...sides,
  };
}

function categoryDistribution(pair: FeaturePair): Distribution {
  const cells = pair.categories;
  const p = shares(cells.before);
  const q = shares(cells.after);
  const weight = (i: number): number => p[i]! + q[i]!;
  const order = cells.labels
    .map((_, i) => i)
    .filter((i) => cells.labels[i] !== null)
    .sort((a, b) => weight(b) - weight(a));
  const top = order.slice(0, order.length > MAX_LABELS ? MAX_LABELS - 1 : MAX_LABELS);
  const rest = (side: readonly number[]): number =>
    Math.max(0, Math.min(1, sum(side)) - top.reduce((all, i) => all + side[i]!, 0));
  const others = rest(p) + rest(q) > 1e-12;
  return {
    kind: 'categorical',
    labels: [...top.map((i) => cells.labels[i]!), ...(others ? [null] : [])],
    before: [...top.map((i) => p[i]!), ...(others ? [rest(p)] : [])],
    after: [...top.map((i) => q[i]!), ...(others ? [rest(q)] : [])],
  };
}
