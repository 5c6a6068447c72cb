import type { LengthStats } from '../model/model.ts';
import { bucketIndex, sortedBuckets } from './buckets.ts';

/** Lengths below it are counted one by one. */
const MIN_BUCKETED_LENGTH = 1024;

/** Counts the lengths of texts, in any order. */
export class LengthAccumulator {
  /** Grows with the lengths that come. */
  #short = new Float64Array(32);
  readonly #long = new Map<number, number>();
  #longSum = 0n;
  #longest = 0;
  #shortestLong = Number.POSITIVE_INFINITY;

  add(lengths: Int32Array, rows: number, occurrences: Float64Array): void {
    for (let row = 0; row < rows; row++) {
      const length = lengths[row]!;
      if (length >= MIN_BUCKETED_LENGTH) this.#addLong(length, occurrences[row]!);
      else {
        if (length >= this.#short.length) this.#growFor(length);
        this.#short[length]! += occurrences[row]!;
      }
    }
  }

  lengths(): LengthStats {
    const found: [length: number, count: number][] = [];
    this.#short.forEach((count, length) => {
      if (count > 0) found.push([length, count]);
    });
    const buckets = new Map(this.#long);
    for (const [length, count] of found) {
      if (length > 0) buckets.set(bucketIndex(length), (buckets.get(bucketIndex(length)) ?? 0) + count);
    }
    const shortSum = found.reduce((sum, [length, count]) => sum + BigInt(length) * BigInt(count), 0n);
    const count =
      [...this.#long.values()].reduce((sum, n) => sum + n, 0) + found.reduce((sum, [, n]) => sum + n, 0);
    return {
      count,
      min: count === 0 ? 0 : (found[0]?.[0] ?? this.#shortestLong),
      max: Math.max(found.at(-1)?.[0] ?? 0, this.#longest),
      sum: String(shortSum + this.#longSum),
      zeros: this.#short[0]!,
      buckets: sortedBuckets(buckets),
    };
  }

  #growFor(length: number): void {
    const grown = new Float64Array(2 ** (32 - Math.clz32(length)));
    grown.set(this.#short);
    this.#short = grown;
  }

  #addLong(length: number, occurrences: number): void {
    const bucket = bucketIndex(length);
    this.#long.set(bucket, (this.#long.get(bucket) ?? 0) + occurrences);
    this.#longSum += BigInt(length) * BigInt(occurrences);
    this.#longest = Math.max(this.#longest, length);
    this.#shortestLong = Math.min(this.#shortestLong, length);
  }
}
