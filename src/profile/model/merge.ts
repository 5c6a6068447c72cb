import { VarveError } from '../../errors.ts';
import { EMPTY_SKETCH } from '../hashing/sketch.ts';
import { featureName } from './feature-name.ts';
import { mergeSketches } from './merge-sketches.ts';
import { mergeLengths, mergeNumeric, mergeTimes, mergeWeighted } from './merge-stats.ts';
import type { FeatureProfile, FeatureType, Profile, TableProfile, ThetaSketch } from './model.ts';
import { profileOf } from './tables.ts';
import { mergeValueCounts } from './value-counts.ts';

/**
 * The profile of all rows of all profiles: tables meet by name, features by path; a feature that a table lacks is null in
 * its rows. Counters, sums, exact value counts and sketches are those that profiling all rows at once gives, to the bit.
 * @throws VarveError `types-differ` where a feature is, say, a number on one side and a string on the other
 */
export function mergeProfiles(profiles: readonly Profile[]): Profile {
  const tables = new Map<string, TableProfile[]>();
  for (const table of profiles.flatMap((profile) => profile.tables)) {
    const others = tables.get(table.name);
    if (others === undefined) tables.set(table.name, [table]);
    else others.push(table);
  }
  return profileOf([...tables.values()].map(mergeTables));
}

/**
 * The rows of all tables, at least one, under the first one's name. Pairwise, so that n tables cost n·log n and not n²; their sketches
 * all at once, since most hashes of many sketches are above the bound that a few of them set.
 */
export function mergeTables(tables: readonly TableProfile[]): TableProfile {
  if (tables.length === 1) return tables[0]!;
  const parts = new Map<ThetaSketch, readonly ThetaSketch[]>();
  const partsOf = (sketch: ThetaSketch) => parts.get(sketch) ?? [sketch];
  const join = (a: ThetaSketch, b: ThetaSketch): ThetaSketch => {
    const joined = { ...EMPTY_SKETCH };
    parts.set(joined, [...partsOf(a), ...partsOf(b)]);
    return joined;
  };
  const { features, ...rest } = mergeHalves(tables, join);
  return {
    ...rest,
    features: features.map((feature) => ({ ...feature, distinct: mergeSketches(partsOf(feature.distinct)) })),
  };
}

type Join = (a: ThetaSketch, b: ThetaSketch) => ThetaSketch;

function mergeHalves(tables: readonly TableProfile[], join: Join): TableProfile {
  if (tables.length === 1) return tables[0]!;
  const middle = tables.length >> 1;
  return mergeTwo(mergeHalves(tables.slice(0, middle), join), mergeHalves(tables.slice(middle), join), join);
}

function mergeTwo(a: TableProfile, b: TableProfile, join: Join): TableProfile {
  const key = (feature: FeatureProfile) => JSON.stringify(feature.path);
  const inB = new Map(b.features.map((feature) => [key(feature), feature]));
  const merged = a.features.map((feature) => {
    const other = inB.get(key(feature)) ?? absent(feature, b.rows);
    inB.delete(key(feature));
    return mergeFeatures(feature, other, join);
  });
  const onlyInB = [...inB.values()].map((feature) => mergeFeatures(absent(feature, a.rows), feature, join));
  return { ...a, rows: a.rows + b.rows, features: [...merged, ...onlyInB] };
}

function absent({ path, engineType, valency }: FeatureProfile, rows: number): FeatureProfile {
  return {
    path,
    type: 'unknown',
    engineType,
    present: 0,
    nulls: rows,
    count: 0,
    nullElements: 0,
    ...(valency && { valency: { count: 0, min: 0, max: 0, sum: '0', zeros: 0, buckets: [] } }),
    values: { exact: true, values: [], bound: 0 },
    distinct: EMPTY_SKETCH,
  };
}

function mergeFeatures(a: FeatureProfile, b: FeatureProfile, join: Join): FeatureProfile {
  const type = commonType(a, b);
  const valency = both(a.valency, b.valency, mergeLengths);
  const numeric = both(a.numeric, b.numeric, mergeNumeric);
  const time = both(a.time, b.time, mergeTimes);
  const lengths = both(a.lengths, b.lengths, mergeLengths);
  const weighted = both(a.weighted, b.weighted, mergeWeighted);
  return {
    path: a.path,
    type,
    engineType: commonEngineType(a, b, type),
    present: a.present + b.present,
    nulls: a.nulls + b.nulls,
    count: a.count + b.count,
    nullElements: a.nullElements + b.nullElements,
    ...(valency && { valency }),
    ...(numeric && { numeric }),
    ...(time && { time }),
    ...(lengths && { lengths }),
    values: mergeValueCounts(a.values, b.values),
    distinct: join(a.distinct, b.distinct),
    ...(weighted && { weighted }),
  };
}

function both<T>(a: T | undefined, b: T | undefined, merge: (a: T, b: T) => T): T | undefined {
  return a !== undefined && b !== undefined ? merge(a, b) : (a ?? b);
}

/** Numbers widen, from left to right; everything else must agree. */
const NUMBERS: readonly FeatureType[] = ['integer', 'decimal', 'float'];

function commonType(a: FeatureProfile, b: FeatureProfile): FeatureType {
  if (a.type === b.type || b.type === 'unknown') return a.type;
  if (a.type === 'unknown') return b.type;
  const [left, right] = [NUMBERS.indexOf(a.type), NUMBERS.indexOf(b.type)];
  if (left >= 0 && right >= 0) return NUMBERS[Math.max(left, right)]!;
  const name = featureName(a.path);
  throw new VarveError('types-differ', `${name} is ${a.type} in some files and ${b.type} in others`, {
    remedy: `Write ${name} in one way in all files, or keep the files in folders of their own.`,
    path: name,
  });
}

/** Of the side that has the common type; of two, the one later in the alphabet, so that the order of merging is no matter. */
function commonEngineType(a: FeatureProfile, b: FeatureProfile, type: FeatureType): string {
  if (a.type !== b.type) return a.type === type ? a.engineType : b.engineType;
  return [a.engineType, b.engineType].sort()[1]!;
}
