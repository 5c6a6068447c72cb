import { decimalText, integerOf } from '../counters/value-text.ts';
import { lowerOfBytes, lowerOfWords, upperOfBytes, upperOfWords } from './hash.ts';

const DOUBLE = new Float64Array(1);
const DOUBLE_WORDS = new Int32Array(DOUBLE.buffer);

/**
 * How values of two words are hashed: equal numbers alike, whatever type of column holds them. A number that a double holds
 * without confusion is hashed as the words of that double with seed 0, any other integer of 64 bits by its own words with
 * seed 1 (2 from 2^63 on), all others by their text.
 */
export interface Int64Hash {
  upper(words: Int32Array, rows: number, into: Int32Array): void;
  lower(words: Int32Array, row: number): number;
}

export const DOUBLE_HASH: Int64Hash = {
  upper(words, rows, into) {
    for (let row = 0; row < rows; row++) into[row] = upperOfWords(words[2 * row]!, words[2 * row + 1]!, 0);
  },
  lower: (words, row) => lowerOfWords(words[2 * row]!, words[2 * row + 1]!, 0),
};

/** Doubles hold integers exactly up to 2^53, and decimals of up to 15 digits without confusion. */
const EXACT_INTEGER = 2 ** 53;
const EXACT_DECIMAL = 1e15;

/** Of integers in units of 10^-scale. */
export function integerHash(scale: number, unsigned: boolean): Int64Hash {
  const unit = 10 ** scale;
  const exact = scale === 0 ? EXACT_INTEGER : EXACT_DECIMAL - 1;
  const units = (words: Int32Array, row: number) => {
    const high = words[2 * row + 1]!;
    return (unsigned ? high >>> 0 : high) * 4294967296 + (words[2 * row]! >>> 0);
  };
  return {
    upper(words, rows, into) {
      for (let row = 0; row < rows; row++) {
        const value = units(words, row);
        if (value <= exact && value >= -exact) {
          DOUBLE[0] = value / unit;
          into[row] = upperOfWords(DOUBLE_WORDS[0]!, DOUBLE_WORDS[1]!, 0);
        } else if (scale === 0) {
          into[row] = upperOfWords(words[2 * row]!, words[2 * row + 1]!, ownSeed(value));
        } else into[row] = hashNumber(integerOf(words, row, unsigned), scale).upper;
      }
    },
    lower(words, row) {
      const value = units(words, row);
      if (value <= exact && value >= -exact) {
        DOUBLE[0] = value / unit;
        return lowerOfWords(DOUBLE_WORDS[0]!, DOUBLE_WORDS[1]!, 0);
      }
      if (scale === 0) return lowerOfWords(words[2 * row]!, words[2 * row + 1]!, ownSeed(value));
      return hashNumber(integerOf(words, row, unsigned), scale).lower;
    },
  };
}

/** The words of integers below and from 2^63 on can be the same. */
function ownSeed(value: number): 1 | 2 {
  return value < 2 ** 63 ? 1 : 2;
}

/** The hash of units·10^-scale, of any size. O(digits). */
export function hashNumber(units: bigint, scale: number): { upper: number; lower: number } {
  const text = decimalText(units, scale);
  const whole = !text.includes('.');
  const digits = BigInt(text.replace(/[-.]/g, ''));
  if (digits <= (whole ? EXACT_INTEGER : EXACT_DECIMAL - 1)) {
    DOUBLE[0] = Number(text);
    return ofWords(DOUBLE_WORDS[0]!, DOUBLE_WORDS[1]!, 0);
  }
  const integer = whole ? BigInt(text) : 2n ** 64n;
  if (integer < 2n ** 64n && integer >= -(2n ** 63n)) {
    const high = Number(BigInt.asIntN(32, integer >> 32n));
    return ofWords(Number(BigInt.asIntN(32, integer)), high, ownSeed(Number(integer)));
  }
  const view = new DataView(new ArrayBuffer(text.length + 4));
  for (let index = 0; index < text.length; index++) view.setUint8(index, text.charCodeAt(index));
  return { upper: upperOfBytes(view, 0, text.length), lower: lowerOfBytes(view, 0, text.length) };
}

function ofWords(low: number, high: number, seed: number): { upper: number; lower: number } {
  return { upper: upperOfWords(low, high, seed), lower: lowerOfWords(low, high, seed) };
}
