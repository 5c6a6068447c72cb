import { decimalText, integerOf } from '../counters/value-text.ts';
import type { Accumulator, TypeStats } from './accumulator.ts';
import { BucketCounts, bucketKeys } from './bucket-counts.ts';
import { bucketStats } from './bucket-stats.ts';
import { MomentSums } from './moments.ts';

const DOUBLE = new Float64Array(1);
const DOUBLE_WORDS = new Int32Array(DOUBLE.buffer);

/**
 * Measures exact integers, in units of 10^-scale. They are cut into limbs of 21 bits, the last of 22, so that products of
 * limbs add exactly in doubles: `blockWeight` of them at most, then the sums move on to integers of any size.
 */
export class IntegerAccumulator implements Accumulator {
  readonly #unsigned: boolean;
  readonly #unit: number;
  readonly #blockWeight: number;
  readonly #buckets = new BucketCounts();
  readonly #sums: MomentSums;
  #min: bigint | undefined;
  #max: bigint | undefined;
  #least = Number.POSITIVE_INFINITY;
  #greatest = Number.NEGATIVE_INFINITY;

  constructor(scale: number, unsigned: boolean) {
    this.#unsigned = unsigned;
    this.#unit = 10 ** scale;
    this.#blockWeight = unsigned ? 512 : 2048;
    this.#sums = new MomentSums(scale);
  }

  add(words: Int32Array, rows: number, occurrences: Float64Array): void {
    this.#place(words, rows, occurrences);
    for (let from = 0; from < rows; ) {
      let to = from;
      let weight = 0;
      while (to < rows && weight + occurrences[to]! <= this.#blockWeight) weight += occurrences[to++]!;
      if (to > from) this.#sumBlock(words, from, to, occurrences);
      else this.#sumOne(integerOf(words, to, this.#unsigned), occurrences[to++]!);
      from = to;
    }
  }

  stats(): TypeStats {
    const text = (value: bigint | undefined) =>
      value === undefined ? null : decimalText(value, this.#sums.scale);
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
    const unsigned = this.#unsigned;
    const unit = this.#unit;
    const keys = bucketKeys(rows);
    let least = this.#least;
    let greatest = this.#greatest;
    for (let row = 0; row < rows; row++) {
      const high = words[2 * row + 1]!;
      const value = (unsigned ? high >>> 0 : high) * 4294967296 + (words[2 * row]! >>> 0);
      DOUBLE[0] = unit === 1 ? value : value / unit;
      keys[row] = DOUBLE_WORDS[1]! >>> 14;
      if (value < least || (value === least && !Number.isSafeInteger(value))) {
        least = value;
        this.#lower(integerOf(words, row, unsigned));
      }
      if (value > greatest || (value === greatest && !Number.isSafeInteger(value))) {
        greatest = value;
        this.#raise(integerOf(words, row, unsigned));
      }
    }
    this.#least = least;
    this.#greatest = greatest;
    this.#buckets.add(keys, rows, occurrences);
  }

  /** Doubles cannot tell all 64-bit integers apart. */
  #lower(value: bigint): void {
    if (this.#min === undefined || value < this.#min) this.#min = value;
  }

  #raise(value: bigint): void {
    if (this.#max === undefined || value > this.#max) this.#max = value;
  }

  #sumBlock(words: Int32Array, from: number, to: number, occurrences: Float64Array): void {
    let upper = 0;
    for (let row = from; row < to; row++) upper |= words[2 * row + 1]! >> 10;
    if (upper === 0) this.#sumShort(words, from, to, occurrences);
    else this.#sumLong(words, from, to, occurrences);
  }

  /** Where the last limb is 0 in every row. */
  #sumShort(words: Int32Array, from: number, to: number, occurrences: Float64Array): void {
    let [s0, s1, p00, p01, p11] = [0, 0, 0, 0, 0];
    for (let row = from; row < to; row++) {
      const low = words[2 * row]!;
      const n = occurrences[row]!;
      const x0 = low & 0x1fffff;
      const x1 = (low >>> 21) | (words[2 * row + 1]! << 11);
      const n0 = n * x0;
      const n1 = n * x1;
      s0 += n0;
      s1 += n1;
      p00 += n0 * x0;
      p01 += n0 * x1;
      p11 += n1 * x1;
    }
    this.#sums.add(
      0,
      shifted(s0, 0n) + shifted(s1, 21n),
      shifted(p00, 0n) + shifted(p01, 22n) + shifted(p11, 42n),
    );
  }

  #sumLong(words: Int32Array, from: number, to: number, occurrences: Float64Array): void {
    const unsigned = this.#unsigned;
    let [s0, s1, s2, p00, p01, p02, p11, p12, p22] = [0, 0, 0, 0, 0, 0, 0, 0, 0];
    for (let row = from; row < to; row++) {
      const low = words[2 * row]!;
      const high = words[2 * row + 1]!;
      const n = occurrences[row]!;
      const x0 = low & 0x1fffff;
      const x1 = (low >>> 21) | ((high & 0x3ff) << 11);
      const x2 = unsigned ? high >>> 10 : high >> 10;
      const n0 = n * x0;
      const n1 = n * x1;
      const n2 = n * x2;
      s0 += n0;
      s1 += n1;
      s2 += n2;
      p00 += n0 * x0;
      p01 += n0 * x1;
      p02 += n0 * x2;
      p11 += n1 * x1;
      p12 += n1 * x2;
      p22 += n2 * x2;
    }
    const sum = shifted(s0, 0n) + shifted(s1, 21n) + shifted(s2, 42n);
    const crossed = shifted(p01, 22n) + shifted(p02, 43n) + shifted(p12, 64n);
    this.#sums.add(0, sum, shifted(p00, 0n) + shifted(p11, 42n) + shifted(p22, 84n) + crossed);
  }

  #sumOne(value: bigint, occurrences: number): void {
    const sum = value * BigInt(occurrences);
    this.#sums.add(0, sum, sum * value);
  }
}

function shifted(value: number, bits: bigint): bigint {
  return value === 0 ? 0n : BigInt(value) << bits;
}
