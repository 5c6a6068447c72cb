import { meanAndVariance } from '../../profile/accumulators/moments.ts';
import { distinctValues } from '../../profile/model/distinct-values.ts';
import type { FeatureProfile, NumericStats, Profile } from '../../profile/model/model.ts';
import { FILES_TABLE } from '../../profile/model/tables.ts';
import { finestCells, tenBins } from '../distances.ts';
import { textDomain } from '../inference/domains.ts';
import type { Schema } from '../model.ts';
import { type Constraints, fieldOf, ofSeveralTables, schemaFromConstraints, unread } from './constraints.ts';

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

/** Tell whether a value is statistics of Model Monitor, by what its features have. */
export function isMonitorStatistics(document: unknown): document is Constraints {
  const features = fieldOf(document, 'features');
  return (
    Array.isArray(features) &&
    features.some((one) => KINDS.some((kind) => typeof fieldOf(one, kind) === 'object'))
  );
}

const KINDS = ['numerical_statistics', 'string_statistics'] as const;

/**
 * The schema that statistics give, by the constraints that the service's own baseline job makes of them: types, the share of rows with a
 * value, numbers that are never negative, and the values of texts where all were counted and none is rare.
 * @throws VarveError `schema-source-invalid`
 */
export function schemaFromStatistics({ features }: Constraints, where: string): Schema {
  return schemaFromConstraints(
    { features: features.map((one) => constraintsOf(one, where)) },
    where,
    'statistics',
  );
}

function constraintsOf(feature: unknown, where: string): object {
  const name = fieldOf(feature, 'name');
  const [statistics] = KINDS.map((kind) => fieldOf(feature, kind)).filter((found) => found !== undefined);
  const inferred_type = fieldOf(feature, 'inferred_type');
  if (statistics === undefined) return { name, inferred_type, completeness: 0 };
  const common = fieldOf(statistics, 'common');
  const [present, missing] = ['num_present', 'num_missing'].map((key) => fieldOf(common, key));
  if (!isCount(present) || !isCount(missing))
    throw unread(
      { where, kind: 'statistics' },
      `${String(name)} does not tell how many values are present and missing`,
    );
  const min = fieldOf(statistics, 'min');
  const domains = countedTexts(statistics, present);
  return {
    name,
    inferred_type,
    completeness: present + missing === 0 ? 0 : present / (present + missing),
    num_constraints: { is_non_negative: typeof min === 'number' && min >= 0 },
    ...(domains && { string_constraints: { domains } }),
  };
}

/** The values of a text; undefined where others may be there, or may come. */
function countedTexts(statistics: unknown, present: number): readonly string[] | undefined {
  const buckets = fieldOf(fieldOf(fieldOf(statistics, 'distribution'), 'categorical'), 'buckets');
  if (!Array.isArray(buckets) || buckets.length > MAX_CATEGORIES) return undefined;
  const values = new Map<string, number>();
  for (const bucket of buckets) {
    const [value, count] = [fieldOf(bucket, 'value'), fieldOf(bucket, 'count')];
    if (typeof value !== 'string' || !isCount(count)) return undefined;
    values.set(value, count);
  }
  if ([...values.values()].reduce((sum, count) => sum + count, 0) !== present) return undefined;
  const { facts } = textDomain(
    { values, types: new Set(['string']), count: present },
    { maxSize: MAX_CATEGORIES, strict: false },
  );
  const isClosed = facts.minDomainMass === undefined && typeof facts.domain === 'object';
  return isClosed ? facts.domain : undefined;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
