import { VarveError } from '../../errors.ts';
import { bucketIndex, sortedBuckets } from '../../profile/accumulators/buckets.ts';
import { textDigest } from '../../profile/hashing/hash.ts';
import { HASH_END, SKETCH_SIZE, sketchOf } from '../../profile/hashing/sketch.ts';
import type {
  FeatureProfile,
  FeatureType,
  LengthStats,
  Moments,
  NumericStats,
  Profile,
  ValueCounts,
} from '../../profile/model/model.ts';
import { profileOf } from '../../profile/model/tables.ts';
import { cutValues, isListedValue, listedValue } from '../../profile/model/value-counts.ts';
import { messageOf, messagesOf, numberOf, scalarOf, scalarsOf, stringOf } from './message.ts';
import type { TfdvStatistics } from './statistics-file.ts';
import { stringText, type TextMessage } from './text-proto.ts';

/** Each bar of a histogram becomes this many points. */
const POINTS_PER_BAR = 64;

/**
 * Makes a profile of the first dataset of TFDV's statistics, enough to hold it against a schema. Statistics know less
 * than a profile: numbers are spread evenly within TFDV's histograms, which values there are is known of text only, and
 * the sketch of distinct values carries their number alone, so that an overlap with another dataset means nothing.
 * @param where the file, for messages
 * @throws VarveError `tfdv-invalid` if there is no dataset
 */
export function profileFromStatistics(statistics: TfdvStatistics, where = 'The statistics'): Profile {
  const [dataset] = messagesOf(statistics, 'datasets');
  if (dataset === undefined)
    throw new VarveError('tfdv-invalid', `${where}: no dataset is in these statistics`, {
      remedy: 'Generate them again, with TensorFlow Data Validation.',
      path: where,
    });
  const rows = numberOf(dataset, 'num_examples') ?? 0;
  const features = messagesOf(dataset, 'features').flatMap((feature) => featureFrom(feature, rows));
  return profileOf([{ name: '', rows, features }]);
}

function featureFrom(feature: TextMessage, rows: number): FeatureProfile[] {
  const [numeric, strings, bytes] = ['num_stats', 'string_stats', 'bytes_stats'].map((name) =>
    messageOf(feature, name),
  );
  const stats = numeric ?? strings ?? bytes;
  if (stats === undefined) return [];
  const common = messageOf(stats, 'common_stats');
  const present = numberOf(common, 'num_non_missing') ?? 0;
  const [fewest, most] = [numberOf(common, 'min_num_values') ?? 0, numberOf(common, 'max_num_values') ?? 0];
  const levels = Math.max(present > 0 && (fewest !== 1 || most !== 1) ? 1 : 0, nesting(common));
  const count = numberOf(common, 'tot_num_values') ?? present;
  const steps = scalarsOf(messageOf(feature, 'path'), 'step').map(stringText);
  const name = stringOf(feature, 'name');
  const type = typeOf(feature, numeric, strings);
  const unique = numberOf(stats, 'unique') ?? 0;
  return [
    {
      path: [...(steps.length > 0 ? steps : [name ?? '']), ...new Array<string>(levels).fill('[]')],
      type,
      engineType: scalarOf(feature, 'type') ?? 'INT',
      present,
      nulls: Math.max(0, rows - present),
      count,
      nullElements: 0,
      ...(levels > 0 && { valency: spread(fewest, most, present, count) }),
      ...(numeric && { numeric: numbersFrom(numeric, count, type) }),
      ...((strings ?? bytes) && { lengths: lengthsFrom(strings, bytes, count) }),
      values: valuesFrom(strings, unique, count),
      distinct: sketchOfCount(unique),
    },
  ];
}

/** Lists within lists have a line of counts for each level. */
function nesting(common: TextMessage | undefined): number {
  const levels = messagesOf(common, 'presence_and_valency_stats').length;
  return levels > 1 ? levels : 0;
}

function typeOf(
  feature: TextMessage,
  numeric: TextMessage | undefined,
  strings: TextMessage | undefined,
): FeatureType {
  const type = scalarOf(feature, 'type') ?? 'INT';
  if (numeric !== undefined) return type === 'FLOAT' ? 'float' : 'integer';
  return strings === undefined ? 'bytes' : 'string';
}

function spread(min: number, max: number, count: number, sum: number): LengthStats {
  const middle = count === 0 ? 0 : sum / count;
  return {
    count,
    min,
    max,
    sum: String(Math.round(sum)),
    zeros: 0,
    buckets: count > 0 && middle > 0 ? [[bucketIndex(middle), count]] : [],
  };
}

function lengthsFrom(
  strings: TextMessage | undefined,
  bytes: TextMessage | undefined,
  count: number,
): LengthStats {
  const average = numberOf(strings, 'avg_length') ?? numberOf(bytes, 'avg_num_bytes') ?? 0;
  const listed = messagesOf(messageOf(strings, 'rank_histogram'), 'buckets').map(
    (bucket) => [...(stringOf(bucket, 'label') ?? '')].length,
  );
  const min =
    numberOf(bytes, 'min_num_bytes') ?? listed.reduce((least, each) => Math.min(least, each), average);
  const max =
    numberOf(bytes, 'max_num_bytes') ?? listed.reduce((most, each) => Math.max(most, each), average);
  return spread(min, max, count, average * count);
}

