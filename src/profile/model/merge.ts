import { VarveError } from '../../errors.ts';
import { EMPTY_SKETCH } from '../hashing/sketch.ts';
import { featureName } from './feature-name.ts';
import { mergeSketches } from './merge-sketches.ts';
import { mergeLengths, mergeNumeric, mergeTimes, mergeWeighted } from './merge-stats.ts';
import type {
  FeatureProfile,
  FeatureType,
  Profile,
  TableProfile,
  ThetaSketch,
  ValueCounts,
} from './model.ts';
import { mergePositions } from './positions.ts';
import { profileOf } from './tables.ts';
import { SummedCounts } from './value-counts.ts';

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
 * all at once, since most hashes of many sketches are above the bound that a few of them set, and their values put in order at the end.
 */
export function mergeTables(tables: readonly TableProfile[]): TableProfile {
  if (tables.length === 1) return tables[0]!;
  const parts = new Map<ThetaSketch, readonly ThetaSketch[]>();
  const sums = new Map<ValueCounts, SummedCounts>();
  const partsOf = (sketch: ThetaSketch) => parts.get(sketch) ?? [sketch];
  const join: Join = {
    sketches(a, b) {
      const joined = { ...EMPTY_SKETCH };
      parts.set(joined, [...partsOf(a), ...partsOf(b)]);
      return joined;
    },
    values(a, b) {
      const joined = { ...NO_VALUES };
      sums.set(joined, (sums.get(a) ?? new SummedCounts(a)).add(sums.get(b) ?? b));
      sums.delete(a);
      sums.delete(b);
      return joined;
    },
  };
  const { features, ...rest } = mergeHalves(tables, join);
  return {
    ...rest,
    features: features.map((feature) => ({
      ...feature,
      values: sums.get(feature.values)?.counts() ?? feature.values,
      distinct: mergeSketches(partsOf(feature.distinct)),
    })),
  };
}

/** Puts together what is made of all tables at once, behind what stands for it meanwhile. */
interface Join {
  sketches(a: ThetaSketch, b: ThetaSketch): ThetaSketch;
  values(a: ValueCounts, b: ValueCounts): ValueCounts;
}

const NO_VALUES: ValueCounts = { exact: true, values: [], bound: 0 };

function mergeHalves(tables: readonly TableProfile[], join: Join): TableProfile {
  if (tables.length === 1) return tables[0]!;
  const middle = tables.length >> 1;
  return mergeTwo(mergeHalves(tables.slice(0, middle), join), mergeHalves(tables.slice(middle), join), join);
}

function mergeTwo(a: TableProfile, b: TableProfile, join: Join): TableProfile {
  const inB = new Map(b.features.map((feature) => [keyOf(feature), feature]));
  const merged = a.features.map((feature) => {
    const other = inB.get(keyOf(feature)) ?? absent(feature, b.rows);
    inB.delete(keyOf(feature));
    return mergeFeatures(feature, other, join);
  });
  const onlyInB = [...inB.values()].map((feature) => mergeFeatures(absent(feature, a.rows), feature, join));
  const skippedLines = (a.skippedLines ?? 0) + (b.skippedLines ?? 0);
  const apart = [a.apart, b.apart].filter((one) => one !== undefined).sort(byText)[0];
  return {
    ...a,
    rows: a.rows + b.rows,
    ...(skippedLines > 0 && { skippedLines }),
    ...(apart && { apart }),
    features: inCommonOrder(withoutHollow([...merged, ...onlyInB]), [a.features, b.features]),
  };
}

function keyOf({ path }: FeatureProfile): string {
  return JSON.stringify(path);
}

function byText(a: unknown, b: unknown): number {
  return JSON.stringify(a) < JSON.stringify(b) ? -1 : 1;
}

/** Leaves out features without a value where another lies within them: a column that is null in one file may be a list in another. */
function withoutHollow(features: readonly FeatureProfile[]): readonly FeatureProfile[] {
  if (features.every(({ path }) => path.length === 1)) return features;
  const outer = new Set(
    features.flatMap(({ path }) => path.slice(1).map((_, at) => JSON.stringify(path.slice(0, at + 1)))),
  );
  return features.filter((feature) => feature.type !== 'unknown' || !outer.has(keyOf(feature)));
}

/**
 * Orders features by the least place that they have on either side, their columns' first, and writes it beside those that end elsewhere: a
 * minimum is the same whatever is merged first.
 */
