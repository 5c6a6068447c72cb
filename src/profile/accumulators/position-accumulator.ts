import type { PositionStats } from '../model/model.ts';
import { lowerHalf, MANTISSA_BITS, MAX_EXACT_WEIGHT, upperHalf } from './mantissa.ts';
import { MomentSums } from './moments.ts';

/** The exponent field of infinities and NaN; there are so many of finite numbers. */
const NOT_FINITE = 2047;
const BIAS = 1023;

/** Sums of one position and exponent: of both halves, then of their products. */
const SUMS_PER_PLACE = 5;

/** Powers of two that share a part, from the one below which the first begins. */
const EXPONENTS_PER_PART = 64;
const FIRST_EXPONENT = -40;

/** Measures doubles by their position in a list, each rounded as DoubleAccumulator does. Neither order nor grouping changes the result. */
export class PositionAccumulator {
  readonly #counts: Float64Array;
  readonly #min: Float64Array;
  readonly #max: Float64Array;
  readonly #sums: readonly MomentSums[];
  /** By position and exponent, from when one first occurs. */
  readonly #places: Int32Array;
  readonly #used: number[] = [];
  #halves = new Float64Array(0);
  #pending = 0;

  constructor(positions: number) {
    this.#counts = new Float64Array(positions);
    this.#min = new Float64Array(positions).fill(Number.POSITIVE_INFINITY);
    this.#max = new Float64Array(positions).fill(Number.NEGATIVE_INFINITY);
    this.#sums = Array.from({ length: positions }, () => new MomentSums(0));
    this.#places = new Int32Array(positions * NOT_FINITE).fill(-1);
  }

  /** Takes doubles as two words each, low word first, and the position of each, counted from 0. */
  add(words: Int32Array, rows: number, positions: Float64Array): void {
    for (let from = 0; from < rows; ) {
      const to = Math.min(rows, from + MAX_EXACT_WEIGHT - this.#pending);
      this.#addBlock(words, from, to, positions);
      this.#pending += to - from;
      if (this.#pending === MAX_EXACT_WEIGHT) this.#flush();
      from = to;
    }
  }

  stats(): PositionStats[] {
    this.#flush();
    return this.#sums.map((sums, at) => {
      const count = this.#counts[at]!;
      // One zero, whichever came first.
      const end = (value: number) => (count === 0 ? null : value + 0);
      return { count, min: end(this.#min[at]!), max: end(this.#max[at]!), moments: sums.moments() };
    });
  }

  #addBlock(words: Int32Array, from: number, to: number, positions: Float64Array): void {
    const doubles = new Float64Array(words.buffer, words.byteOffset, to);
    const [counts, min, max, places] = [this.#counts, this.#min, this.#max, this.#places];
    let halves = this.#halves;
    for (let row = from; row < to; row++) {
      const high = words[2 * row + 1]!;
      const field = (high >>> 20) & NOT_FINITE;
      if (field === NOT_FINITE) continue;
      const value = doubles[row]!;
      const position = positions[row]!;
      counts[position]!++;
      if (value < min[position]!) min[position] = value;
      if (value > max[position]!) max[position] = value;
      let place = places[position * NOT_FINITE + field]!;
      if (place < 0) {
        place = this.#newPlace(position * NOT_FINITE + field);
        halves = this.#halves;
      }
      const sign = high < 0 ? -1 : 1;
      const upper = upperHalf(high);
      const lower = lowerHalf(words[2 * row]!, high);
      const at = place * SUMS_PER_PLACE;
      halves[at]! += sign * upper;
      halves[at + 1]! += sign * lower;
      halves[at + 2]! += upper * upper;
      halves[at + 3]! += upper * lower;
      halves[at + 4]! += lower * lower;
    }
  }

  #flush(): void {
    const halves = this.#halves;
    this.#used.forEach((key, place) => {
      const sum = (index: number) => BigInt(halves[place * SUMS_PER_PLACE + index]!);
      const squares = (sum(2) << 34n) + (sum(3) << 18n) + sum(4);
      const exponent = Math.max(key % NOT_FINITE, 1) - BIAS;
      const part = partOf(exponent);
      const shift = BigInt(exponent - part);
      this.#sums[Math.floor(key / NOT_FINITE)]!.add(
        part - MANTISSA_BITS,
        ((sum(0) << 17n) + sum(1)) << shift,
        squares << (2n * shift),
      );
    });
    halves.fill(0);
    this.#pending = 0;
  }

  #newPlace(key: number): number {
    const place = this.#used.push(key) - 1;
    this.#places[key] = place;
    if (this.#used.length * SUMS_PER_PLACE > this.#halves.length) {
      const grown = new Float64Array(this.#used.length * 2 * SUMS_PER_PLACE);
      grown.set(this.#halves);
      this.#halves = grown;
    }
    return place;
  }
}

/** The lowest power of two of the part that one belongs to. */
function partOf(exponent: number): number {
  return (
    exponent -
    ((((exponent - FIRST_EXPONENT) % EXPONENTS_PER_PART) + EXPONENTS_PER_PART) % EXPONENTS_PER_PART)
  );
}
