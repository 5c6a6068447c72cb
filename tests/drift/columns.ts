import { createHash } from 'node:crypto';
import { bucketIndex, sortedBuckets } from '../../src/profile/accumulators/buckets.ts';
import { coarsen } from '../../src/profile/accumulators/day-counts.ts';
import { MomentSums } from '../../src/profile/accumulators/moments.ts';
import { HASH_END, sketchOf } from '../../src/profile/hashing/sketch.ts';
import { sum } from '../../src/profile/model/distances.ts';
import { mergeProfiles } from '../../src/profile/model/merge.ts';
import type {
  FeatureProfile,
  LengthStats,
  NumericStats,
  Profile,
  TimeStats,
  ValueCounts,
} from '../../src/profile/model/model.ts';
import { MAX_LISTED_VALUES } from '../../src/profile/model/value-counts.ts';

/**
 * A column as its distinct values and a code a row, so that a sample of any size is a count by code. Profiles built from it
 * follow the format as those of the product do (but for the hash), without a scan a sample: what a value adds to each
 * counter is worked out once.
 */
export interface Column {
  readonly name: string;
  readonly type: 'integer' | 'float' | 'string' | 'timestamp';
  /** Ascending by UTF-8 bytes. */
  readonly values: readonly string[];
  /** By row, the index of its value, or −1 for null. */
  readonly codes: Int32Array;
  readonly facts: Facts;
}

/** By value, what it adds to a profile. */
interface Facts {
  /** The 48-bit hash, and the codes by hash ascending. */
  readonly hashes: Float64Array;
  readonly byHash: Int32Array;
  readonly numbers: Float64Array;
  /** The bucket of a number's magnitude or of a string's length; none for 0. */
  readonly buckets: Int32Array;
  /** In code points, for strings. */
  readonly lengths: Int32Array;
  /** Since 1970-01-01, for timestamps; hours and weekdays as in TimeStats. */
  readonly days: Int32Array;
  readonly hours: Int32Array;
  readonly weekdays: Int32Array;
}

export function columnOf(name: string, type: Column['type'], cells: readonly (string | null)[]): Column {
  const known = new Set(cells);
  known.delete(null);
  return onValues(name, type, [...(known as Set<string>)], cells);
}

/** The same column with room for values that no row holds yet. */
export function withValues(column: Column, more: readonly string[]): Column {
  const cells = Array.from(column.codes, (code) => column.values[code] ?? null);
  return onValues(column.name, column.type, [...new Set([...column.values, ...more])], cells);
}

function onValues(
  name: string,
  type: Column['type'],
  known: readonly string[],
  cells: readonly (string | null)[],
): Column {
  const values = [...known].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const index = new Map(values.map((value, code) => [value, code]));
  const codes = Int32Array.from(cells, (cell) => (cell === null ? -1 : index.get(cell)!));
  return { name, type, values, codes, facts: factsOf(type, values) };
}

function factsOf(type: Column['type'], values: readonly string[]): Facts {
  const hashes = Float64Array.from(values, hashOf);
  const isNumber = type === 'integer' || type === 'float';
  const numbers = Float64Array.from(isNumber ? values.map(Number) : []);
  const lengths = Int32Array.from(type === 'string' ? values.map((text) => [...text].length) : []);
  const times = type === 'timestamp' ? values.map((text) => new Date(text)) : [];
  return {
    hashes,
    byHash: Int32Array.from(values.keys()).sort((a, b) => hashes[a]! - hashes[b]!),
    numbers,
    buckets: Int32Array.from(isNumber ? numbers.map(Math.abs) : lengths, bucketIndex),
    lengths,
    days: Int32Array.from(times, (time) => Math.floor(time.getTime() / 86_400_000)),
    hours: Int32Array.from(times, (time) => time.getUTCHours()),
    weekdays: Int32Array.from(times, (time) => (time.getUTCDay() + 6) % 7),
  };
}

function hashOf(value: string): number {
  return createHash('md5').update(value).digest().readUIntBE(0, 6);
}

/** How often each value occurs in the rows; the last place counts nulls. `change` may put another code in a code's place. */
export function countsOf(
  { codes, values }: Column,
  rows: Int32Array,
  change: ((code: number) => number) | undefined = undefined,
): Float64Array {
  const counts = new Float64Array(values.length + 1);
  for (let i = 0; i < rows.length; i++) {
    const was = codes[rows[i]!]!;
    const code = change === undefined ? was : change(was);
    counts[code < 0 ? values.length : code]!++;
  }
  return counts;
}

/** How often each value occurs in all rows; the last place counts nulls. */
export function allCounts(column: Column): Float64Array {
  return countsOf(column, Int32Array.from(column.codes.keys()));
}

export function profileOf(features: readonly FeatureProfile[], rows: number): Profile {
  return { varveProfile: 1, tables: [{ name: '', rows, features }] };
}

/** Columns of numbers as a list in each row, one position a column. */
export function listOf(features: readonly FeatureProfile[], rows: number): FeatureProfile {
  const path = ['all', '[]'];
  const elements = mergeProfiles(features.map((feature) => profileOf([{ ...feature, path }], rows)));
  const length = features.length;
  return {
    ...elements.tables[0]!.features[0]!,
    present: rows,
    nulls: 0,
    count: rows * length,
    nullElements: features.reduce((total, { nulls }) => total + nulls, 0),
    valency: {
      count: rows,
      min: length,
      max: length,
      sum: String(rows * length),
      zeros: 0,
      buckets: [[bucketIndex(length), rows]],
    },
    positions: features.map(({ present, numeric }) => ({
      count: present,
      min: present === 0 ? null : Number(numeric!.min),
      max: present === 0 ? null : Number(numeric!.max),
      moments: numeric!.moments,
    })),
  };
}