function inCommonOrder(
  features: readonly FeatureProfile[],
  sides: readonly (readonly FeatureProfile[])[],
): readonly FeatureProfile[] {
  const [a, b] = sides as [readonly FeatureProfile[], readonly FeatureProfile[]];
  const isSame =
    features.length === a.length &&
    a.length === b.length &&
    a.every((feature, at) => feature.position === b[at]!.position && keyOf(feature) === keyOf(b[at]!));
  if (isSame) return features;
  const places = new Map<string, number>();
  for (const side of sides)
    for (const [at, feature] of side.entries()) {
      const place = feature.position ?? at;
      places.set(keyOf(feature), Math.min(place, places.get(keyOf(feature)) ?? place));
    }
  const columns = new Map<string, number>();
  for (const feature of features) {
    const place = places.get(keyOf(feature))!;
    columns.set(feature.path[0]!, Math.min(place, columns.get(feature.path[0]!) ?? place));
  }
  const order = (x: FeatureProfile, y: FeatureProfile) =>
    columns.get(x.path[0]!)! - columns.get(y.path[0]!)! ||
    compareNames(x.path[0]!, y.path[0]!) ||
    places.get(keyOf(x))! - places.get(keyOf(y))! ||
    compareNames(keyOf(x), keyOf(y));
  return [...features].sort(order).map(({ position: _, ...feature }, at) => {
    const place = places.get(JSON.stringify(feature.path))!;
    return place === at ? feature : { ...feature, position: place };
  });
}

function compareNames(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
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
    values: NO_VALUES,
    distinct: EMPTY_SKETCH,
  };
}

function mergeFeatures(a: FeatureProfile, b: FeatureProfile, join: Join): FeatureProfile {
  const type = commonType(a, b);
  const valency = both(a.valency, b.valency, mergeLengths);
  const positions = mergePositions(a, b);
  const numeric = both(a.numeric, b.numeric, mergeNumeric);
  const time = both(a.time, b.time, mergeTimes);
  const lengths = both(a.lengths, b.lengths, mergeLengths);
  const weighted = both(a.weighted, b.weighted, mergeWeighted);
  const dateFormats = commonDateFormats(a, b);
  const position = a.position ?? b.position;
  return {
    path: a.path,
    type,
    engineType: commonEngineType(a, b, type),
    ...(position !== undefined && { position }),
    ...(dateFormats && { dateFormats }),
    present: a.present + b.present,
    nulls: a.nulls + b.nulls,
    count: a.count + b.count,
    nullElements: a.nullElements + b.nullElements,
    ...(valency && { valency }),
    ...(positions && { positions }),
    ...(numeric && { numeric }),
    ...(time && { time }),
    ...(lengths && { lengths }),
    values: join.values(a.values, b.values),
    distinct: join.sketches(a.distinct, b.distinct),
    ...(weighted && { weighted }),
  };
}

function both<T>(a: T | undefined, b: T | undefined, merge: (a: T, b: T) => T): T | undefined {
  return a !== undefined && b !== undefined ? merge(a, b) : (a ?? b);
}

/** Numbers widen, from left to right; everything else must agree. */
const NUMBERS: readonly FeatureType[] = ['integer', 'decimal', 'float'];

export function isNumber(type: FeatureType): boolean {
  return NUMBERS.includes(type);
}

/** The type of numbers that takes both. */
export function widerNumber(a: FeatureType, b: FeatureType): FeatureType {
  return NUMBERS[Math.max(NUMBERS.indexOf(a), NUMBERS.indexOf(b))]!;
}

function commonType(a: FeatureProfile, b: FeatureProfile): FeatureType {
  if (a.type === b.type || b.type === 'unknown') return a.type;
  if (a.type === 'unknown') return b.type;
  if (isNumber(a.type) && isNumber(b.type)) return widerNumber(a.type, b.type);
  const name = featureName(a.path);
  throw new VarveError('types-differ', `${name} is ${a.type} in some files and ${b.type} in others`, {
    remedy: `Write ${name} in one way in all files, or keep the files in folders of their own.`,
    path: name,
  });
}

/** Types of the engine, each of which takes what those before it take, more or less. */
const WIDTHS = [
  ...[
    'TINYINT',
    'UTINYINT',
    'SMALLINT',
    'USMALLINT',
    'INTEGER',
    'UINTEGER',
    'BIGINT',
    'UBIGINT',
    'HUGEINT',
    'UHUGEINT',
  ],
  ...['FLOAT', 'DOUBLE', 'TIMESTAMP_S', 'TIMESTAMP_MS', 'TIMESTAMP', 'TIMESTAMP_NS', 'TIME', 'TIME_NS'],
];

/** Of the side that has the common type; of two, the wider, or the later in the alphabet, so that the order of merging is no matter. */
function commonEngineType(a: FeatureProfile, b: FeatureProfile, type: FeatureType): string {
  if (a.type !== b.type) return a.type === type ? a.engineType : b.engineType;
  const [left, right] = [WIDTHS.indexOf(a.engineType), WIDTHS.indexOf(b.engineType)];
  if (left !== right) return left > right ? a.engineType : b.engineType;
  return [a.engineType, b.engineType].sort()[1]!;
}

/** Of dates, the formats of either side; of text, those that fit both sides, which may be none. */
function commonDateFormats(a: FeatureProfile, b: FeatureProfile): readonly string[] | undefined {
  if (a.type === 'unknown') return b.dateFormats;
  if (b.type === 'unknown') return a.dateFormats;
  const [left = [], right = []] = [a.dateFormats, b.dateFormats];
  if (a.type !== 'string')
    return a.dateFormats || b.dateFormats ? [...new Set([...left, ...right])].sort() : undefined;
  return a.dateFormats && b.dateFormats && left.filter((format) => right.includes(format));
}
