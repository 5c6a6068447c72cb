import { grouped, quantity } from '../../wording/numbers.ts';
import { type Bin, quantileOf } from '../distances.ts';
import { expectedBeyond, expectedIfGoingOn, reachOf, upperTail } from './tails.ts';

/** How many values beyond an end another sample of the same size is expected to have, at most. */
const MAX_BEYOND = 0.001;

/** A natural end (0, 1, 100) short of that is taken up to this expectation. */
const MAX_BEYOND_NATURAL = 0.05;

/** So many values expected beyond an end, and none seen, prove the end: the chance is e^-10. */
const PROOF = 10;

/** An end so many times as far from the median as the greatest value says nothing. */
const MAX_REACH = 50;

/** A last value that is so large a share of all is an end, whatever lies before it. */
const HEAVY_SHARE = 0.05;

/** So many of the last values tell how the density comes to its end. */
const LAST_VALUES = 40;

/** A sample is lopsided if its one side is so many times as wide as its other. */
const LOPSIDED = 3;

/** An end, or that there is none. */
export interface End {
  readonly end: number | undefined;
  /** A clause on the end of this name. */
  why(name: 'min' | 'max'): string;
}

/** What an end is looked for in. */
export interface EndSearch {
  /** Ascending; mirrored for a lower end. */
  readonly cells: readonly Bin[];
  /** Ends that the quantity may have by its nature, at or beyond the last value. */
  readonly naturals: readonly number[];
  readonly whole: boolean;
  readonly isLower: boolean;
}

/** The end of what numbers may be, beyond all cells: one that the sample proves, else as far as its tail reaches. */
export function upperEnd(search: EndSearch): End {
  return provenEnd(search) ?? tailEnd(search);
}

function endAt({ isLower }: EndSearch, at: number, reason: string): End {
  const shown = quantity((isLower ? -at : at) + 0);
  return { end: at, why: (name) => `${name} ${shown}, ${reason}` };
}

function noEnd(reason: string): End {
  return { end: undefined, why: (name) => `no ${name}, since the tail ${reason}` };
}

function provenEnd(search: EndSearch): End | undefined {
  const { cells, naturals, whole, isLower } = search;
  const last = cells.at(-1)!;
  const before = cells.at(-2)?.count ?? 1;
  const isSpike = last.low === last.high && last.count * Math.min(1, last.count / before) >= PROOF;
  const isHeavy = last.count >= HEAVY_SHARE * cells.reduce((sum, { count }) => sum + count, 0);
  if (isSpike && (isHeavy || naturals.some((each) => each === last.high) || isRegular(cells)))
    return endAt(search, last.high, `which ${grouped(last.count)} values have and none passes`);
  const width = lastStretch(cells, whole);
  const near = naturals.find((each) => each - last.high < width);
  if (near !== undefined && expectedIfGoingOn(cells, last.high, width) >= PROOF)
    return endAt(search, near, 'which the values come close to, and none passes');
  return naturals.length > 0 && isLower && lopsided(cells)
    ? endAt(search, naturals[0]!, 'since the other side reaches several times as far')
    : undefined;
}

/** True if the last three values are equally far apart, as on a scale; else a value beyond them may just be rarer. */
function isRegular(cells: readonly Bin[]): boolean {
  const [third, second, last] = cells.slice(-3).map(({ high }) => high);
  if (third === undefined || second === undefined || last === undefined) return false;
  return Math.abs(last - second - (second - third)) <= 1e-6 * (last - third);
}

function tailEnd(search: EndSearch): End {
  const { cells, naturals, whole } = search;
  const max = cells.at(-1)!.high;
  const median = quantileOf(cells, 0.5);
  const tail = upperTail(cells);
  if (tail === undefined) return noEnd('does not vary');
  const reach = Math.max(max, reachOf(tail, MAX_BEYOND));
  const isFar = (natural: number) =>
    natural < reach
      ? isProven(cells, natural) || expectedBeyond(tail, natural) <= MAX_BEYOND_NATURAL
      : natural - reach < reach - median;
  const natural = naturals.find(isFar);
  if (natural !== undefined)
    return endAt(search, natural, 'beyond which another sample of this size is hardly expected to have any');
  if (reach - median > MAX_REACH * (max - median) || reach === max) return noEnd('is too heavy');
  return endAt(
    search,
    rounded(reach, max, whole),
    `beyond which another sample of this size is expected to have ${quantity(MAX_BEYOND)} values (generalized Pareto tail)`,
  );
}

/** True if the stretch up to a natural end is empty though the values before it are dense. */
function isProven(cells: readonly Bin[], natural: number): boolean {
  const max = cells.at(-1)!.high;
  const width = Math.min(natural - max, (max - quantileOf(cells, 0.5)) / 2);
  return width > 0 && expectedIfGoingOn(cells, max, width) >= PROOF;
}

/** The width of the stretch with the last 40 values, but at most a quarter of the way from the median. */
function lastStretch(cells: readonly Bin[], whole: boolean): number {
  const total = cells.reduce((sum, { count }) => sum + count, 0);
  const max = cells.at(-1)!.high;
  const quarter = (max - quantileOf(cells, 0.5)) / 4;
  const width = Math.min(quarter, max - quantileOf(cells, Math.max(0.5, 1 - LAST_VALUES / total)));
  return whole ? Math.max(1, Math.round(width)) : width > 0 ? width : quarter;
}

/** True if the far side is several times as wide as this one, as amounts that cannot be negative are. */
function lopsided(mirror: readonly Bin[]): boolean {
  const [far, median, near] = [quantileOf(mirror, 0.01), quantileOf(mirror, 0.5), quantileOf(mirror, 0.99)];
  return median - far > LOPSIDED * (near - median);
}

/** Rounds away from the data, to one digit of the distance from it. */
function rounded(reach: number, max: number, whole: boolean): number {
  const power = Math.floor(Math.log10(reach - max));
  const step = 10 ** (whole ? Math.max(0, power) : power);
  const multiple = Number((Math.ceil(reach / step) * step).toPrecision(12));
  return Number.isFinite(multiple) ? multiple : reach;
}
