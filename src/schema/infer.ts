import { featureName } from '../profile/model/feature-name.ts';
import type { FeatureProfile, Profile, TableProfile } from '../profile/model/model.ts';
import { compareDecimals } from './format/exact.ts';
import { ALL_TYPES, type FeatureSchema, NO_DRIFT_SETTINGS, type Schema, type TableSchema } from './model.ts';
import { allListed } from './rules/rule.ts';

export interface InferOptions {
  /** Text with at most this many different values gets them as its domain; default 100, as TFDV's. */
  readonly maxDomainSize?: number;
}

const DEFAULT_MAX_DOMAIN_SIZE = 100;

/** The number of values from which their sign, or that none is NaN, is taken for a rule. */
const EVIDENCE = 100;

/**
 * A schema that every one of the profiles satisfies, and that says no more than they bear out: types, presence, domains
 * of text whose values repeat, the sign of numbers, and that floats are finite. Deterministic.
 */
export function inferSchema(profiles: readonly Profile[], options: InferOptions = {}): Schema {
  const limit = options.maxDomainSize ?? DEFAULT_MAX_DOMAIN_SIZE;
  const names = [...new Set(profiles.flatMap((profile) => profile.tables.map((table) => table.name)))];
  const tables = names.map((name) =>
    inferTable(
      name,
      profiles
        .map((profile) => profile.tables.find((table) => table.name === name))
        .filter((table) => table !== undefined),
      limit,
    ),
  );
  return shareDomains({ varveSchema: 1, environments: [], domains: {}, tables, drift: NO_DRIFT_SETTINGS });
}

function inferTable(name: string, tables: readonly TableProfile[], limit: number): TableSchema {
  const features = new Map<string, FeatureProfile[]>();
  for (const table of tables)
    for (const profile of table.features) {
      const feature = featureName(profile.path);
      features.set(feature, [...(features.get(feature) ?? []), profile]);
    }
  const inferred = [...features].map(([feature, profiles]) =>
    inferFeature(feature, profiles, tables.length, limit),
  );
  return { name, keys: [], expect: [], features: inferred };
}

function inferFeature(
  name: string,
  profiles: readonly FeatureProfile[],
  tables: number,
  limit: number,
): FeatureSchema {
  const known = profiles.filter((profile) => profile.type !== 'unknown');
  const types = [...new Set(known.map((profile) => profile.type))]
    .filter((type) => type !== 'unknown')
    .sort();
  const base = {
    name,
    types: types.length === 0 ? ALL_TYPES : types,
    in: [],
    notIn: [],
    expect: [],
  };
  if (known.length === 0) return base;
  const everywhere = profiles.length === tables && known.length === tables;
  return {
    ...base,
    ...(everywhere && presence(known)),
    ...listLength(known),
    ...numbers(known),
    ...domain(known, limit),
  };
}

function presence(profiles: readonly FeatureProfile[]): Partial<FeatureSchema> {
  if (profiles.every(({ nulls }) => nulls === 0)) return { presence: { minFraction: 1, minCount: 1 } };
  return profiles.every(({ present }) => present > 0) ? { presence: { minCount: 1 } } : {};
}

/** Keeps the length of lists that all have one length; other lists have at least one value if none is empty. */
function listLength(profiles: readonly FeatureProfile[]): Partial<FeatureSchema> {
  const levels = profiles[0]?.path.filter((step) => step === '[]').length ?? 0;
  const lengths = profiles
    .map(({ valency }) => valency)
    .filter((each) => each !== undefined && each.count > 0);
  if (levels === 0 || lengths.length === 0) return {};
  const min = Math.min(...lengths.map((each) => each?.min ?? 0));
  const max = Math.max(...lengths.map((each) => each?.max ?? 0));
  if (min === 0) return {};
  return { valency: [...new Array<object>(levels - 1).fill({}), min === max ? { min, max } : { min: 1 }] };
}

function numbers(profiles: readonly FeatureProfile[]): Partial<FeatureSchema> {
  const stats = profiles.map(({ numeric }) => numeric);
  if (!stats.every((each) => each !== undefined)) return {};
  if (profiles.reduce((sum, { count }) => sum + count, 0) < EVIDENCE) return {};
  const positive = stats.every(
    ({ min, negativeInfinity }) => negativeInfinity === 0 && (min === null || compareDecimals(min, '0') >= 0),
  );
  const float = profiles.some(({ type }) => type === 'float');
  return {
    ...(positive && { range: { min: '0' } }),
    ...(float && stats.every(({ nan }) => nan === 0) && { nan: false }),
    ...(float &&
      stats.every((each) => each.positiveInfinity + each.negativeInfinity === 0) && { infinity: false }),
  };
}

/** Few values that repeat are a domain; a column of names that hardly repeat is not. */
function domain(profiles: readonly FeatureProfile[], limit: number): Partial<FeatureSchema> {
  if (!profiles.every((profile) => profile.type === 'string' && allListed(profile))) return {};
  const values = new Set(profiles.flatMap((profile) => profile.values.values.map(([value]) => value)));
  const count = profiles.reduce((sum, profile) => sum + profile.count - profile.nullElements, 0);
  return values.size > 0 && values.size <= limit && values.size * 2 <= count
    ? { domain: [...values].sort() }
    : {};
}

/** Equal domains of several features become one that they share, under the name of the first. */
function shareDomains(schema: Schema): Schema {
  const features = schema.tables.flatMap((table) => table.features);
  const users = new Map<string, string[]>();
  for (const { name, domain: values } of features)
    if (Array.isArray(values) && values.length > 1)
      users.set(JSON.stringify(values), [...(users.get(JSON.stringify(values)) ?? []), name]);
  const shared = new Map(
    [...users].filter(([, names]) => names.length > 1).map(([values, names]) => [values, names[0] as string]),
  );
  const named = (feature: FeatureSchema) => {
    const name = shared.get(JSON.stringify(feature.domain));
    return name === undefined ? feature : { ...feature, domain: name };
  };
  return {
    ...schema,
    domains: Object.fromEntries([...shared].map(([values, name]) => [name, JSON.parse(values) as string[]])),
    tables: schema.tables.map((table) => ({ ...table, features: table.features.map(named) })),
  };
}
