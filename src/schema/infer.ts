import { featureName } from '../profile/model/feature-name.ts';
import type { FeatureProfile, Profile, TableProfile } from '../profile/model/model.ts';
import { VALUE_TYPES } from '../profile/model/value-types.ts';
import { counted } from '../wording/numbers.ts';
import { classes, textDomain } from './inference/domains.ts';
import {
  type Evidence,
  evidenceOf,
  type Inferred,
  inferred,
  NOTHING,
  together,
} from './inference/evidence.ts';
import { medianBand } from './inference/medians.ts';
import { numbers, uniqueIntegers } from './inference/numbers.ts';
import { presence } from './inference/presence.ts';
import { textLengths, uniqueCodes } from './inference/texts.ts';
import { timeRange, uniqueTimes } from './inference/times.ts';
import { type FeatureSchema, NO_DRIFT_SETTINGS, type Schema, type TableSchema } from './model.ts';

export interface InferOptions {
  /** Text with at most this many different values gets them as its domain; default 100, as TFDV's. */
  readonly maxDomainSize?: number;
  /** Allow only what the profiles have: no value, number or null beyond them. Default false. */
  readonly strict?: boolean;
  /** Write above each feature why it has its constraints, as comments. Default false. */
  readonly explain?: boolean;
}

const DEFAULT_MAX_DOMAIN_SIZE = 100;

/**
 * A schema that every one of the profiles satisfies, and that other samples of the same population satisfy too: types,
 * presence, domains of what repeats, ranges as far as the tails let expect, keys. Deterministic.
 */
export function inferSchema(profiles: readonly Profile[], options: InferOptions = {}): Schema {
  const names = [...new Set(profiles.flatMap((profile) => profile.tables.map((table) => table.name)))];
  const tables = names.map((name) =>
    inferTable(
      name,
      profiles
        .map((profile) => profile.tables.find((table) => table.name === name))
        .filter((table) => table !== undefined),
      options,
    ),
  );
  return shareDomains({ varveSchema: 1, environments: [], domains: {}, tables, drift: NO_DRIFT_SETTINGS });
}

function inferTable(name: string, tables: readonly TableProfile[], options: InferOptions): TableSchema {
  const features = new Map<string, FeatureProfile[]>();
  for (const table of tables)
    for (const profile of table.features) {
      const feature = featureName(profile.path);
      features.set(feature, [...(features.get(feature) ?? []), profile]);
    }
  const isIncomplete = tables.some((table) =>
    table.features.some(({ type, nulls }) => type === 'float' && nulls > 0),
  );
  const all = [...features].map(([feature, profiles]) =>
    inferFeature(feature, profiles, { tables: tables.length, isIncomplete }, options),
  );
  return { name, keys: [], expect: [], features: all };
}

function inferFeature(
  name: string,
  profiles: readonly FeatureProfile[],
  { tables, isIncomplete }: { readonly tables: number; readonly isIncomplete: boolean },
  options: InferOptions,
): FeatureSchema {
  const known = profiles.filter((profile) => profile.type !== 'unknown');
  const types = [...new Set(known.map((profile) => profile.type))]
    .filter((type) => type !== 'unknown')
    .sort();
  const base = {
    name,
    types: types.length === 0 ? VALUE_TYPES : types,
    in: [],
    notIn: [],
    expect: [],
  };
  if (known.length === 0) return base;
  const everywhere = profiles.length === tables && known.length === tables;
  const { strict = false, explain = false } = options;
  const { facts, reasons } = together(
    everywhere ? presence(known, strict, isIncomplete) : NOTHING,
    inferred(listLength(known)),
    valueFacts(evidenceOf(known), options),
  );
  const comment = explain &&
    reasons.length > 0 && { comment: reasons.map((reason) => ` ${reason}`).join('\n') };
  return { ...base, ...facts, ...comment };
}

/** What holds of the values: a closed list of them if there is one, else the bounds of their kind. */
function valueFacts(evidence: Evidence, options: InferOptions): Inferred {
  const { strict = false, maxDomainSize = DEFAULT_MAX_DOMAIN_SIZE } = options;
  const isUnique = uniqueIntegers(evidence) || uniqueCodes(evidence) || uniqueTimes(evidence);
  const unique = isUnique
    ? inferred({ unique: true }, `unique: no value twice among ${counted(evidence.count, 'value')}`)
    : NOTHING;
  const domain = together(classes(evidence), textDomain(evidence, { maxSize: maxDomainSize, strict }));
  if (domain.facts.domain !== undefined || domain.facts.boolean !== undefined)
    return together(unique, domain);
  return together(
    unique,
    domain,
    numbers(evidence, strict),
    medianBand(evidence, strict),
    textLengths(evidence, strict),
    timeRange(evidence, strict),
  );
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