function valuesFrom(strings: TextMessage | undefined, unique: number, count: number): ValueCounts {
  const buckets = messagesOf(messageOf(strings, 'rank_histogram'), 'buckets');
  const values = buckets.map(
    (bucket) => [listed(stringOf(bucket, 'label') ?? ''), numberOf(bucket, 'sample_count') ?? 0] as const,
  );
  const total = values.reduce((sum, [, each]) => sum + each, 0);
  return {
    exact: strings !== undefined && values.length >= unique,
    values,
    ...cutValues(values.map(([value]) => value)),
    bound: Math.max(0, count - total),
  };
}

/** Labels that varve wrote are as a profile lists values already; TFDV's are whole. */
function listed(label: string): string {
  return isListedValue(label) ? label : listedValue(label, () => textDigest(label));
}

/** A sketch whose estimate is `count`. */
function sketchOfCount(count: number): FeatureProfile['distinct'] {
  const kept = Math.min(count, SKETCH_SIZE);
  const theta = count <= SKETCH_SIZE ? HASH_END : Math.round((HASH_END * kept) / count);
  return sketchOf(
    Array.from({ length: kept }, (_, index) => index + 1),
    theta,
  );
}

function numbersFrom(stats: TextMessage, count: number, type: FeatureType): NumericStats {
  const histograms = messagesOf(stats, 'histograms');
  const standard =
    histograms.find((each) => (scalarOf(each, 'type') ?? 'STANDARD') === 'STANDARD') ?? histograms[0];
  const nan = histograms.reduce((most, each) => Math.max(most, numberOf(each, 'num_nan') ?? 0), 0);
  const bars = messagesOf(standard, 'buckets').map(barFrom);
  const finite = bars.filter(({ low, high }) => Number.isFinite(low) && Number.isFinite(high));
  const [min, max] = [numberOf(stats, 'min') ?? 0, numberOf(stats, 'max') ?? 0];
  const ends = [
    Number.isFinite(min) ? min : finite.reduce((least, { low }) => Math.min(least, low), Infinity),
    Number.isFinite(max) ? max : finite.reduce((most, { high }) => Math.max(most, high), -Infinity),
  ] as const;
  const infinite = (end: number) =>
    min === end || max === end
      ? Math.max(
          1,
          Math.round(
            bars
              .filter(({ low, high }) => low === end || high === end)
              .reduce((sum, each) => sum + each.count, 0),
          ),
        )
      : 0;
  return {
    min: canonical(ends[0], type),
    max: canonical(ends[1], type),
    zeros: numberOf(stats, 'num_zeros') ?? 0,
    nan,
    positiveInfinity: infinite(Infinity),
    negativeInfinity: infinite(-Infinity),
    moments: momentsFrom(numberOf(stats, 'mean') ?? 0, numberOf(stats, 'std_dev') ?? 0, count - nan),
    ...bucketsFrom(finite),
  };
}

interface Bar {
  readonly low: number;
  readonly high: number;
  readonly count: number;
}

function barFrom(bucket: TextMessage): Bar {
  return {
    low: numberOf(bucket, 'low_value') ?? 0,
    high: numberOf(bucket, 'high_value') ?? 0,
    count: numberOf(bucket, 'sample_count') ?? 0,
  };
}

function canonical(value: number, type: FeatureType): string | null {
  if (!Number.isFinite(value)) return null;
  return type === 'integer' ? String(BigInt(Math.trunc(value))) : String(value);
}

function bucketsFrom(bars: readonly Bar[]): Pick<NumericStats, 'negative' | 'positive'> {
  const [negative, positive] = [new Map<number, number>(), new Map<number, number>()];
  for (const { low, high, count } of bars) {
    const points = low === high ? 1 : POINTS_PER_BAR;
    for (let point = 0; point < points; point++) {
      const value = low + ((point + 0.5) / points) * (high - low);
      const share = Math.round((count * (point + 1)) / points) - Math.round((count * point) / points);
      const side = value < 0 ? negative : positive;
      if (value !== 0 && share > 0)
        side.set(bucketIndex(Math.abs(value)), (side.get(bucketIndex(Math.abs(value))) ?? 0) + share);
    }
  }
  return { negative: sortedBuckets(negative), positive: sortedBuckets(positive) };
}

/** Sums that give the same mean and deviation to 20 binary places. */
function momentsFrom(mean: number, deviation: number, count: number): Moments {
  const places = 2 ** 20;
  const [sum, squares] = [
    mean * count * places,
    (mean * mean + deviation * deviation) * count * places * places,
  ];
  if (!Number.isFinite(sum) || !Number.isFinite(squares) || count === 0) return { scale: 0, parts: [] };
  return {
    scale: 0,
    parts: [
      {
        exponent: -20,
        sum: String(BigInt(Math.round(sum))),
        sumOfSquares: String(BigInt(Math.round(squares))),
      },
    ],
  };
}
