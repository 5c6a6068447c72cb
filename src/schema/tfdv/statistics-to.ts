import { meanAndVariance } from '../../profile/accumulators/moments.ts';
import { distinctValues } from '../../profile/model/distinct-values.ts';
import type { FeatureProfile, LengthStats, Profile, TableProfile } from '../../profile/model/model.ts';
import { type Bin, finestCells, tenBins } from '../distances.ts';
import { buildMessage, messageField, scalarField, stringField } from './message.ts';
import type { TfdvStatistics } from './statistics-file.ts';
import type { TextField, TextMessage } from './text-proto.ts';

/** The number of most frequent values that TFDV lists by default. */
const TOP_VALUES = 20;
const RANKED_VALUES = 1_000;

/**
 * A profile as TFDV's statistics, a dataset for each table. Numbers become doubles, times become text; NaN, infinities
 * and histograms are as TFDV counts them. List marks go from paths, structs get statistics of their own.
 */
export function statisticsToTfdv(profile: Profile): TfdvStatistics {
  return buildMessage(profile.tables.map((table) => messageField('datasets', dataset(table))));
}

function dataset(table: TableProfile): TextMessage {
  const structs = new Map<string, readonly [path: readonly string[], rows: number]>();
  for (const { path, present } of table.features) {
    const steps = stepsOf(path);
    for (let length = 1; length < steps.length; length++) {
      const prefix = steps.slice(0, length);
      const [, rows] = structs.get(JSON.stringify(prefix)) ?? [prefix, 0];
      structs.set(JSON.stringify(prefix), [prefix, Math.max(rows, present)]);
    }
  }
  return buildMessage(
    table.name !== '' && stringField('name', table.name),
    scalarField('num_examples', table.rows),
    [...structs.values()].map(([path, rows]) => messageField('features', struct(path, rows, table.rows))),
    table.features
      .filter(({ type }) => type !== 'unknown')
      .map((feature) => messageField('features', featureTo(feature))),
  );
}

function stepsOf(path: readonly string[]): string[] {
  return path.filter((step) => step !== '[]');
}

function pathTo(steps: readonly string[]): TextField | undefined {
  return messageField('path', buildMessage(steps.map((step) => stringField('step', step))));
}

function struct(path: readonly string[], rows: number, all: number): TextMessage {
  const counts = buildMessage(
    scalarField('num_non_missing', rows),
    scalarField('num_missing', all - rows),
    rows > 0 && [
      scalarField('min_num_values', 1),
      scalarField('max_num_values', 1),
      scalarField('avg_num_values', 1),
      scalarField('tot_num_values', rows),
    ],
  );
  return buildMessage(
    scalarField('type', 'STRUCT'),
    messageField('struct_stats', buildMessage(messageField('common_stats', counts))),
    pathTo(path),
  );
}

function featureTo(feature: FeatureProfile): TextMessage {
  const path = pathTo(stepsOf(feature.path));
  if (feature.type === 'boolean')
    return buildMessage(scalarField('type', 'INT'), messageField('num_stats', booleans(feature)), path);
  if (feature.numeric !== undefined)
    return buildMessage(
      scalarField('type', feature.type === 'integer' ? 'INT' : 'FLOAT'),
      messageField('num_stats', numbers(feature)),
      path,
    );
  if (feature.type === 'bytes')
    return buildMessage(scalarField('type', 'BYTES'), messageField('bytes_stats', bytes(feature)), path);
  return buildMessage(scalarField('type', 'STRING'), messageField('string_stats', strings(feature)), path);
}

function common({ present, nulls, count, valency }: FeatureProfile): TextField | undefined {
  const { min = 1, max = 1 } = valency ?? {};
  const values = present > 0 && [
    scalarField('min_num_values', min),
    scalarField('max_num_values', max),
    scalarField('avg_num_values', Math.fround(count / present)),
    scalarField('tot_num_values', count),
  ];
  return messageField(
    'common_stats',
    buildMessage(scalarField('num_non_missing', present), scalarField('num_missing', nulls), values),
  );
}

