import { VarveError } from '../../errors.ts';
import { bucketIndex, sortedBuckets } from '../../profile/accumulators/buckets.ts';
import { hashEnd, sketchOf, sketchSize } from '../../profile/hashing/sketch.ts';
import type {
  FeatureProfile,
  FeatureType,
  LengthStats,
  Moments,
  NumericStats,
  Profile,
  ValueCounts,
} from '../../profile/model/model.ts';
import { message, messages, number, scalar, scalars, text } from './message.ts';
import type { TfdvStatistics } from './statistics-file.ts';
import { stringText, type TextMessage } from './text-proto.ts';

/** Each bar of a histogram becomes this many points. */
const pointsPerBar = 64;

/**
 * A profile of the first dataset of TFDV's statistics, enough to hold it against a schema. Statistics know less than a
 * profile: numbers are spread evenly within TFDV's histograms, which values there are is known of text only, and the
 * sketch of distinct values carries their number alone, so that an overlap with another dataset means nothing.
 * @throws VarveError `tfdv-invalid` where there is no dataset
 */
export function profileFromStatistics(statistics: TfdvStatistics): Profile {
  const [dataset] = messages(statistics, 'datasets');
  if (dataset === undefined)
    throw new VarveError('tfdv-invalid', 'The statistics hold no dataset.', {
      remedy: 'Generate them again.',
    });
  const rows = number(dataset, 'num_examples') ?? 0;
  const features = messages(dataset, 'features').flatMap((feature) => featureFrom(feature, rows));
  return { varveProfile: 1, tables: [{ name: '', rows, features }] };
}

function featureFrom(feature: TextMessage, rows: number): FeatureProfile[] {
  const [numeric, strings, bytes] = ['num_stats', 'string_stats', 'bytes_stats'].map((name) =>
    message(feature, name),
  );
  const stats = numeric ?? strings ?? bytes;
  if (stats === undefined) return [];
  const common = message(stats, 'common_stats');
  const present = number(common, 'num_non_missing') ?? 0;
  const [fewest, most] = [number(common, 'min_num_values') ?? 0, number(common, 'max_num_values') ?? 0];
  const levels = Math.max(present > 0 && (fewest !== 1 || most !== 1) ? 1 : 0, nesting(common));
  const count = number(common, 'tot_num_values') ?? present;
  const steps = scalars(message(feature, 'path'), 'step').map(stringText);
  const name = text(feature, 'name');
  const type = typeOf(feature, numeric, strings);
  const unique = number(stats, 'unique') ?? 0;
  return [
    {
      path: [...(steps.length > 0 ? steps : [name ?? '']), ...new Array<string>(levels).fill('[]')],
      type,
      engineType: scalar(feature, 'type') ?? 'INT',
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
  const levels = messages(common, 'presence_and_valency_stats').length;
  return levels > 1 ? levels : 0;
}

function typeOf(
  feature: TextMessage,
  numeric: TextMessage | undefined,
  strings: TextMessage | undefined,
): FeatureType {
  const type = scalar(feature, 'type') ?? 'INT';
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
  const average = number(strings, 'avg_length') ?? number(bytes, 'avg_num_bytes') ?? 0;
  const listed = messages(message(strings, 'rank_histogram'), 'buckets').map(
    (bucket) => [...(text(bucket, 'label') ?? '')].length,
  );
  const min =
    number(bytes, 'min_num_bytes') ?? listed.reduce((least, each) => Math.min(least, each), average);
  const max = number(bytes, 'max_num_bytes') ?? listed.reduce((most, each) => Math.max(most, each), average);
  return spread(min, max, count, average * count);
}

function valuesFrom(strings: TextMessage | undefined, unique: number, count: number): ValueCounts {
  const buckets = messages(message(strings, 'rank_histogram'), 'buckets');
  const values = buckets.map(
    (bucket) => [text(bucket, 'label') ?? '', number(bucket, 'sample_count') ?? 0] as const,
  );
  const listed = values.reduce((sum, [, each]) => sum + each, 0);
  return {
    exact: strings !== undefined && values.length >= unique,
    values,
    bound: Math.max(0, count - listed),
  };
}

/** A sketch whose estimate is `count`. */
function sketchOfCount(count: number): FeatureProfile['distinct'] {
  const kept = Math.min(count, sketchSize);
  const theta = count <= sketchSize ? hashEnd : Math.round((hashEnd * kept) / count);
  return sketchOf(
    Array.from({ length: kept }, (_, index) => index + 1),
    theta,
  );
}

function numbersFrom(stats: TextMessage, count: number, type: FeatureType): NumericStats {
  const histograms = messages(stats, 'histograms');
  const standard =
    histograms.find((each) => (scalar(each, 'type') ?? 'STANDARD') === 'STANDARD') ?? histograms[0];
  const nan = histograms.reduce((most, each) => Math.max(most, number(each, 'num_nan') ?? 0), 0);
  const bars = messages(standard, 'buckets').map(barFrom);
  const finite = bars.filter(({ low, high }) => Number.isFinite(low) && Number.isFinite(high));
  const [min, max] = [number(stats, 'min') ?? 0, number(stats, 'max') ?? 0];
  const lows = finite.map(({ low }) => low);
  const ends = [
    Number.isFinite(min) ? min : Math.min(...lows),
    Number.isFinite(max) ? max : Math.max(...finite.map(({ high }) => high)),
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
    zeros: number(stats, 'num_zeros') ?? 0,
    nan,
    positiveInfinity: infinite(Infinity),
    negativeInfinity: infinite(-Infinity),
    moments: momentsFrom(number(stats, 'mean') ?? 0, number(stats, 'std_dev') ?? 0, count - nan),
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
    low: number(bucket, 'low_value') ?? 0,
    high: number(bucket, 'high_value') ?? 0,
    count: number(bucket, 'sample_count') ?? 0,
  };
}

function canonical(value: number, type: FeatureType): string | null {
  if (!Number.isFinite(value)) return null;
  return type === 'integer' ? String(BigInt(Math.trunc(value))) : String(value);
}

function bucketsFrom(bars: readonly Bar[]): Pick<NumericStats, 'negative' | 'positive'> {
  const [negative, positive] = [new Map<number, number>(), new Map<number, number>()];
  for (const { low, high, count } of bars) {
    const points = low === high ? 1 : pointsPerBar;
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
