/**
 * The files of SageMaker Model Monitor: `constraints.json` as a schema and a schema as that, and a profile as `statistics.json`. Knows the
 * forms that AWS documents ("Schema for Constraints", "Schema for Statistics"); knows no file, and asks no service.
 */

import { VarveError } from '../../errors.ts';
import { VALUE_TYPES } from '../../profile/model/value-types.ts';
import { quoted } from '../../wording/quote.ts';
import { compareDecimals } from '../format/exact.ts';
import { domainValues, type FeatureSchema, NO_DRIFT_SETTINGS, type Schema } from '../model.ts';
import { repeated } from '../repeated.ts';

type ValueType = FeatureSchema['types'][number];
type Inferred = 'Integral' | 'Fractional' | 'String' | 'Unknown';

/** The service knows numbers and text: whatever is no number is text to it. */
const TYPES: Readonly<Record<Inferred, readonly ValueType[]>> = {
  Integral: ['integer'],
  Fractional: ['float'],
  String: ['boolean', 'date', 'string', 'time', 'timestamp'],
  Unknown: VALUE_TYPES,
};

/** What the service's own baseline job writes for a monitor that is to judge. */
const MONITORING = {
  evaluate_constraints: 'Enabled',
  emit_metrics: 'Enabled',
  datatype_check_threshold: 1,
  domain_content_threshold: 1,
  distribution_constraints: {
    perform_comparison: 'Enabled',
    comparison_threshold: 0.1,
    comparison_method: 'Robust',
  },
};

/** A document of constraints: its features are checked one by one as they are read. */
export interface Constraints {
  readonly features: readonly unknown[];
}

/** Tell whether a value is constraints of Model Monitor, by a word of its own that a feature has. */
export function isConstraints(document: unknown): document is Constraints {
  const features = fieldOf(document, 'features');
  return Array.isArray(features) && features.some((one) => fieldOf(one, 'inferred_type') !== undefined);
}

export function fieldOf(value: unknown, key: string): unknown {
  const isObject = typeof value === 'object' && value !== null && Object.hasOwn(value, key);
  return isObject ? (value as Record<string, unknown>)[key] : undefined;
}

function inferredOf(feature: unknown, name: string, { where, kind }: MonitorFile): Inferred {
  const type = fieldOf(feature, 'inferred_type');
  if (typeof type === 'string' && Object.hasOwn(TYPES, type)) return type as Inferred;
  const shown = type === undefined ? 'no inferred_type' : `the inferred_type ${quoted(String(type))}`;
  throw unread(
    { where, kind },
    `${quoted(name)} has ${shown}, and the types are ${Object.keys(TYPES).join(', ')}`,
  );
}

/** Which document is read, for messages. */
export interface MonitorFile {
  readonly where: string;
  readonly kind: 'constraints' | 'statistics';
}

/**
 * The schema that constraints give: types, how many values may be missing, numbers that are never negative, and the values of texts. What
 * the monitoring settings say is for comparing with a baseline, which `varve drift` does in its own way.
 * @throws VarveError `schema-source-invalid`
 */
export function schemaFromConstraints(
  { features }: Constraints,
  where: string,
  kind: MonitorFile['kind'] = 'constraints',
): Schema {
  const read = features.map((one) => featureFrom(one, { where, kind }));
  const twin = repeated(read.map(({ name }) => name));
  if (twin !== undefined) throw unread({ where, kind }, `it has two features called ${quoted(twin)}`);
  const table = { name: '', keys: [], expect: [], features: read };
  return { varveSchema: 1, environments: [], domains: {}, tables: [table], drift: NO_DRIFT_SETTINGS };
}

function featureFrom(feature: unknown, file: MonitorFile): FeatureSchema {
  const name = fieldOf(feature, 'name');
  const completeness = fieldOf(feature, 'completeness') ?? 0;
  if (typeof name !== 'string' || name === '') throw unread(file, 'a feature has no name');
  if (typeof completeness !== 'number' || completeness < 0 || completeness > 1)
    throw unread(file, `${quoted(name)} has a completeness that is no share`);
  const type = inferredOf(feature, name, file);
  const values = fieldOf(fieldOf(feature, 'string_constraints'), 'domains');
  const isListed = type === 'String' && Array.isArray(values) && values.length > 0;
  const isPositive = fieldOf(fieldOf(feature, 'num_constraints'), 'is_non_negative') === true;
  return {
    name,
    types: isListed ? ['string'] : TYPES[type],
    ...(completeness > 0 && {
      presence: { minFraction: completeness, ...(completeness === 1 && { minCount: 1 }) },
    }),
    ...(isPositive && (type === 'Integral' || type === 'Fractional') && { range: { min: '0' } }),
    ...(isListed && { domain: [...new Set(values.map(String))] }),
    in: [],
    notIn: [],
    expect: [],
  };
}

export function unread({ where, kind }: MonitorFile, what: string): VarveError {
  return new VarveError('schema-source-invalid', `${where} cannot be read as ${kind}: ${what}`, {
    path: where,
    remedy: 'Correct the document, or write it anew by a baseline job.',
  });
}

/**
 * A schema as `constraints.json`, ending in a newline: what the service has words for. Columns within lists and structs are left out.
 * @throws VarveError `format-unsupported` for a schema of several tables
 */
export function schemaToConstraints(schema: Schema): string {
  const [table, ...others] = schema.tables;
  if (others.length > 0) throw ofSeveralTables('schema');
  const features = (table?.features ?? [])
    .filter(({ name, deprecated }) => !name.includes('.[]') && deprecated !== true)
    .map((feature) => constraintsOf(schema, feature));
  return `${JSON.stringify({ version: 0, features, monitoring_config: MONITORING }, undefined, 2)}\n`;
}

/** The service judges one table. */
export function ofSeveralTables(what: string): VarveError {
  return new VarveError(
    'format-unsupported',
    `A ${what} of several tables has no form that Model Monitor reads`,
    {
      remedy: 'Name a folder or a file that is one table.',
    },
  );
}

function constraintsOf(schema: Schema, feature: FeatureSchema): object {
  const type = inferredType(feature.types);
  const { min } = feature.range ?? {};
  const isNumber = type === 'Integral' || type === 'Fractional';
  const isPositive = isNumber && min !== undefined && compareDecimals(min, '0') >= 0;
  const domains = type === 'String' ? domainValues(schema, feature) : undefined;
  return {
    name: feature.name,
    inferred_type: type,
    completeness: feature.shape === undefined ? (feature.presence?.minFraction ?? 0) : 1,
    ...(isPositive && { num_constraints: { is_non_negative: true } }),
    ...(domains && { string_constraints: { domains } }),
  };
}

function inferredType(types: FeatureSchema['types']): Inferred {
  const isAll = (...of: readonly ValueType[]) => types.length > 0 && types.every((type) => of.includes(type));
  if (isAll('integer')) return 'Integral';
  if (isAll('integer', 'float', 'decimal')) return 'Fractional';
  return isAll('string', 'boolean', 'date', 'time', 'timestamp') ? 'String' : 'Unknown';
}