function numbers(feature: FeatureProfile): TextMessage {
  const { numeric, count, nullElements } = feature;
  if (numeric === undefined) return buildMessage(common(feature));
  const { nan, negativeInfinity, positiveInfinity } = numeric;
  const finite = count - nullElements - nan - negativeInfinity - positiveInfinity;
  const moments = meanAndVariance(numeric.moments, finite);
  const cells = finestCells(feature) ?? [];
  const quantiles = Array.from({ length: 11 }, (_, index) => quantile(cells, index / 10));
  const tenths = quantiles
    .slice(1)
    .map((high, index) => ({ low: quantiles[index] as number, high, count: finite / 10 }));
  const infinite = (value: number, times: number) =>
    times === 0 ? [] : [{ low: value, high: value, count: times }];
  const standard = [
    ...infinite(-Infinity, negativeInfinity),
    ...tenBins(cells),
    ...infinite(Infinity, positiveInfinity),
  ];
  return buildMessage(
    common(feature),
    moments !== null && [
      scalarField('mean', moments.mean),
      scalarField('std_dev', Math.sqrt(moments.variance)),
    ],
    scalarField('num_zeros', numeric.zeros),
    scalarField('min', negativeInfinity > 0 ? -Infinity : endOf(numeric.min)),
    finite > 0 && scalarField('median', quantile(cells, 0.5)),
    scalarField('max', positiveInfinity > 0 ? Infinity : endOf(numeric.max)),
    histogram(standard, nan, undefined),
    finite > 0 && histogram(tenths, nan, 'QUANTILES'),
  );
}

function endOf(text: string | null): number | undefined {
  return text === null ? undefined : Number(text);
}

/** The value that `share` of the cells' mass lies below, mass spread evenly over each cell. */
function quantile(cells: readonly Bin[], share: number): number {
  const ordered = [...cells].sort((a, b) => a.low - b.low);
  const total = ordered.reduce((sum, { count }) => sum + count, 0);
  let rest = total * share;
  for (const { low, high, count } of ordered) {
    if (rest <= count) return low + (high - low) * (rest / count);
    rest -= count;
  }
  return ordered.at(-1)?.high ?? Number.NaN;
}

function histogram(bins: readonly Bin[], nan: number, type: 'QUANTILES' | undefined): TextField | undefined {
  const buckets = bins.map(({ low, high, count }) =>
    messageField(
      'buckets',
      buildMessage(
        scalarField('low_value', low),
        scalarField('high_value', high),
        scalarField('sample_count', count),
      ),
    ),
  );
  return messageField(
    'histograms',
    buildMessage(nan > 0 && scalarField('num_nan', nan), buckets, scalarField('type', type)),
  );
}

function booleans(feature: FeatureProfile): TextMessage {
  const counts = new Map(feature.values.values);
  const [zeros, ones] = [counts.get('false') ?? 0, counts.get('true') ?? 0];
  const total = zeros + ones;
  const mean = total === 0 ? 0 : ones / total;
  const bins = [
    ...(zeros > 0 ? [{ low: 0, high: 0, count: zeros }] : []),
    ...(ones > 0 ? [{ low: 1, high: 1, count: ones }] : []),
  ];
  return buildMessage(
    common(feature),
    [
      scalarField('mean', mean),
      scalarField('std_dev', Math.sqrt(mean * (1 - mean))),
      scalarField('num_zeros', zeros),
    ],
    [
      scalarField('min', zeros > 0 ? 0 : 1),
      scalarField('median', ones * 2 > total ? 1 : 0),
      scalarField('max', ones > 0 ? 1 : 0),
    ],
    histogram(zeros > 0 && ones > 0 ? tenBins(bins) : bins, 0, undefined),
  );
}

function averageLength({ count, sum }: LengthStats): number {
  return count === 0 ? 0 : Math.fround(Number(sum) / count);
}

function strings(feature: FeatureProfile): TextMessage {
  const listed = feature.values.values;
  const length = feature.lengths === undefined ? undefined : averageLength(feature.lengths);
  const ranks = listed
    .slice(0, RANKED_VALUES)
    .map(([value, count], rank) =>
      messageField(
        'buckets',
        buildMessage(
          rank > 0 && [scalarField('low_rank', rank), scalarField('high_rank', rank)],
          stringField('label', value),
          scalarField('sample_count', count),
        ),
      ),
    );
  return buildMessage(
    common(feature),
    scalarField('unique', distinctValues(feature).count),
    listed
      .slice(0, TOP_VALUES)
      .map(([value, count]) =>
        messageField(
          'top_values',
          buildMessage(stringField('value', value), scalarField('frequency', count)),
        ),
      ),
    scalarField('avg_length', length),
    messageField('rank_histogram', buildMessage(ranks)),
  );
}

function bytes(feature: FeatureProfile): TextMessage {
  const { lengths } = feature;
  const sizes = lengths && [
    scalarField('avg_num_bytes', averageLength(lengths)),
    scalarField('min_num_bytes', lengths.min),
    scalarField('max_num_bytes', lengths.max),
    scalarField('max_num_bytes_int', lengths.max),
  ];
  return buildMessage(common(feature), scalarField('unique', distinctValues(feature).count), sizes);
}
