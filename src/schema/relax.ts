import type { Profile, TableProfile } from '../profile/model/model.ts';
import { FILES_TABLE } from '../profile/model/tables.ts';
import { featuresByName } from './features-by-name.ts';
import { inferSchema } from './infer.ts';
import type { Bounds, FeatureSchema, Schema, TableSchema } from './model.ts';
import { relaxFeature } from './rules/all.ts';

/**
 * The schema with the fewest constraints loosened, and none tightened, that the profile satisfies: ends of ranges move
 * to the data, domains gain the new values, features that are new are inferred, those that went become optional.
 * Comparators and checks of rows are people's decisions and stay.
 */
export function relaxSchema(schema: Schema, profile: Profile): Schema {
  const inferred = inferSchema([profile]);
  let domains = schema.domains;
  const tables = schema.tables.map((table) => {
    const data = profile.tables.find((each) => each.name === table.name);
    const relaxed =
      data === undefined
        ? { ...table, features: table.features.map(optional) }
        : relaxTable(schema, table, data, inferred);
    const shared = keepNamedDomains(table, relaxed, domains);
    domains = shared.domains;
    return shared.table;
  });
  const known = new Set([FILES_TABLE, ...schema.tables.map((table) => table.name)]);
  const added = inferred.tables
    .filter((table) => !known.has(table.name))
    .map((table) => withOwnDomains(table, inferred));
  return { ...schema, domains, tables: [...tables, ...added] };
}

function relaxTable(schema: Schema, table: TableSchema, data: TableProfile, inferred: Schema): TableSchema {
  const byName = featuresByName(data, table);
  const features = table.features.map((feature) => {
    const profile = byName.get(feature.name);
    if (feature.deprecated === true || data.rows === 0) return feature;
    return profile === undefined || profile.present === 0
      ? optional(feature)
      : relaxFeature({ schema, table: data, feature, profile });
  });
  const known = new Set(
    [...byName.keys()].filter((name) => table.features.some((each) => each.name === name)),
  );
  const fresh = inferred.tables.find((each) => each.name === table.name);
  const added =
    fresh === undefined
      ? []
      : withOwnDomains(fresh, inferred).features.filter(
          (each) => byName.has(each.name) && !known.has(each.name),
        );
  return { ...table, ...relaxedRows(table.rows, data.rows), features: [...features, ...added] };
}

function optional(feature: FeatureSchema): FeatureSchema {
  const { presence: _, ...rest } = feature;
  return feature.presence === undefined || feature.deprecated === true ? feature : rest;
}

function relaxedRows(limits: Bounds | undefined, rows: number): { rows?: Bounds } {
  if (limits === undefined) return {};
  return {
    rows: {
      ...(limits.min !== undefined && { min: Math.min(limits.min, rows) }),
      ...(limits.max !== undefined && { max: Math.max(limits.max, rows) }),
    },
  };
}

function withOwnDomains(table: TableSchema, schema: Schema): TableSchema {
  const own = (feature: FeatureSchema) =>
    typeof feature.domain === 'string'
      ? { ...feature, domain: schema.domains[feature.domain] ?? [] }
      : feature;
  return { ...table, features: table.features.map(own) };
}

/** A feature that used a named domain still does; the domain gains what the feature met. */
function keepNamedDomains(
  before: TableSchema,
  after: TableSchema,
  domains: Schema['domains'],
): { table: TableSchema; domains: Schema['domains'] } {
  const names = new Map(
    before.features.flatMap(({ name, domain }) =>
      typeof domain === 'string' ? [[name, domain] as const] : [],
    ),
  );
  const grown: Record<string, readonly string[]> = { ...domains };
  const features = after.features.map((feature) => {
    const name = names.get(feature.name);
    if (name === undefined || !Array.isArray(feature.domain)) return feature;
    const had = new Set(grown[name]);
    grown[name] = [...(grown[name] ?? []), ...feature.domain.filter((value) => !had.has(value))];
    return { ...feature, domain: name };
  });
  return { table: { ...after, features }, domains: grown };
}
