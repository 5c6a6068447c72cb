import { bucketIndex, sortedBuckets } from '../../src/profile/accumulators/buckets.ts';
import { MomentSums } from '../../src/profile/accumulators/moments.ts';
import { HASH_END, sketchOf } from '../../src/profile/hashing/sketch.ts';
import type { FeatureProfile, NumericStats, Profile, TimeStats } from '../../src/profile/model/model.ts';
import { byCountThenBytes } from '../../src/profile/model/value-counts.ts';

import { seeded } from './synthetic.ts';

type Column = readonly (number | string | Date | null)[];

/** Profiles a few thousand rows held in memory: what the engine would find, for tests that need no engine. */
function profileOf(columns: Readonly<Record<string, Column>>, name = ''): Profile {
  const features = Object.entries(columns).map(([column, values]) => featureOf(column, values));
  const rows = Math.max(0, ...Object.values(columns).map((column) => column.length));
  return { varveProfile: 1, tables: [{ name, rows, features }] };
}

function featureOf(name: string, column: Column): FeatureProfile {
  const values = column.filter((value) => value !== null);
  const texts = values.map((value) => (value instanceof Date ? value.toISOString() : String(value)));
  const numbers = values.filter((value) => typeof value === 'number');
  const dates = values.filter((value) => value instanceof Date);
  const whole = numbers.every(Number.isInteger);
  const type = dates.length > 0 ? 'timestamp' : numbers.length === 0 ? 'string' : whole ? 'integer' : 'float';
  const strings = type === 'string' ? texts.map((text) => [...text].length) : [];
  return {
    path: [name],
    type: values.length === 0 ? 'unknown' : type,
    engineType: { timestamp: 'TIMESTAMP', string: 'VARCHAR', integer: 'BIGINT', float: 'DOUBLE' }[type],
    present: values.length,
    nulls: column.length - values.length,
    count: values.length,
    nullElements: 0,
    ...(numbers.length > 0 ? { numeric: numericOf(numbers) } : {}),
    ...(dates.length > 0 ? { time: timeOf(dates) } : {}),
    ...(strings.length > 0 ? { lengths: lengthsOf(strings) } : {}),
    values: countsOf(texts),
    distinct: sketchOf(
      [...new Set(texts.map(hashOf))].sort((a, b) => a - b),
      HASH_END,
    ),
  };
}

/** Tests need spread, not strength: FNV-1a over two lanes. */
function hashOf(text: string): number {
  let low = 0x811c9dc5;
  for (const byte of Buffer.from(text)) low = Math.imul(low ^ byte, 0x01000193) >>> 0;
  return low * 2 ** 16 + (Math.imul(low, 0x9e3779b1) >>> 16);
}

function numericOf(numbers: readonly number[]): NumericStats {
  const sides = { negative: new Map<number, number>(), positive: new Map<number, number>() };
  const sums = new MomentSums(3);
  for (const value of numbers) {
    const unit = BigInt(Math.round(value * 1000));
    sums.add(0, unit, unit * unit);
    if (value === 0) continue;
    const side = value < 0 ? sides.negative : sides.positive;
    const index = bucketIndex(Math.abs(value));
    side.set(index, (side.get(index) ?? 0) + 1);
  }
  return {
    min: String(numbers.reduce((a, b) => Math.min(a, b))),
    max: String(numbers.reduce((a, b) => Math.max(a, b))),
    zeros: numbers.filter((value) => value === 0).length,
    nan: 0,
    positiveInfinity: 0,
    negativeInfinity: 0,
    moments: sums.moments(),
    negative: sortedBuckets(sides.negative),
    positive: sortedBuckets(sides.positive),
  };
}

function timeOf(dates: readonly Date[]): TimeStats {
  const tally = (of: (date: Date) => number, length: number): number[] => {
    const counts = new Array<number>(length).fill(0);
    for (const date of dates) counts[of(date)]!++;
    return counts;
  };
  const days = new Map<number, number>();
  for (const date of dates) {
    const day = Math.floor(date.getTime() / 864e5);
    days.set(day, (days.get(day) ?? 0) + 1);
  }
  const sorted = dates.map((date) => date.toISOString()).sort();
  return {
    min: sorted[0]!,
    max: sorted.at(-1)!,
    weekday: tally((date) => (date.getUTCDay() + 6) % 7, 7),
    hour: tally((date) => date.getUTCHours(), 24),
    days: sortedBuckets(days),
    dayWidth: 1,
  };
}

function lengthsOf(lengths: readonly number[]): FeatureProfile['lengths'] & object {
  const counts = new Map<number, number>();
  for (const length of lengths) {
    if (length > 0) counts.set(bucketIndex(length), (counts.get(bucketIndex(length)) ?? 0) + 1);
  }
  return {
    count: lengths.length,
    min: lengths.reduce((a, b) => Math.min(a, b)),
    max: lengths.reduce((a, b) => Math.max(a, b)),
    sum: String(lengths.reduce((a, b) => a + b)),
    zeros: lengths.filter((length) => length === 0).length,
    buckets: sortedBuckets(counts),
  };
}

function countsOf(texts: readonly string[]): FeatureProfile['values'] {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  const sorted = [...counts].sort(byCountThenBytes);
  if (sorted.length <= 1024) return { exact: true, values: sorted, bound: 0 };
  return { exact: false, values: sorted.slice(0, 1024), bound: sorted[1024]![1] };
}

function half(firstMonth: number, lateness: number, seed: number): Profile {
  const random = seeded(seed);
  const of = <T>(value: (row: number) => T): T[] => Array.from({ length: 2000 }, (_, row) => value(row));
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const start = Date.UTC(2013, firstMonth - 1, 1);
  return profileOf({
    month: of((row) => firstMonth + (row % 6)),
    dep_delay: of(() => (random() < 0.015 ? null : Math.round(100 * (lateness + 25 * normal())) / 100)),
    carrier: of(
      (row) =>
        ['AA', 'UA', 'AA', 'DL', 'B6', 'AA', '日本航空', 'AA', 'EV', ''][
          Math.floor(random() * (5 + (row % 6)))
        ]!,
    ),
    time_hour: of(
      (row) =>
        new Date(start + Math.floor((row / 2000) * 181) * 864e5 + Math.floor(5 + random() * 18) * 36e5),
    ),
    note: of(() => null),
  });
}

/** Two half-years of five features: the second later, less often by AA. */
export const flights = half(1, 4, 1);
export const flightsLater = half(7, 18, 2);
