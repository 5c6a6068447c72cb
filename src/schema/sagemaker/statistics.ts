import { meanAndVariance } from '../../profile/accumulators/moments.ts';
import { distinctValues } from '../../profile/model/distinct-values.ts';
import type { FeatureProfile, NumericStats, Profile } from '../../profile/model/model.ts';
import { FILES_TABLE } from '../../profile/model/tables.ts';
import { finestCells, tenBins } from '../distances.ts';
import { ofSeveralTables } from './constraints.ts';

/** Buckets of text beyond these are not told: the service itself lists them for small cardinality alone. */
const MAX_CATEGORIES = 100;

/**
 * A profile as `statistics.json` of Model Monitor, ending in a newline: ten buckets for numbers, counts of values for all else. It has no
 * KLL sketch, which the service needs for its robust comparison alone. Columns within lists and structs are left out.
 * @throws VarveError `format-unsupported` for a profile of several tables
 */
export function profileToStatistics({ tables }: Profile): string {
  const [table, ...others] = tables.filter(({ name }) => name !== FILES_TABLE);
  if (others.length > 0) throw ofSeveralTables('profile');
  const features = (table?.features ?? [])
    .filter(({ path, type }) => path.length === 1 && type !== 'unknown' && type !== 'bytes')
    .map(statisticsOf);
  const document = { version: 0, dataset: { item_count: table?.rows ?? 0 }, features };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

function statisticsOf(feature: FeatureProfile): object {
  const { path, type, numeric, present, nulls } = feature;
  const name = path[0];
  const common = { num_present: present, num_missing: nulls };
  if (numeric === undefined)
    return { name, inferred_type: 'String', string_statistics: { common, ...texts(feature) } };
  const inferred = type === 'integer' ? 'Integral' : 'Fractional';
  return { name, inferred_type: inferred, numerical_statistics: { common, ...numbers(feature, numeric) } };
}

function texts(feature: FeatureProfile): object {
  const { values } = feature.values;
  const buckets = values.map(([value, count]) => ({ value, count }));
  const isSmall = feature.values.exact && values.length <= MAX_CATEGORIES;
  return {
    distinct_count: distinctValues(feature).count,
    ...(isSmall && { distribution: { categorical: { buckets } } }),
  };
}

/** Of the finite numbers, as JSON has no others. */
function numbers(feature: FeatureProfile, numeric: NumericStats): object {
  const { count, nullElements } = feature;
  const { nan, negativeInfinity, positiveInfinity, moments, min, max } = numeric;
  const finite = count - nullElements - nan - negativeInfinity - positiveInfinity;
  const found = meanAndVariance(moments, finite);
  if (found === null || min === null || max === null) return {};
  const buckets = tenBins(finestCells(feature) ?? []).map(({ low, high, count: held }) => ({
    lower_bound: low,
    upper_bound: high,
    count: held,
  }));
  return {
    mean: found.mean,
    sum: found.mean * finite,
    std_dev: Math.sqrt(found.variance),
    min: Number(min),
    max: Number(max),
    distribution: { kll: { buckets } },
  };
}
