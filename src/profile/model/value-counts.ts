import type { ValueCounts } from './model.ts';

/** How many values a profile lists. */
export const MAX_LISTED_VALUES = 1024;

/** In code points; what is longer is cut. */
export const MAX_VALUE_LENGTH = 256;

/** As it is, or its first 256 code points and `…`. */
export function cutValue(text: string): string {
  if (text.length <= MAX_VALUE_LENGTH) return text;
  const points = [...text];
  return points.length <= MAX_VALUE_LENGTH ? text : `${points.slice(0, MAX_VALUE_LENGTH).join('')}…`;
}

/** By count descending, then by the UTF-8 bytes of the value. */
export function byCountThenBytes(
  a: readonly [value: string, count: number],
  b: readonly [value: string, count: number],
): number {
  return b[1] - a[1] || Buffer.compare(Buffer.from(a[0]), Buffer.from(b[0]));
}

/** What is known of counted values: whether they are all there are, and else how wrong they and the others can be. */
interface Certainty {
  readonly all: boolean;
  /** The most by which a listed count can be too low. */
  readonly error: number;
  /** The most that a value which is not listed can have. */
  readonly unlisted: number;
}

/**
 * The value counts of pairs that may name a value twice. Where they are more than the cap, or not all there are, only
 * values stay that may be heavier than every one left out: for a column of unique values that is none.
 */
export function valueCounts(pairs: Iterable<readonly [string, number]>, certainty: Certainty): ValueCounts {
  const sums = new Map<string, number>();
  for (const [value, count] of pairs) sums.set(value, (sums.get(value) ?? 0) + count);
  const sorted = [...sums].sort(byCountThenBytes);
  if (certainty.all && sorted.length <= MAX_LISTED_VALUES) return { exact: true, values: sorted, bound: 0 };
  const firstCut = sorted[MAX_LISTED_VALUES]?.[1] ?? 0;
  const bound = Math.max(certainty.unlisted, firstCut + certainty.error);
  const values = sorted.slice(0, MAX_LISTED_VALUES).filter(([, count]) => count + certainty.error > bound);
  return { exact: false, values, bound };
}

export function mergeValueCounts(a: ValueCounts, b: ValueCounts): ValueCounts {
  const error = a.bound + b.bound;
  return valueCounts([...a.values, ...b.values], { all: a.exact && b.exact, error, unlisted: error });
}
