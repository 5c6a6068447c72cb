import { shares, sum } from '../../profile/model/distances.ts';
import type { FeaturePair } from '../findings/finding.ts';
import type { Axis } from './axis.ts';

/**
 * Two histograms over one list of edges. All bins hold equally many possible values, but for those at the ends: they reach to the data's
 * least and greatest value, so they are narrower or wider than the others.
 */
export interface Bins {
  /** n + 1 ascending edges of n bins, n ≤ 40. */
  readonly edges: number[];
  /** Shares of 0 to 1. */
  readonly before: number[];
  readonly after: number[];
  /** How far apart possible values are, if they are. */
  readonly step?: number;
}

/** With a bin at each end for what lies beyond, and one more that the alignment of the edges can cost, 40. */
const MAX_INNER_BINS = 37;
/** The share of both sides together that each end of the drawn range leaves to its end bin. */
const TAIL_SHARE = 0.005;
/** The whole range is drawn unless it is this many times wider than where nearly all values lie. */
const MAX_STRETCH = 1.5;
/** Cells are as wide as powers of two: 1,024 is as good as 1,000. */
const NEARLY = 0.95;
/** Values with more decimals than these lie on no grid that a bin of a drawing could be a multiple of. */
const MAX_DECIMALS = 4;
/** A grid coarser than the values' decimals is believed of this many values that fill this part of it. */
const MIN_GRID_VALUES = 8;
const MIN_GRID_FILL = 0.25;

/** The possible values `origin + k·unit`, k an integer. Undefined where values can be any number. */
interface Grid {
  readonly unit: number;
  readonly origin: number;
}

/** Both sides of a numeric feature in bins of a round width, a multiple of the grid that its values lie on. O(cells + listed values). */
export function numericBins(pair: FeaturePair): Bins {
  const limits = limitsOf(pair);
  if (pair.axis.low.length === 0 || limits === undefined) return { edges: [0, 1], before: [0], after: [0] };
  const grid = gridOf(pair, limits);
  if (grid === undefined) {
    const axis = clamped(pair.axis, limits);
    return binnedOn(axis, limits[1], (low, high, least) => evenEdges(low, high, roundWidth(least)));
  }
  const place = (value: number): number => (value - grid.origin) / grid.unit;
  const axis = onGrid(clamped(pair.axis, limits), place);
  // Of whole numbers, people like multiples of 5 and 10: bins of 2 would hold now one of them, now none.
  const width = (least: number): number => (least <= 1 + 1e-9 ? 1 : roundWidth(Math.max(least, 5)));
  const bins = binnedOn(axis, Math.round(place(limits[1])) + 1, (low, high, least) =>
    evenEdges(low, high, width(least)),
  );
  const value = (edge: number): number => Number((grid.origin + edge * grid.unit).toPrecision(15));
  return { ...bins, edges: bins.edges.map(value), step: grid.unit };
}

/** The least and the greatest finite value of both sides. */
function limitsOf({ before, after }: FeaturePair): [number, number] | undefined {
  const ends = [before.numeric, after.numeric].flatMap((of) =>
    of === undefined || of.min === null || of.max === null ? [] : [Number(of.min), Number(of.max)],
  );
  return ends.length === 0 ? undefined : [Math.min(...ends), Math.max(...ends)];
}

/** Buckets reach further than the values in them. */
function clamped(axis: Axis, [least, greatest]: readonly [number, number]): Axis {
  const within = (value: number): number => Math.min(greatest, Math.max(least, value));
  return { ...axis, low: axis.low.map(within), high: axis.high.map(within) };
}

/** The cells in steps of the grid; each from its first step up to one past its last. */
function onGrid(axis: Axis, place: (value: number) => number): Axis {
  const low = axis.low.map((value) => Math.ceil(place(value) - 1e-6));
  const high = axis.high.map((value, i) => Math.max(low[i]!, Math.floor(place(value) + 1e-6)) + 1);
  return { ...axis, low, high };
}

function gridOf({ before, after }: FeaturePair, limits: readonly [number, number]): Grid | undefined {
  const listed = [...before.values.values, ...after.values.values].map(([text]) => text);
  const texts = listed.filter((text) => Number.isFinite(Number(text)));
  const decimals = Math.max(0, ...texts.map(decimalsOf), ...limits.map((limit) => decimalsOf(String(limit))));
  const scale = 10 ** decimals;
  if (decimals > MAX_DECIMALS || Math.max(-limits[0], limits[1]) * scale > Number.MAX_SAFE_INTEGER)
    return undefined;
  const isListed = before.values.exact && after.values.exact;
  const steps = isListed ? [...new Set(texts.map((text) => Math.round(Number(text) * scale)))] : [];
  const first = Math.round(limits[0] * scale);
  const step = steps.reduce((common, one) => divisor(common, one - first), 0);
  const places = ((limits[1] - limits[0]) * scale) / step + 1;
  if (step <= 1 || steps.length < MIN_GRID_VALUES || steps.length < MIN_GRID_FILL * places)
    return { unit: 1 / scale, origin: 0 };
  return { unit: step / scale, origin: (first % step) / scale };
}

