/**
 * Measures: distances between two distributions over the same cells, and what sampling alone would give. They may not know
 * features, thresholds or sentences: `before` and `after` are arrays of equal length. Formulas, ranges and sources of each
 * are in docs/design/drift.md.
 */

import { type Cells, sum } from '../../profile/model/distances.ts';

/** Hellinger distance of shares, in [0, 1]. */
export function hellinger(p: Cells, q: Cells): number {
  let total = 0;
  for (let i = 0; i < p.length; i++) total += hellingerTerm(p[i]!, q[i]!);
  return Math.sqrt(total);
}

/** One cell's part of the squared Hellinger distance. */
export function hellingerTerm(p: number, q: number): number {
  return (Math.sqrt(p) - Math.sqrt(q)) ** 2 / 2;
}

/**
 * The share that an empty cell is taken to have in the population stability index, which has no value for a share of 0.
 */
const MIN_SHARE = 1e-4;

/** Population stability index of shares, in [0, ∞): the symmetric Kullback-Leibler divergence in nats. */
export function populationStability(p: Cells, q: Cells): number {
  let total = 0;
  for (let i = 0; i < p.length; i++) total += populationStabilityTerm(p[i]!, q[i]!);
  return total;
}

/** One cell's part of the population stability index; 0 if it is empty on both sides. */
export function populationStabilityTerm(p: number, q: number): number {
  const a = p || MIN_SHARE;
  const b = q || MIN_SHARE;
  return (b - a) * Math.log(b / a);
}

/** max |F_after − F_before| over ordered cells of shares, in [0, 1]; the cell after which it is reached. */
export function kolmogorovSmirnov(p: Cells, q: Cells): { value: number; at: number } {
  let difference = 0;
  let value = 0;
  let at = -1;
  for (let i = 0; i < p.length; i++) {
    difference += q[i]! - p[i]!;
    if (Math.abs(difference) > value) {
      value = Math.abs(difference);
      at = i;
    }
  }
  return { value: Math.min(1, value), at };
}

/**
 * Bounds by how much the Kolmogorov-Smirnov statistic of the raw values can exceed that of the cells. A cell with
 * `isRange[i]` holds values whose order is unknown: inside it the difference can swing by the share of one side alone.
 */
export function kolmogorovSmirnovBound(p: Cells, q: Cells, isRange: ArrayLike<boolean>): number {
  let difference = 0;
  let most = 0;
  let seen = 0;
  for (let i = 0; i < p.length; i++) {
    if (isRange[i]) most = Math.max(most, difference + q[i]!, p[i]! - difference);
    difference += q[i]! - p[i]!;
    seen = Math.max(seen, Math.abs(difference));
  }
  return Math.max(0, Math.min(1, most) - seen);
}

/** First Wasserstein distance: ∫ |F_after − F_before| over cells that lie at the ascending `points`; in their unit. */
export function wasserstein(points: Cells, p: Cells, q: Cells): number {
  let difference = 0;
  let total = 0;
  for (let i = 0; i + 1 < p.length; i++) {
    difference += q[i]! - p[i]!;
    total += Math.abs(difference) * (points[i + 1]! - points[i]!);
  }
  return total;
}

/** Pearson's chi-square of two rows of counts over the same cells; cells that are empty on both sides do not count. */
export function chiSquare(before: Cells, after: Cells): { statistic: number; df: number } {
  const n1 = sum(before);
  const n2 = sum(after);
  let statistic = 0;
  let cells = 0;
  for (let i = 0; i < before.length; i++) {
    const both = before[i]! + after[i]!;
    if (both === 0) continue;
    cells++;
    statistic += (before[i]! * n2 - after[i]! * n1) ** 2 / both;
  }
  return { statistic: n1 > 0 && n2 > 0 ? statistic / (n1 * n2) : 0, df: Math.max(0, cells - 1) };
}
