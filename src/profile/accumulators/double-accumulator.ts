import type { Accumulator, TypeStats } from './accumulator.ts';
import { BucketCounts, bucketKeys } from './bucket-counts.ts';
import { bucketStats } from './bucket-stats.ts';
import { lowerHalf, MANTISSA_BITS, MAX_EXACT_WEIGHT, upperHalf } from './mantissa.ts';
import { MomentSums } from './moments.ts';

/** The exponent field of infinities and NaN. */
const NOT_FINITE = 2047;
const BIAS = 1023;

/** Sums of each sign and exponent: of both halves, then of their products. */
const SUMS_PER_EXPONENT = 5;

/**
 * Measures doubles, each rounded to 33 significant bits: an integer of two halves, upper·2^17 + lower, whose sums and
 * products add exactly. Words are those of canonical doubles: one zero, one NaN.
 */
export class DoubleAccumulator implements Accumulator {
  readonly #buckets = new BucketCounts();
  readonly #sums = new MomentSums(0);
  /** By sign and exponent, from when one first occurs. */
  readonly #places = new Int16Array(4096).fill(-1);
  readonly #used: number[] = [];
  #halves = new Float64Array(0);
  #pending = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = Number.NEGATIVE_INFINITY;
  readonly #textOf: (value: number) => string;

  constructor(textOf: (value: number) => string) {
    this.#textOf = textOf;
  }

  add(words: Int32Array, rows: number, occurrences: Float64Array): void {
    this.#place(words, rows, occurrences);
    for (let from = 0; from < rows; ) {
      let to = from;
      let weight = this.#pending;
      while (to < rows && weight + occurrences[to]! <= MAX_EXACT_WEIGHT) weight += occurrences[to++]!;
      if (to > from) this.#sumBlock(words, from, to, occurrences);
      else if (this.#pending === 0) this.#sumOne(words, to++, occurrences);
      this.#pending = weight;
      if (to < rows) this.#flush();
      from = to;
    }
  }

  stats(): TypeStats {
    this.#flush();
    const text = (value: number) => (Number.isFinite(value) ? this.#textOf(value) : null);
    return {
      numeric: {
        min: text(this.#min),
        max: text(this.#max),
        ...bucketStats(this.#buckets.entries()),
        moments: this.#sums.moments(),
      },
    };
  }

  #place(words: Int32Array, rows: number, occurrences: Float64Array): void {
    const doubles = new Float64Array(words.buffer, words.byteOffset, rows);
    const keys = bucketKeys(rows);
    let min = this.#min;
    let max = this.#max;
    for (let row = 0; row < rows; row++) {
      keys[row] = words[2 * row + 1]! >>> 14;
      const value = doubles[row]!;
      if (value < min && value !== Number.NEGATIVE_INFINITY) min = value;
      if (value > max && value !== Number.POSITIVE_INFINITY) max = value;
    }
    this.#min = min;
    this.#max = max;
    this.#buckets.add(keys, rows, occurrences);
  }

  #sumBlock(words: Int32Array, from: number, to: number, occurrences: Float64Array): void {
    const places = this.#places;
    let halves = this.#halves;
    for (let row = from; row < to; row++) {
      const low = words[2 * row]!;
      const high = words[2 * row + 1]!;
      if ((high & 0x7ff00000) === 0x7ff00000) continue;
      let place = places[high >>> 20]!;
      if (place < 0) {
        place = this.#newPlace(high >>> 20);
        halves = this.#halves;
      }
      const n = occurrences[row]!;
      const upper = upperHalf(high);
      const lower = lowerHalf(low, high);
      const at = place * SUMS_PER_EXPONENT;
      halves[at]! += n * upper;
      halves[at + 1]! += n * lower;
      halves[at + 2]! += n * upper * upper;
      halves[at + 3]! += n * upper * lower;
      halves[at + 4]! += n * lower * lower;
    }
  }

  /** A row that stands for so many that products with it are exact in integers only. */
  #sumOne(words: Int32Array, row: number, occurrences: Float64Array): void {
    const high = words[2 * row + 1]!;
    if ((high & 0x7ff00000) === 0x7ff00000) return;
    const value = BigInt(upperHalf(high)) * 131072n + BigInt(lowerHalf(words[2 * row]!, high));
    const n = BigInt(occurrences[row]!);
    this.#sumUp(high >>> 20, value * n, value * value * n);
  }

  #flush(): void {
    const halves = this.#halves;
    this.#used.forEach((signAndExponent, place) => {
      const sum = (index: number) => BigInt(halves[place * SUMS_PER_EXPONENT + index]!);
      const squares = (sum(2) << 34n) + (sum(3) << 18n) + sum(4);
      this.#sumUp(signAndExponent, (sum(0) << 17n) + sum(1), squares);
    });
    halves.fill(0);
    this.#pending = 0;
  }

  #sumUp(signAndExponent: number, sum: bigint, squares: bigint): void {
    const exponent = Math.max(signAndExponent & NOT_FINITE, 1) - BIAS - MANTISSA_BITS;
    this.#sums.add(exponent, signAndExponent > NOT_FINITE ? -sum : sum, squares);
  }

  #newPlace(signAndExponent: number): number {
    const place = this.#used.push(signAndExponent) - 1;
    this.#places[signAndExponent] = place;
    if (this.#used.length * SUMS_PER_EXPONENT > this.#halves.length) {
      const grown = new Float64Array(this.#used.length * 2 * SUMS_PER_EXPONENT);
      grown.set(this.#halves);
      this.#halves = grown;
    }
    return place;
  }
}