/** The codes that occur, ascending, and how often each does. */
interface Seen {
  readonly column: Column;
  readonly codes: Int32Array;
  readonly counts: Float64Array;
}

export function featureOf(column: Column, counts: Float64Array): FeatureProfile {
  const seen = seenOf(column, counts);
  const { type } = column;
  const nulls = counts[column.values.length]!;
  const present = sum(counts) - nulls;
  return {
    path: [column.name],
    type,
    engineType: type,
    present,
    nulls,
    count: present,
    nullElements: 0,
    ...(type === 'integer' || type === 'float' ? { numeric: numericOf(seen) } : {}),
    ...(type === 'timestamp' ? { time: timeOf(seen) } : {}),
    ...(type === 'string' ? { lengths: lengthsOf(seen) } : {}),
    values: valuesOf(seen),
    distinct: sketchOf(hashesOf(seen), HASH_END),
  };
}

function seenOf(column: Column, counts: Float64Array): Seen {
  const codes = new Int32Array(column.values.length);
  let seen = 0;
  for (let code = 0; code < codes.length; code++) {
    if (counts[code]! > 0) codes[seen++] = code;
  }
  return { column, codes: codes.subarray(0, seen), counts };
}

function hashesOf({ column, counts }: Seen): number[] {
  const { byHash, hashes } = column.facts;
  const seen: number[] = [];
  for (const code of byHash) {
    if (counts[code]! > 0) seen.push(hashes[code]!);
  }
  return seen;
}

/** Heaviest first, and by bytes, as codes are, among equals: one number a value holds both. */
function valuesOf({ column, codes, counts }: Seen): ValueCounts {
  const places = 2 ** 21;
  const keys = new Float64Array(codes.length);
  codes.forEach((code, i) => {
    keys[i] = code - counts[code]! * places;
  });
  keys.sort();
  const listed = Array.from(keys.subarray(0, MAX_LISTED_VALUES + 1), (key) => {
    const count = -Math.floor(key / places);
    return [column.values[key + count * places]!, count] as const;
  });
  const bound = listed[MAX_LISTED_VALUES]?.[1] ?? 0;
  return { exact: bound === 0, values: listed.filter(([, count]) => count > bound), bound };
}

/** Floats in units of 10^-6. */
function numericOf({ column, codes, counts }: Seen): NumericStats {
  const { numbers, buckets } = column.facts;
  const positive = new Map<number, number>();
  const negative = new Map<number, number>();
  const scale = codes.every((code) => Number.isInteger(numbers[code])) ? 0 : 6;
  let units = 0n;
  let squares = 0n;
  let zeros = 0;
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const code of codes) {
    const value = numbers[code]!;
    const count = counts[code]!;
    min = Math.min(min, value);
    max = Math.max(max, value);
    const unit = BigInt(Math.round(value * 10 ** scale));
    const total = unit * BigInt(count);
    units += total;
    squares += unit * total;
    if (value === 0) zeros += count;
    else addTo(value > 0 ? positive : negative, buckets[code]!, count);
  }
  const moments = new MomentSums(scale);
  moments.add(0, units, squares);
  return {
    min: codes.length > 0 ? String(min) : null,
    max: codes.length > 0 ? String(max) : null,
    zeros,
    nan: 0,
    positiveInfinity: 0,
    negativeInfinity: 0,
    moments: moments.moments(),
    negative: sortedBuckets(negative),
    positive: sortedBuckets(positive),
  };
}

function addTo(counts: Map<number, number>, place: number, count: number): void {
  counts.set(place, (counts.get(place) ?? 0) + count);
}

function lengthsOf({ column, codes, counts }: Seen): LengthStats {
  const { lengths, buckets } = column.facts;
  const inBuckets = new Map<number, number>();
  let count = 0;
  let total = 0;
  let zeros = 0;
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const code of codes) {
    const length = lengths[code]!;
    min = Math.min(min, length);
    max = Math.max(max, length);
    count += counts[code]!;
    total += length * counts[code]!;
    if (length === 0) zeros += counts[code]!;
    else addTo(inBuckets, buckets[code]!, counts[code]!);
  }
  const seen = codes.length > 0;
  return {
    count,
    min: seen ? min : 0,
    max: seen ? max : 0,
    sum: String(total),
    zeros,
    buckets: sortedBuckets(inBuckets),
  };
}

function timeOf({ column, codes, counts }: Seen): TimeStats {
  const { facts, values } = column;
  const weekday = new Array<number>(7).fill(0);
  const hour = new Array<number>(24).fill(0);
  const days = new Map<number, number>();
  for (const code of codes) {
    const count = counts[code]!;
    weekday[facts.weekdays[code]!]! += count;
    hour[facts.hours[code]!]! += count;
    addTo(days, facts.days[code]!, count);
  }
  return {
    min: values[codes[0] ?? -1] ?? null,
    max: values[codes.at(-1) ?? -1] ?? null,
    weekday,
    hour,
    ...coarsen(sortedBuckets(days), 1),
  };
}
