/**
 * Distributions: the values of both sides on one axis, to be measured and drawn. They may not know thresholds, verdicts
 * or how a chart looks.
 */

import { shares, sum } from '../../profile/model/distances.ts';
import type { FeaturePair } from '../findings/finding.ts';
import { dayAxis } from '../findings/time.ts';
import type { Distribution } from '../model.ts';
import type { Axis } from './axis.ts';

const MAX_BINS = 40;
const MAX_LABELS = 24;
const DAY_MILLISECONDS = 86_400_000;
const HOUR_MILLISECONDS = 3_600_000;
/** The share of both sides together that each end of the drawn range leaves to its end bin. */
const TAIL_SHARE = 0.005;

/** Both sides on one axis of at most 40 bins, ready to draw. */
export function distributionOf(pair: FeaturePair): Distribution {
  const { before, after } = pair;
  if (before.time && after.time) return timeDistribution(pair);
  if (before.numeric && after.numeric) {
    const whole = before.type === 'integer' && after.type === 'integer';
    return { kind: 'numeric', ...equalWidthBins(pair.axis, whole ? 1 : 0) };
  }
  return categoryDistribution(pair);
}

function timeDistribution({ before, after }: FeaturePair): Distribution {
  const a = before.time!;
  const b = after.time!;
  if (a.days.length === 0 && b.days.length === 0) {
    const edges = Array.from({ length: 25 }, (_, hour) => hour * HOUR_MILLISECONDS);
    return { kind: 'time', edges, before: shares(a.hour), after: shares(b.hour) };
  }
  const { edges, ...sides } = equalWidthBins(dayAxis(a, b), 1);
  return { kind: 'time', edges: edges.map((day) => day * DAY_MILLISECONDS), ...sides };
}

/**
 * Bins of equal width, a whole number of `unit` where values are whole. What lies beyond the drawn range counts in the end
 * bins, so that one stray value does not squeeze all others into one bin.
 */
function equalWidthBins(axis: Axis, unit: 0 | 1): { edges: number[]; before: number[]; after: number[] } {
  const cells = axis.low.length;
  if (cells === 0) return { edges: [0, 1], before: [0], after: [0] };
  const after = shares(axis.after);
  const pooled = shares(axis.before).map((share, i) => share + after[i]!);
  const range = drawnRange(axis, pooled);
  const scale = Math.max(...range.map(Math.abs)) > MAX_ADDED ? 1 / 4 : 1;
  const [low, high] = [range[0] * scale, range[1] * scale];
  const width =
    unit === 1
      ? Math.max(1, Math.ceil((high - low + 1) / MAX_BINS))
      : (high - low) / MAX_BINS || Math.abs(low) || 1;
  const bins = unit === 1 ? Math.max(1, Math.ceil((high - low + 1) / width)) : high > low ? MAX_BINS : 1;
  const start = unit === 1 ? low : high > low ? low : low - width / 2;
  const binOf = (i: number): number =>
    Math.min(
      bins - 1,
      Math.max(0, Math.floor(((axis.low[i]! * scale + axis.high[i]! * scale) / 2 - start) / width)),
    );
  return {
    edges: Array.from({ length: bins + 1 }, (_, i) => finite((start + i * width) / scale)),
    before: inBins(axis.before, bins, binOf),
    after: inBins(axis.after, bins, binOf),
  };
}

/** Sums and differences of two larger numbers may be beyond the greatest that there is. */
const MAX_ADDED = Number.MAX_VALUE / 4;

function finite(edge: number): number {
  return Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, edge));
}

function drawnRange(axis: Axis, pooled: readonly number[]): [number, number] {
  const total = sum(pooled);
  let first = 0;
  let last = pooled.length - 1;
  for (let below = pooled[0]!; below < total * TAIL_SHARE; below += pooled[first]!) first++;
  for (let above = pooled[last]!; above < total * TAIL_SHARE; above += pooled[last]!) last--;
  return [axis.low[first]!, axis.high[Math.max(first, last)]!];
}

function inBins(counts: readonly number[], bins: number, binOf: (cell: number) => number): number[] {
  const result = new Array<number>(bins).fill(0);
  counts.forEach((count, i) => {
    result[binOf(i)]! += count;
  });
  return shares(result);
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
