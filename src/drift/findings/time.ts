import { widen } from '../../profile/accumulators/day-counts.ts';
import { dateText } from '../../profile/counters/value-text.ts';
import { lInfinity, shares, sum } from '../../profile/model/distances.ts';
import type { TimeStats } from '../../profile/model/model.ts';
import { counted, percent } from '../../wording/numbers.ts';
import { type Axis, AxisCells, mergeCells } from '../distributions/axis.ts';
import { expectedShareChange, type Sizes, shareChangeP } from '../measures/sampling.ts';
import { type FeaturePair, independentObservations, type MeasuredChange } from './finding.ts';
import { cumulativeShareChange } from './numeric.ts';
import { roseOrFell } from './phrases.ts';

const WEEKDAYS = ['Mondays', 'Tuesdays', 'Wednesdays', 'Thursdays', 'Fridays', 'Saturdays', 'Sundays'];
const HOURS = Array.from(
  { length: 24 },
  (_, hour) => `${String(hour).padStart(2, '0')}:00 to ${String(hour).padStart(2, '0')}:59`,
);

/** Shares of weekdays say nothing of a span of fewer days. */
const MIN_SPAN = 28;

/** Measures what changed in dates, times and timestamps: the period, gaps in it, weekdays and hours. */
export function timeFindings(pair: FeaturePair): MeasuredChange[] {
  const before = pair.before.time;
  const after = pair.after.time;
  if (before === undefined || after === undefined) return [];
  const axis = dayAxis(before, after);
  const sizes = independentObservations(pair, sum(axis.before), sum(axis.after));
  return [
    ...(sizes.before > 0 && sizes.after > 0 ? periodFindings(axis, sizes) : []),
    ...partFindings('hour-share', before.hour, after.hour, HOURS, pair),
    ...(spanDays(axis, axis.before) >= MIN_SPAN && spanDays(axis, axis.after) >= MIN_SPAN
      ? partFindings('weekday-share', before.weekday, after.weekday, WEEKDAYS, pair)
      : []),
  ];
}

/** Both sides by days, or by the coarser one's width, in days since 1970-01-01. */
export function dayAxis(before: TimeStats, after: TimeStats): Axis {
  const width = Math.max(before.dayWidth, after.dayWidth);
  const cellsOf = (side: TimeStats): AxisCells => {
    const cells = new AxisCells();
    for (const [index, count] of widen(side, width))
      cells.push(index * width, (index + 1) * width - 1, count);
    return cells;
  };
  return mergeCells(cellsOf(before), cellsOf(after));
}

function periodFindings(axis: Axis, sizes: Sizes): MeasuredChange[] {
  const first = occupied(axis, axis.before);
  const second = occupied(axis, axis.after);
  const shared = Math.min(first.end, second.end) - Math.max(first.start, second.start) + 1;
  const all = Math.max(first.end, second.end) - Math.min(first.start, second.start) + 1;
  return [
    { ...cumulativeShareChange('kolmogorov-smirnov', axis, sizes, dateText), movesByItself: true },
    {
      name: 'period-overlap',
      value: Math.max(0, shared) / all,
      errorBound: 0,
      reason: () =>
        `period moved from ${dateText(first.start)}–${dateText(first.end)} to ${dateText(second.start)}–${dateText(second.end)}`,
    },
    gapFinding(axis, sizes),
  ];
}

interface Period {
  readonly start: number;
  readonly end: number;
  /** The longest run of days without a row between the first and the last. */
  readonly gap: { readonly start: number; readonly days: number };
}

function occupied(axis: Axis, counts: readonly number[]): Period {
  const days = counts.map((_, i) => i).filter((i) => counts[i]! > 0);
  let gap = { start: 0, days: 0 };
  for (let i = 1; i < days.length; i++) {
    const start = axis.high[days[i - 1]!]! + 1;
    const length = axis.low[days[i]!]! - start;
    if (length > gap.days) gap = { start, days: length };
  }
  return { start: axis.low[days[0]!]!, end: axis.high[days.at(-1)!]!, gap };
}

function spanDays(axis: Axis, counts: readonly number[]): number {
  if (sum(counts) === 0) return 0;
  const { start, end } = occupied(axis, counts);
  return end - start + 1;
}

/**
 * Measures by how much the longest gap exceeds that of before, as a share of after's period. Rows that come independently
 * leave g days empty somewhere in d days with a probability of at most d·exp(−n·g/d), so few rows raise no alarm.
 */
function gapFinding(axis: Axis, sizes: Sizes): MeasuredChange {
  const before = occupied(axis, axis.before);
  const after = occupied(axis, axis.after);
  const days = after.end - after.start + 1;
  const rowsPerDay = sizes.after / days;
  const { gap } = after;
  return {
    name: 'time-gap',
    value: Math.max(0, gap.days - before.gap.days) / days,
    expected: Math.min(1, Math.log(days / 0.05) / rowsPerDay / days),
    errorBound: 0,
    test: { of: 'time-gap', pValue: Math.min(1, days * Math.exp(-rowsPerDay * gap.days)) },
    reason: () =>
      `no rows from ${dateText(gap.start)} to ${dateText(gap.start + gap.days - 1)} (${counted(gap.days, 'day')}); before, the longest gap was ${counted(before.gap.days, 'day')}`,
  };
}

/** The hour or weekday whose share changed most. */
function partFindings(
  name: 'hour-share' | 'weekday-share',
  before: readonly number[],
  after: readonly number[],
  labels: readonly string[],
  pair: FeaturePair,
): MeasuredChange[] {
  const sizes = independentObservations(pair, sum(before), sum(after));
  if (sizes.before === 0 || sizes.after === 0 || before.length !== after.length) return [];
  const p = shares(before);
  const q = shares(after);
  const { value, at } = lInfinity(p, q);
  const pValues = p.map((share, i) => shareChangeP(share * sizes.before, q[i]! * sizes.after, sizes));
  return [
    {
      name,
      value,
      expected: expectedShareChange(Math.max(...p, ...q), sizes, labels.length),
      errorBound: 0,
      test: { of: name, pValue: Math.min(1, Math.min(...pValues) * labels.length) },
      reason: () => `share of ${labels[at]} ${roseOrFell(p[at]!, q[at]!, percent)}`,
    },
  ];
}
