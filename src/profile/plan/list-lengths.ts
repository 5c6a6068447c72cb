import type { Engine } from '../../engine/duckdb.ts';
import { bucketIndex, sortedBuckets } from '../accumulators/buckets.ts';
import type { LengthStats } from '../model/model.ts';

/** Lengths by `SELECT length AS l, occurrences AS n`; nulls are left out. */
export async function countLengths(engine: Engine, lengths: string): Promise<LengthStats> {
  const [found, counts] = (await engine.query(
    `SELECT l::DOUBLE, sum(n)::DOUBLE FROM (${lengths}) WHERE l IS NOT NULL GROUP BY l`,
  )) as [readonly number[], readonly number[]];
  const buckets = new Map<number, number>();
  let count = 0;
  let sum = 0n;
  let zeros = 0;
  let min = Number.POSITIVE_INFINITY;
  let max = 0;
  found.forEach((length, row) => {
    const occurrences = counts[row]!;
    count += occurrences;
    sum += BigInt(length) * BigInt(occurrences);
    min = Math.min(min, length);
    max = Math.max(max, length);
    if (length === 0) zeros += occurrences;
    else buckets.set(bucketIndex(length), (buckets.get(bucketIndex(length)) ?? 0) + occurrences);
  });
  return { count, min: count === 0 ? 0 : min, max, sum: String(sum), zeros, buckets: sortedBuckets(buckets) };
}
