import { type Bin, quantileOf } from '../distances.ts';

/**
 * How far numbers may go beyond those of a sample. All functions look at the upper end; `mirrored` cells serve for the
 * lower one.
 */

/** The share of values that count as the tail, and the fewest that do. */
const TAIL_SHARE = 0.1;
const MIN_TAIL = 10;

/** The upper tail of a sample as a generalized Pareto distribution. */
export interface Tail {
  /** How many values lie above `threshold`. */
  readonly count: number;
  readonly threshold: number;
  readonly scale: number;
  /** Above 0: the heavier the tail, the greater. */
  readonly shape: number;
}

export function mirrored(cells: readonly Bin[]): Bin[] {
  return cells.map(({ low, high, count }) => ({ low: -high, high: -low, count })).reverse();
}

/**
 * Fits the tail by the moments of the excesses over its threshold: shape ½(1 − m²/v), scale m(1 − shape), for their mean m
 * and variance v. The shape is taken as at least 0, and heavier by 0.8 standard errors of a sample of this size, so that
 * the tail errs to the far side. Undefined if the values above the threshold do not vary.
 * Source: Hosking & Wallis, "Parameter and quantile estimation for the generalized Pareto distribution", Technometrics 29 (1987).
 */
export function upperTail(cells: readonly Bin[]): Tail | undefined {
  const total = cells.reduce((sum, { count }) => sum + count, 0);
  const threshold = quantileOf(cells, 1 - Math.max(TAIL_SHARE, Math.min(0.5, MIN_TAIL / total)));
  let count = 0;
  let sum = 0;
  let squares = 0;
  for (const cell of cells) {
    const excess = (cell.low + cell.high) / 2 - threshold;
    if (excess <= 0) continue;
    count += cell.count;
    sum += cell.count * excess;
    squares += cell.count * excess ** 2;
  }
  const mean = sum / count;
  const variance = squares / count - mean ** 2;
  if (!(count > 1 && mean > 0)) return undefined;
  const fitted = variance > 0 ? 0.5 * (1 - mean ** 2 / variance) : 0;
  const shape = Math.max(0, fitted) + Math.min(0.25, 0.8 / Math.sqrt(count));
  return { count, threshold, shape, scale: mean * (1 - Math.max(0, fitted)) };
}

/** How many values beyond `end` another sample of the same size is expected to have. */
export function expectedBeyond({ count, threshold, scale, shape }: Tail, end: number): number {
  return count * Math.max(1, 1 + (shape * (end - threshold)) / scale) ** (-1 / shape);
}

/** The end beyond which another sample of the same size is expected to have `expected` values. */
export function reachOf({ count, threshold, scale, shape }: Tail, expected: number): number {
  return threshold + (scale / shape) * ((count / expected) ** shape - 1);
}

/**
 * How many values would lie within `width` beyond the greatest one if the density went on as it comes to it: the counts of
 * the three last stretches of that width, continued as a log-quadratic curve, and never rising. Many expected, and none
 * there, is a sign that the end is the end of what is possible.
 */
export function expectedIfGoingOn(cells: readonly Bin[], end: number, width: number): number {
  const last = massBetween(cells, end - width, end);
  const second = massBetween(cells, end - 2 * width, end - width);
  const third = massBetween(cells, end - 3 * width, end - 2 * width);
  if (second === 0) return last;
  const ratio = last / second;
  const bend = third === 0 ? 1 : ratio / (second / third);
  return last * Math.min(1, ratio * Math.min(1, bend));
}

/** Counts values above `from`, up to and with `to`; a cell that lies across an end counts in part. */
function massBetween(cells: readonly Bin[], from: number, to: number): number {
  let mass = 0;
  for (const { low, high, count } of cells) {
    if (low === high) mass += low > from && low <= to ? count : 0;
    else mass += count * Math.max(0, Math.min(high, to) - Math.max(low, from)) * (1 / (high - low));
  }
  return mass;
}
