import { bucketIndex, sortedBuckets } from '../../src/profile/accumulators/buckets.ts';
import { HASH_END, sketchOf } from '../../src/profile/hashing/sketch.ts';
import type {
  FeatureProfile,
  FeatureType,
  LengthStats,
  Profile,
  TableProfile,
} from '../../src/profile/model/model.ts';

/** Profiles of small tables given in the test, counted without an engine, so that rules are tested by themselves. */

export type Cell = string | number | bigint | boolean | null | readonly (string | number | null)[];

export function profileOf(
  columns: Readonly<Record<string, readonly Cell[]>>,
  types: Readonly<Record<string, FeatureType>> = {},
): Profile {
  return { varveProfile: 1, tables: [tableOf('', columns, types)] };
}

export function tableOf(
  name: string,
  columns: Readonly<Record<string, readonly Cell[]>>,
  types: Readonly<Record<string, FeatureType>> = {},
): TableProfile {
  const rows = Object.values(columns)[0]?.length ?? 0;
  return {
    name,
    rows,
    features: Object.entries(columns).map(([column, cells]) => featureOf(column, cells, types[column])),
  };
}

function featureOf(column: string, cells: readonly Cell[], given?: FeatureType): FeatureProfile {
  const lists = cells.some((cell) => Array.isArray(cell));
  const there = cells.filter((cell) => cell !== null);
  const elements = (lists ? there.flat() : there) as (string | number | bigint | boolean | null)[];
  const values = elements.filter((value) => value !== null);
  const type = given ?? typeOf(values);
  const counts = new Map<string, number>();
  for (const value of values) counts.set(String(value), (counts.get(String(value)) ?? 0) + 1);
  const texts = values.map(String);
  return {
    path: lists ? [column, '[]'] : [column],
    type,
    engineType: type.toUpperCase(),
    present: there.length,
    nulls: cells.length - there.length,
    count: elements.length,
    nullElements: elements.length - values.length,
    ...(lists && { valency: lengthsOf(there.map((cell) => (cell as readonly unknown[]).length)) }),
    ...(['integer', 'float', 'decimal'].includes(type) && { numeric: numericOf(texts) }),
    ...(['date', 'time', 'timestamp'].includes(type) && {
      time: {
        min: [...texts].sort()[0] ?? null,
        max: [...texts].sort().at(-1) ?? null,
        weekday: [],
        hour: [],
        days: [],
        dayWidth: 1,
      },
    }),
    ...(['string', 'bytes'].includes(type) && {
      lengths: lengthsOf(texts.map((value) => [...value].length)),
    }),
    values: {
      exact: true,
      bound: 0,
      values: [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)),
    },
    distinct: sketchOf(
      Array.from({ length: counts.size }, (_, index) => index + 1),
      HASH_END,
    ),
  };
}

function typeOf(values: readonly unknown[]): FeatureType {
  if (values.length === 0) return 'unknown';
  if (values.every((value) => typeof value === 'boolean')) return 'boolean';
  if (values.every((value) => typeof value === 'bigint' || Number.isInteger(value))) return 'integer';
  return values.every((value) => typeof value === 'number') ? 'float' : 'string';
}

function lengthsOf(lengths: readonly number[]): LengthStats {
  const buckets = new Map<number, number>();
  for (const length of lengths.filter((each) => each > 0))
    buckets.set(bucketIndex(length), (buckets.get(bucketIndex(length)) ?? 0) + 1);
  return {
    count: lengths.length,
    min: lengths.length === 0 ? 0 : Math.min(...lengths),
    max: Math.max(0, ...lengths),
    sum: String(lengths.reduce((sum, each) => sum + each, 0)),
    zeros: lengths.filter((each) => each === 0).length,
    buckets: sortedBuckets(buckets),
  };
}

function numericOf(texts: readonly string[]): NonNullable<FeatureProfile['numeric']> {
  const finite = texts.filter((text) => Number.isFinite(Number(text)));
  const ordered = [...finite].sort((a, b) => Number(a) - Number(b));
  const side = (sign: number) => {
    const counts = new Map<number, number>();
    for (const text of finite)
      if (Number(text) * sign > 0)
        counts.set(
          bucketIndex(Math.abs(Number(text))),
          (counts.get(bucketIndex(Math.abs(Number(text)))) ?? 0) + 1,
        );
    return sortedBuckets(counts);
  };
  return {
    min: ordered[0] ?? null,
    max: ordered.at(-1) ?? null,
    zeros: finite.filter((text) => Number(text) === 0).length,
    nan: texts.filter((text) => text === 'NaN').length,
    positiveInfinity: texts.filter((text) => text === 'Infinity').length,
    negativeInfinity: texts.filter((text) => text === '-Infinity').length,
    moments: { scale: 0, parts: [] },
    negative: side(-1),
    positive: side(1),
  };
}
