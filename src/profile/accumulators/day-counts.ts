import type { Bucket, TimeStats } from '../model/model.ts';

/** The most day counts that a profile lists. */
export const MAX_LISTED_DAYS = 1024;

/** Days by the power of two that brings them down to the cap; the same whether rows or profiles are added up. */
export function coarsen(
  days: readonly Bucket[],
  dayWidth: number,
): { days: readonly Bucket[]; dayWidth: number } {
  if (days.length <= MAX_LISTED_DAYS) return { days, dayWidth };
  const halves: [number, number][] = [];
  for (const [day, count] of days) {
    const half = Math.floor(day / 2);
    const last = halves.at(-1);
    if (last?.[0] === half) last[1] += count;
    else halves.push([half, count]);
  }
  return coarsen(halves, dayWidth * 2);
}

/** Brings days of a finer width to a coarser one. */
export function widen(stats: Pick<TimeStats, 'days' | 'dayWidth'>, dayWidth: number): readonly Bucket[] {
  const factor = dayWidth / stats.dayWidth;
  if (factor === 1) return stats.days;
  const sums = new Map<number, number>();
  for (const [day, count] of stats.days) {
    const wide = Math.floor(day / factor);
    sums.set(wide, (sums.get(wide) ?? 0) + count);
  }
  return [...sums].sort((a, b) => a[0] - b[0]);
}