function decimalsOf(text: string): number {
  if (/e/i.test(text)) return Number.isInteger(Number(text)) ? 0 : Number.POSITIVE_INFINITY;
  const point = text.indexOf('.');
  return point < 0 ? 0 : text.length - point - 1;
}

function divisor(a: number, b: number): number {
  return b === 0 ? Math.abs(a) : divisor(b, a % b);
}

/** The least of 1, 2 and 5 times a power of ten that is at least `least`. */
function roundWidth(least: number): number {
  const power = 10 ** Math.max(-300, Math.floor(Math.log10(least)));
  const step = [1, 2, 5].find((one) => one * power >= least * (1 - 1e-9));
  return step === undefined ? 10 * power : step * power;
}

/**
 * Both sides in bins whose inner edges `edgesBetween` chooses: from below `low` to above `high`, at most 38 bins, none of them narrower than
 * `least`. The last bin ends at `end`.
 */
export function binnedOn(
  axis: Axis,
  end: number,
  edgesBetween: (low: number, high: number, least: number) => number[],
): Bins {
  const start = axis.low[0]!;
  if (start === end) return inBins(axis, ended([], start, end));
  const [low, high] = drawnRange(axis, start, end);
  // No bin is clearly narrower than the cells, whose counts would else lie now in one, now in none.
  const cell = NEARLY * widestCell(axis, low, high);
  const least = Math.max(high / MAX_INNER_BINS - low / MAX_INNER_BINS, cell);
  return inBins(axis, ended(edgesBetween(low, high, least), start, end));
}

/** Multiples of a width. */
function evenEdges(low: number, high: number, width: number): number[] {
  const first = Math.floor(low / width);
  return Array.from(
    { length: Math.max(1, Math.ceil(high / width) - first) + 1 },
    (_, i) => (first + i) * width,
  );
}

/** Where nearly all values lie; all where that is hardly wider, or a single value. */
function drawnRange(axis: Axis, start: number, end: number): [number, number] {
  const after = shares(axis.after);
  const pooled = shares(axis.before).map((share, i) => share + after[i]!);
  const tail = sum(pooled) * TAIL_SHARE;
  let first = 0;
  let last = pooled.length - 1;
  for (let below = pooled[0]!; below < tail; below += pooled[first]!) first++;
  for (let above = pooled[last]!; above < tail; above += pooled[last]!) last--;
  const [low, high] = [axis.low[first]!, axis.high[Math.max(first, last)]!];
  return high === low || end / MAX_STRETCH - start / MAX_STRETCH <= high - low ? [start, end] : [low, high];
}

function widestCell(axis: Axis, low: number, high: number): number {
  return axis.low.reduce(
    (widest, from, i) =>
      from >= low && axis.high[i]! <= high ? Math.max(widest, axis.high[i]! - from) : widest,
    Number.MIN_VALUE,
  );
}

/** The edges, from `start` to `end`: what lies beyond has a bin of its own, and a bin cut to less than half goes to its neighbour. */
function ended(edges: readonly number[], start: number, end: number): number[] {
  const width = edges.length > 1 ? edges[1]! - edges[0]! : 0;
  const inner = edges.filter((edge) => edge - start >= width / 2 && end - edge >= width / 2);
  const found = [start, ...inner, end].filter((edge, at, all) => at === 0 || edge > all[at - 1]!);
  if (found.length > 1) return found;
  const half = (Math.abs(start) || 1) / 2;
  return [Math.max(-Number.MAX_VALUE, start - half), Math.min(Number.MAX_VALUE, start + half)];
}

/** The shares of each side by bin; a cell across an edge is shared out as if its values lay evenly in it. */
function inBins(axis: Axis, edges: number[]): Bins {
  const side = (counts: readonly number[]): number[] => {
    const bins = new Array<number>(edges.length - 1).fill(0);
    let bin = 0;
    for (const [i, count] of counts.entries()) {
      const [low, high] = [axis.low[i]!, axis.high[i]!];
      while (bin < bins.length - 1 && edges[bin + 1]! <= low) bin++;
      for (let at = bin; at < bins.length && (at === bin || edges[at]! < high); at++) {
        const from = Math.max(low, edges[at]!);
        const to = at === bins.length - 1 ? high : Math.min(high, edges[at + 1]!);
        bins[at]! += high > low ? (count * (to - from)) / (high - low) : count;
      }
    }
    return shares(bins);
  };
  return { edges, before: side(axis.before), after: side(axis.after) };
}
