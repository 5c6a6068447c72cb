import type { Bucket } from '../model/model.ts';

const BUCKETS_PER_PAGE = 64;

/**
 * Counts by the upper 18 bits of a binary64 (sign, exponent, six bits of the mantissa): the grid of buckets.ts. A page of
 * memory for each sign and exponent that occurs.
 */
export class BucketCounts {
  readonly #pages = new Int16Array(4096).fill(-1);
  /** The sign and exponent of each page. */
  readonly #uppers: number[] = [];
  #counts = new Float64Array(0);

  add(keys: Int32Array, rows: number, occurrences: Float64Array): void {
    const pages = this.#pages;
    let counts = this.#counts;
    for (let row = 0; row < rows; row++) {
      const key = keys[row]!;
      let page = pages[key >>> 6]!;
      if (page < 0) {
        page = this.#newPage(key >>> 6);
        counts = this.#counts;
      }
      counts[page * BUCKETS_PER_PAGE + (key & 63)]! += occurrences[row]!;
    }
  }

  /** The keys that occur and how often. */
  entries(): Bucket[] {
    const found: Bucket[] = [];
    for (const upper of this.#uppers.toSorted((a, b) => a - b)) {
      const page = this.#pages[upper]!;
      for (let low = 0; low < BUCKETS_PER_PAGE; low++) {
        const count = this.#counts[page * BUCKETS_PER_PAGE + low]!;
        if (count > 0) found.push([upper * BUCKETS_PER_PAGE + low, count]);
      }
    }
    return found;
  }

  #newPage(upper: number): number {
    const page = this.#uppers.push(upper) - 1;
    if ((page + 1) * BUCKETS_PER_PAGE > this.#counts.length) {
      const grown = new Float64Array((page + 1) * 2 * BUCKETS_PER_PAGE);
      grown.set(this.#counts);
      this.#counts = grown;
    }
    this.#pages[upper] = page;
    return page;
  }
}

let scratch = new Int32Array(8192);

/** Room for the keys of some rows, until the next call. */
export function bucketKeys(rows: number): Int32Array {
  if (scratch.length < rows) scratch = new Int32Array(rows);
  return scratch;
}
