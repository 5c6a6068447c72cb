import { type FileProfile, isDelimitedText, recordsOf } from '../dataset/file-profile.ts';
import { hiveOf } from '../dataset/hive.ts';
import { sketchFollows } from '../format/listed-hashes.ts';
import { EMPTY_SKETCH } from '../hashing/sketch.ts';
import { mergeTables } from '../model/merge.ts';
import { mergeSketches } from '../model/merge-sketches.ts';
import type {
  FeatureProfile,
  LengthStats,
  Moments,
  NumericStats,
  TableProfile,
  TimeStats,
} from '../model/model.ts';
import { profileOf } from '../model/tables.ts';
import type { PartUnit } from './part.ts';

/** Units that are gathered at once: the more, the less often their sketches are put together; the fewer, the less memory. */
const GATHERED_AT_ONCE = 64;

/**
 * Gathers in one unit what others count that may be added up in any order: buckets, sums, lengths, days, sketches. The others keep what the
 * merge of the whole has to see of each unit: its rows and columns, and its lists of values, of which what was cut away depends on the order.
 * So the merge is to the byte what it was, and what is to be merged is smaller. Only units of one shape are gathered, since these are of one
 * table, and read in one way, whatever the other units are.
 * @param units in any order; they come out in another
 */
export async function* gatherCounters(
  units: AsyncIterable<PartUnit> | Iterable<PartUnit>,
): AsyncGenerator<PartUnit> {
  const waiting = new Map<string, PartUnit[]>();
  for await (const unit of units) {
    if (unit.profile === undefined) {
      yield unit;
      continue;
    }
    const shape = shapeOf(unit);
    const alike = waiting.get(shape) ?? [];
    waiting.set(shape, alike);
    alike.push(unit);
    if (alike.length < GATHERED_AT_ONCE) continue;
    const [first, ...others] = gathered(alike);
    waiting.set(shape, [first!]);
    yield* others;
  }
  for (const alike of waiting.values()) yield* gathered(alike);
}

/** What decides of which table a unit is, and how its columns are read: units for which it is equal share both. */
function shapeOf({ path, size, digest, profile }: PartUnit): string {
  const file: FileProfile['file'] = { path, size, digest, absolutePath: '' };
  const { folder, partitions } = hiveOf(path);
  const { features } = profile!.tables[0]!;
  return JSON.stringify([
    folder,
    partitions.map(([name]) => name),
    recordsOf(file),
    isDelimitedText(file),
    features.map((feature) => [
      feature.path,
      feature.type,
      feature.engineType,
      feature.position ?? null,
      feature.dateFormats ?? null,
    ]),
  ]);
}

/** The first has the counters of all. */
function gathered(units: readonly PartUnit[]): readonly PartUnit[] {
  if (units.length === 1) return units;
  const tables = units.map(({ profile }) => profile!.tables[0]!);
  const whole = mergeTables(tables);
  const byPath = new Map(whole.features.map((feature) => [JSON.stringify(feature.path), feature]));
  return units.map((unit, at) =>
    withFeatures(unit, (feature, column) => {
      if (at > 0) return withoutCounters(feature);
      const sketches = tables.map(({ features }) => features[column]!).filter((one) => !sketchFollows(one));
      return withCounters(feature, byPath.get(JSON.stringify(feature.path))!, sketches);
    }),
  );
}

function withFeatures(
  unit: PartUnit,
  change: (feature: FeatureProfile, column: number) => FeatureProfile,
): PartUnit {
  const table = unit.profile!.tables[0]!;
  const changed: TableProfile = { ...table, features: table.features.map(change) };
  return { ...unit, profile: profileOf([changed]) };
}

function withCounters(
  own: FeatureProfile,
  { valency, positions, numeric, time, lengths }: FeatureProfile,
  sketches: readonly FeatureProfile[],
): FeatureProfile {
  const { positions: _, ...others } = own;
  return {
    ...others,
    ...(valency && { valency }),
    ...(positions && { positions }),
    ...(numeric && { numeric }),
    ...(time && { time }),
    ...(lengths && { lengths }),
    distinct: mergeSketches([own, ...sketches].map(({ distinct }) => distinct)),
  };
}

/** What merging leaves as the other side is. */
function withoutCounters(own: FeatureProfile): FeatureProfile {
  const { positions: _, valency, numeric, time, lengths, distinct, ...others } = own;
  return {
    ...others,
    ...(valency && { valency: noLengths(valency) }),
    ...(numeric && { numeric: noNumbers(numeric) }),
    ...(time && { time: noTimes(time) }),
    ...(lengths && { lengths: noLengths(lengths) }),
    // One that follows from the values takes no room.
    distinct: sketchFollows(own) ? distinct : EMPTY_SKETCH,
  };
}

/** The maximum tells in which version of the format the values are listed. */
function noLengths({ max }: LengthStats): LengthStats {
  return { count: 0, min: 0, max, sum: '0', zeros: 0, buckets: [] };
}

function noNumbers({ moments }: NumericStats): NumericStats {
  return {
    ...{ min: null, max: null, zeros: 0, nan: 0, positiveInfinity: 0, negativeInfinity: 0 },
    moments: noMoments(moments),
    negative: [],
    positive: [],
  };
}

function noMoments({ scale }: Moments): Moments {
  return { scale, parts: [] };
}

function noTimes({ weekday, hour }: TimeStats): TimeStats {
  return {
    ...{ min: null, max: null, weekday: weekday.map(() => 0), hour: hour.map(() => 0) },
    days: [],
    dayWidth: 1,
  };
}
