import type { FeaturePair } from '../findings/finding.ts';
import { dayAxis } from '../findings/time.ts';
import { type Bins, binnedOn } from './bins.ts';

/** Bins of several days are of whole weeks, since the days of a week differ. */
const DAY_STEPS = [1, 7, 14, 28] as const;
/** Longer ones are of whole months, and so of whole years. The last holds all dates that there can be in few bins. */
const MONTH_STEPS = [1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 6000, 12_000, 60_000, 120_000] as const;
const MAX_DAYS_OF_MONTH = 31;
const DAY_MILLISECONDS = 86_400_000;
/** 1970-01-05, counted in days since 1970-01-01. */
const A_MONDAY = 4;
/** Days from 1970 to either end of what a date can hold. */
const MAX_DAY = 1e8;

/** Both sides of a feature with dates in bins of days, weeks or calendar months. Edges in days since 1970-01-01. */
export function calendarBins(pair: FeaturePair): Bins {
  const axis = dayAxis(pair.before.time!, pair.after.time!);
  const [first, last] = limitsOf(pair, axis.low[0]!, axis.high.at(-1)!);
  const low = axis.low.map((day) => Math.max(first, day));
  const high = axis.high.map((day, i) => Math.max(low[i]!, Math.min(last, day)) + 1);
  const months = monthsApart(pair);
  return binnedOn({ ...axis, low, high }, last + 1, (from, to, least) => {
    const step = months > 0 ? undefined : DAY_STEPS.find((days) => days >= least);
    return step === undefined || Math.max(-from, to) > MAX_DAY
      ? monthEdges(from, to, least, months)
      : dayEdges(from, to, step);
  });
}

/** The first and the last day of both sides: days are counted coarsely where there are many. */
function limitsOf({ before, after }: FeaturePair, low: number, high: number): [number, number] {
  const sides = [before.time!, after.time!].filter(({ days }) => days.length > 0);
  const first = Math.min(...sides.map(({ min }) => dayOf(min) ?? low));
  const last = Math.max(...sides.map(({ max }) => dayOf(max) ?? high));
  return [Math.max(low, first), Math.min(high, last)];
}

/** Of a year of four digits. */
function dayOf(text: string | null): number | undefined {
  const day = /^\d{4}-\d\d-\d\d(?![^T]*BC)/.exec(text ?? '')?.[0];
  return day === undefined ? undefined : Date.parse(day) / DAY_MILLISECONDS;
}

/** The months that lie between values that are all first days of months, as those of monthly, quarterly and yearly figures are; else 0. */
function monthsApart({ before, after }: FeaturePair): number {
  const found: number[] = [];
  for (const { values } of [before, after]) {
    if (!values.exact) return 0;
    for (const [value] of values.values) {
      const match = /^(\d{4})-(\d\d)-01(?!\d)/.exec(value);
      if (match === null) return 0;
      found.push(Number(match[1]) * 12 + Number(match[2]));
    }
  }
  return found.reduce((apart, month) => commonDivisor(apart, month - found[0]!), 0);
}

function commonDivisor(a: number, b: number): number {
  return b === 0 ? Math.abs(a) : commonDivisor(b, a % b);
}

function dayEdges(low: number, high: number, step: number): number[] {
  const first = A_MONDAY + Math.floor((low - A_MONDAY) / step) * step;
  return Array.from({ length: Math.ceil((high - first) / step) + 1 }, (_, i) => first + i * step);
}

/** @param apart only multiples of so many months, if any fits */
function monthEdges(low: number, high: number, least: number, apart: number): number[] {
  const wide = MONTH_STEPS.filter((months) => months * MAX_DAYS_OF_MONTH >= least);
  const step = wide.find((months) => apart > 0 && months % apart === 0) ?? wide[0] ?? MONTH_STEPS.at(-1)!;
  const first = Math.floor(monthOf(low) / step) * step;
  const last = Math.ceil((monthOf(high) + 1) / step) * step;
  return Array.from(
    { length: (last - first) / step + 1 },
    (_, i) => Date.UTC(1970, first + i * step) / DAY_MILLISECONDS,
  ).filter(Number.isFinite);
}

/** Months since January 1970. */
function monthOf(day: number): number {
  const date = new Date(Math.max(-MAX_DAY, Math.min(MAX_DAY, day)) * DAY_MILLISECONDS);
  return (date.getUTCFullYear() - 1970) * 12 + date.getUTCMonth();
}
