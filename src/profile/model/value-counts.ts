import { compareUtf8 } from '../../base/utf8-order.ts';
import { abridged, hasMark } from '../../wording/abridged.ts';
import type { ValueCounts } from './model.ts';

/** How many values a profile lists. */
export const MAX_LISTED_VALUES = 1024;

/** In code points; of a longer one the beginning and a digest are listed. */
export const MAX_VALUE_LENGTH = 256;

/** A value as profiles list it: whole, or cut to its first 256 code points, `…` and the digest of the whole. */
export function listedValue(text: string, digest: () => string): string {
  return abridged(text, MAX_VALUE_LENGTH, digest);
}

/** Whether a listed value is longer than is kept, so that its end is known by its digest alone. */
export function isCut(listed: string): boolean {
  return listed.length > MAX_VALUE_LENGTH && [...listed].length > MAX_VALUE_LENGTH;
}

/** Whether a text can be a listed value: one that is cut says so in the one form there is. */
export function isListedValue(text: string): boolean {
  return !isCut(text) || (hasMark(text) && [...text].length === MAX_VALUE_LENGTH + MARK_LENGTH);
}

/** `…` and 16 digits. */
const MARK_LENGTH = 17;

/** The indexes of the values that are cut; undefined if none is. */
export function cutValues(values: readonly string[]): { readonly cut?: readonly number[] } {
  const cut = [...values.keys()].filter((at) => isCut(values[at]!));
  return cut.length === 0 ? {} : { cut };
}

/** By count descending, then by the UTF-8 bytes of the value. */
export function byCountThenBytes(
  a: readonly [value: string, count: number],
  b: readonly [value: string, count: number],
): number {
  return b[1] - a[1] || compareUtf8(a[0], b[0]);
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
  if (certainty.all && sorted.length <= MAX_LISTED_VALUES) return listed(sorted, true, 0);
  const firstCut = sorted[MAX_LISTED_VALUES]?.[1] ?? 0;
  const bound = Math.max(certainty.unlisted, firstCut + certainty.error);
  const values = sorted.slice(0, MAX_LISTED_VALUES).filter(([, count]) => count + certainty.error > bound);
  return listed(values, false, bound);
}

function listed(values: ValueCounts['values'], exact: boolean, bound: number): ValueCounts {
  return { exact, values, bound, ...cutValues(values.map(([value]) => value)) };
}

/**
 * Value counts that are put together one after the other, or some with others: as valueCounts of two and two, but they are put in order once, when
 * all are there. What a cut leaves follows from the counts alone: all that are larger than the largest one cut away.
 */
export class SummedCounts {
  readonly #sums = new Map<string, number>();
  #exact: boolean;
  #bound: number;

  constructor({ values, exact, bound }: ValueCounts) {
    for (const [value, count] of values) this.#sums.set(value, (this.#sums.get(value) ?? 0) + count);
    this.#exact = exact;
    this.#bound = bound;
  }

  /** Adds what others count. If these are sums, one of the two takes the other in, and neither is to be used but as it is returned. */
  add(other: ValueCounts | SummedCounts): SummedCounts {
    if (!(other instanceof SummedCounts)) return this.#add(other.values, other.exact, other.bound);
    const [large, small] = other.#sums.size > this.#sums.size ? [other, this] : [this, other];
    return large.#add(small.#sums, small.#exact, small.#bound);
  }

  #add(values: Iterable<readonly [string, number]>, exact: boolean, bound: number): this {
    for (const [value, count] of values) this.#sums.set(value, (this.#sums.get(value) ?? 0) + count);
    this.#exact &&= exact;
    this.#bound += bound;
    if (this.#sums.size > MAX_LISTED_VALUES) this.#cut();
    return this;
  }

  #cut(): void {
    const counts = Float64Array.from(this.#sums.values()).sort();
    const firstCut = counts[counts.length - MAX_LISTED_VALUES - 1]!;
    for (const [value, count] of this.#sums) if (count <= firstCut) this.#sums.delete(value);
    this.#exact = false;
    this.#bound += firstCut;
  }

  counts(): ValueCounts {
    return listed([...this.#sums].sort(byCountThenBytes), this.#exact, this.#bound);
  }
}
