import { createHash } from 'node:crypto';
import { bucketIndex } from '../../src/profile/buckets.ts';
import type {
  Bucket,
  FeatureProfile,
  LengthStats,
  NumericStats,
  Profile,
  TimeStats,
} from '../../src/profile/model.ts';
import { MomentSums } from '../../src/profile/moments.ts';
import { hashEnd, sketchOf } from '../../src/profile/sketch.ts';
import { coarsen } from '../../src/profile/times.ts';
import { valueCounts } from '../../src/profile/values.ts';

/**
 * A column as its distinct values and a code a row, so that a sample of any size is a count by code. Profiles built from it
 * follow the format as those of the product do (but for the hash), without a scan a sample.
 */
export interface Column {
  readonly name: string;
  readonly type: 'integer' | 'float' | 'string' | 'timestamp';
  readonly values: readonly string[];
  /** By value, the 48-bit hash. */
  readonly hashes: readonly number[];
  /** By row, the index of its value, or −1 for null. */
  readonly codes: Int32Array;
}

export function columnOf(name: string, type: Column['type'], cells: readonly (string | null)[]): Column {
  const index = new Map<string, number>();
  const codes = Int32Array.from(cells, (cell) => {
    if (cell === null) return -1;
    const known = index.get(cell);
    if (known !== undefined) return known;
    index.set(cell, index.size);
    return index.size - 1;
  });
  const values = [...index.keys()];
  return { name, type, values, hashes: values.map(hashOf), codes };
}

function hashOf(value: string): number {
  return createHash('md5').update(value).digest().readUIntBE(0, 6);
}

/** How often each value occurs; the last place counts nulls. */
export function countsOf(column: Column, rows: Iterable<number>): Float64Array {
  const counts = new Float64Array(column.values.length + 1);
  for (const row of rows) {
    const code = column.codes[row]!;
    counts[code < 0 ? column.values.length : code]!++;
  }
  return counts;
}

export function profileOf(features: readonly FeatureProfile[], rows: number): Profile {
  return { varveProfile: 1, tables: [{ name: '', rows, features }] };
}

export function featureOf(column: Column, counts: Float64Array): FeatureProfile {
  const seen = column.values.map((_, i) => i).filter((i) => counts[i]! > 0);
  const present = seen.reduce((total, i) => total + counts[i]!, 0);
  const pairs = seen.map((i) => [column.values[i]!, counts[i]!] as const);
  return {
    path: [column.name],
    type: column.type,
    engineType: column.type,
    present,
    nulls: counts[column.values.length]!,
    count: present,
    nullElements: 0,
    ...(column.type === 'integer' || column.type === 'float' ? { numeric: numericOf(pairs) } : {}),
    ...(column.type === 'timestamp' ? { time: timeOf(pairs) } : {}),
    ...(column.type === 'string' ? { lengths: lengthsOf(pairs) } : {}),
    values: valueCounts(pairs, { all: true, error: 0, unlisted: 0 }),
    distinct: sketchOf(
      seen.map((i) => column.hashes[i]!).sort((a, b) => a - b),
      hashEnd,
    ),
  };
}

type Pairs = readonly (readonly [value: string, count: number])[];

/** Decimals as floats: their units are 10^-6. */
function numericOf(pairs: Pairs): NumericStats {
  const positive = new Map<number, number>();
  const negative = new Map<number, number>();
  const scale = pairs.every(([text]) => Number.isInteger(Number(text))) ? 0 : 6;
  let sum = 0n;
  let squares = 0n;
  let zeros = 0;
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const [text, count] of pairs) {
    const value = Number(text);
    min = Math.min(min, value);
    max = Math.max(max, value);
    const units = BigInt(Math.round(value * 10 ** scale));
    sum += units * BigInt(count);
    squares += units * units * BigInt(count);
    if (value === 0) zeros += count;
    else {
      const side = value > 0 ? positive : negative;
      const index = bucketIndex(Math.abs(value));
      side.set(index, (side.get(index) ?? 0) + count);
    }
  }
  const moments = new MomentSums(scale);
  moments.add(0, sum, squares);
  return {
    min: pairs.length > 0 ? String(min) : null,
    max: pairs.length > 0 ? String(max) : null,
    zeros,
    nan: 0,
    positiveInfinity: 0,
    negativeInfinity: 0,
    moments: moments.moments(),
    negative: ascending(negative),
    positive: ascending(positive),
  };
}

function ascending(counts: ReadonlyMap<number, number>): Bucket[] {
  return [...counts].sort((a, b) => a[0] - b[0]);
}

function lengthsOf(pairs: Pairs): LengthStats {
  const buckets = new Map<number, number>();
  const lengths = pairs.map(([text, count]) => [[...text].length, count] as const);
  for (const [length, count] of lengths) {
    if (length > 0) buckets.set(bucketIndex(length), (buckets.get(bucketIndex(length)) ?? 0) + count);
  }
  return {
    count: lengths.reduce((total, [, count]) => total + count, 0),
    min: Math.min(...lengths.map(([length]) => length)),
    max: Math.max(...lengths.map(([length]) => length)),
    sum: String(lengths.reduce((total, [length, count]) => total + length * count, 0)),
    zeros: lengths.reduce((total, [length, count]) => total + (length === 0 ? count : 0), 0),
    buckets: ascending(buckets),
  };
}

function timeOf(pairs: Pairs): TimeStats {
  const weekday = new Array<number>(7).fill(0);
  const hour = new Array<number>(24).fill(0);
  const days = new Map<number, number>();
  for (const [text, count] of pairs) {
    const date = new Date(text);
    const day = Math.floor(date.getTime() / 86_400_000);
    weekday[(date.getUTCDay() + 6) % 7]! += count;
    hour[date.getUTCHours()]! += count;
    days.set(day, (days.get(day) ?? 0) + count);
  }
  const ordered = pairs.map(([text]) => text).sort();
  return {
    min: ordered[0] ?? null,
    max: ordered.at(-1) ?? null,
    weekday,
    hour,
    ...coarsen(ascending(days), 1),
  };
}
