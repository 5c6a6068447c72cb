/**
 * Reads a schema of TFDV as a schema of varve. Knows both formats as objects; knows no file, and keeps what varve does
 * not use as residue.
 */

import { VarveError } from '../../errors.ts';
import { isDecimal } from '../format/exact.ts';
import { timeFormatFault } from '../format/time-format.ts';
import {
  type Bounds,
  type Comparator,
  type FeatureSchema,
  NO_DRIFT_SETTINGS,
  type Presence,
  type Range,
  type Schema,
  type TableSchema,
} from '../model.ts';
import {
  booleanOf,
  hasField,
  messageOf,
  messagesOf,
  numberOf,
  scalarOf,
  scalarsOf,
  stringOf,
} from './message.ts';
import { commentsOf, residueOf, type Understood } from './residue.ts';
import {
  parseTextProto,
  printTextProto,
  stringText,
  type TextField,
  type TextMessage,
} from './text-proto.ts';

const COMPARATOR: Understood = {
  infinity_norm: { threshold: true },
  jensen_shannon_divergence: { threshold: true },
  normalized_abs_difference: { threshold: true },
};

const FEATURE_FIELDS: Understood = {
  name: true,
  type: true,
  presence: { min_fraction: true, min_count: true },
  value_count: { min: true, max: true },
  value_counts: { value_count: true },
  shape: { dim: { size: true } },
  domain: true,
  int_domain: { min: true, max: true, is_categorical: true },
  float_domain: { min: true, max: true, disallow_nan: true, disallow_inf: true },
  string_domain: { value: true },
  bool_domain: { true_value: true, false_value: true },
  time_domain: { string_format: true },
  distribution_constraints: { min_domain_mass: true },
  unique_constraints: { min: true, max: true },
  in_environment: true,
  not_in_environment: true,
  drift_comparator: COMPARATOR,
  skew_comparator: COMPARATOR,
};

const COUNTED_ROWS: Understood = {
  min_examples_count: true,
  max_examples_count: true,
  num_examples_drift_comparator: { min_fraction_threshold: true, max_fraction_threshold: true },
};

/**
 * A TFDV schema (tensorflow_metadata's schema.proto as text) as varve's own. Fields that varve does not use are kept in
 * `tfdv`, comments on features in `comment`, so that `schemaToPbtxt` puts them back.
 * @throws VarveError `tfdv-invalid`
 */
export function schemaFromPbtxt(pbtxt: string, where: string): Schema {
  const schema = parseTextProto(pbtxt, where);
  const structs: TextField[] = [];
  const features = schema.fields
    .filter((field) => field.name === 'feature')
    .flatMap((field) => featuresFrom(field, '', structs, where));
  const domains = messagesOf(schema, 'string_domain').map(
    (each) => [stringOf(each, 'name') ?? '', scalarsOf(each, 'value').map(stringText)] as const,
  );
  const rest = residueOf(schema, {
    feature: true,
    string_domain: true,
    default_environment: true,
    dataset_constraints: COUNTED_ROWS,
  });
  const residue: TextMessage = {
    fields: [...structs, ...(rest?.fields ?? [])],
    ...(schema.end && { end: schema.end }),
  };
  const kept = printTextProto(residue);
  return {
    varveSchema: 1,
    environments: scalarsOf(schema, 'default_environment').map(stringText),
    domains: Object.fromEntries(domains),
    tables: [
      { name: '', ...rowsFrom(messageOf(schema, 'dataset_constraints')), keys: [], expect: [], features },
    ],
    drift: NO_DRIFT_SETTINGS,
    ...(kept !== '' && { tfdv: kept }),
  };
}

function rowsFrom(constraints: TextMessage | undefined): Pick<TableSchema, 'rows' | 'growth'> {
  const rows = boundsFrom(constraints, 'min_examples_count', 'max_examples_count');
  const growth = boundsFrom(
    messageOf(constraints, 'num_examples_drift_comparator'),
    'min_fraction_threshold',
    'max_fraction_threshold',
  );
  return { ...(rows && { rows }), ...(growth && { growth }) };
}

function boundsFrom(from: TextMessage | undefined, low = 'min', high = 'max'): Bounds | undefined {
  const [min, max] = [numberOf(from, low), numberOf(from, high)];
  return min === undefined && max === undefined
    ? undefined
    : { ...(min !== undefined && { min }), ...(max !== undefined && { max }) };
}

/** The feature, or those within a struct; what a struct says of itself goes to `structs`. */
function featuresFrom(
  field: TextField,
  prefix: string,
  structs: TextField[],
  where: string,
): FeatureSchema[] {
  if (typeof field.value === 'string') throw invalid(where, '`feature` is not a message');
  const feature = field.value;
  const name = prefix + (stringOf(feature, 'name') ?? '');
  const struct = messageOf(feature, 'struct_domain');
  if (struct === undefined) return [featureFrom(feature, field, name, where)];
  if (prefix === '')
    structs.push({
      name: 'feature',
      value: withoutFeatures(feature),
      ...(field.above && { above: field.above }),
    });
  return struct.fields
    .filter((each) => each.name === 'feature')
    .flatMap((each) => featuresFrom(each, `${name}.`, structs, where));
}

/** A struct without the leaves within it; structs within it keep what they say of themselves. */
function withoutFeatures(feature: TextMessage): TextMessage {
  const inner = (struct: TextMessage): TextMessage => ({
    fields: struct.fields.flatMap((field) => {
      if (field.name !== 'feature' || typeof field.value === 'string') return [field];
      return hasField(field.value, 'struct_domain')
        ? [{ ...field, value: withoutFeatures(field.value) }]
        : [];
    }),
  });
  return {
    fields: feature.fields.map((field) =>
      field.name === 'struct_domain' && typeof field.value !== 'string'
        ? { ...field, value: inner(field.value) }
        : field,
    ),
  };
}

const TEXT_TYPES = ['string', 'bytes', 'date', 'time', 'timestamp'] as const;

function typesFrom(feature: TextMessage): FeatureSchema['types'] {
  const type = scalarOf(feature, 'type');
  if (type === 'INT' || type === '2') return ['integer'];
  if (type === 'FLOAT' || type === '3') return ['float'];
  if (type !== 'BYTES' && type !== '1') return [];
  return ['domain', 'string_domain', 'bool_domain', 'int_domain', 'float_domain', 'time_domain'].some(
    (name) => hasField(feature, name),
  )
    ? ['string']
    : TEXT_TYPES;
}

const STAGES_IGNORED = ['PLANNED', 'ALPHA', 'DEPRECATED', 'DEBUG_ONLY', 'DISABLED'];

function featureFrom(feature: TextMessage, field: TextField, name: string, where: string): FeatureSchema {
  const format = stringOf(messageOf(feature, 'time_domain'), 'string_format');
  const timed = format !== undefined && timeFormatFault(format) === undefined;
  const understood: Understood = {
    ...(timed ? FEATURE_FIELDS : without(FEATURE_FIELDS, 'time_domain')),
    bool_domain: wordsUsed(feature),
  };
  const comments = [
    ...(field.above ?? []),
    ...(field.beside === undefined ? [] : [field.beside]),
    ...commentsOf(feature, understood),
  ];
  const residue = residueOf(feature, understood);
  const deprecated =
    booleanOf(feature, 'deprecated') === true ||
    STAGES_IGNORED.includes(scalarOf(feature, 'lifecycle_stage') ?? '');
  return {
    name,
    ...(comments.length > 0 && { comment: comments.join('\n') }),
    types: typesFrom(feature),
    ...(deprecated && { deprecated }),
    ...presenceFrom(messageOf(feature, 'presence')),
    ...countsFrom(feature),
    ...domainFrom(feature, where),
    ...(timed && { timeFormat: format }),
    in: scalarsOf(feature, 'in_environment').map(stringText),
    notIn: scalarsOf(feature, 'not_in_environment').map(stringText),
    ...comparatorFrom(feature, 'drift'),
    ...comparatorFrom(feature, 'skew'),
    expect: [],
    ...(residue !== undefined && { tfdv: printTextProto(residue) }),
  };
}

/** TFDV passes over words for numbers, and over the word for false if it is that for true; so they are residue. */
function wordsUsed(feature: TextMessage): Understood {
  const words = messageOf(feature, 'bool_domain');
  if (typesFrom(feature)[0] !== 'string') return {};
  const yes = stringOf(words, 'true_value');
  return yes !== undefined && yes === stringOf(words, 'false_value')
    ? { true_value: true }
    : { true_value: true, false_value: true };
}

function without(understood: Understood, field: string): Understood {
  return Object.fromEntries(Object.entries(understood).filter(([name]) => name !== field));
}

function presenceFrom(presence: TextMessage | undefined): { presence?: Presence } {
  const [minFraction, minCount] = [numberOf(presence, 'min_fraction'), numberOf(presence, 'min_count')];
  if (minFraction === undefined && minCount === undefined) return {};
  return {
    presence: {
      ...(minFraction !== undefined && { minFraction }),
      ...(minCount !== undefined && { minCount }),
    },
  };
}

function countsFrom(feature: TextMessage): Partial<FeatureSchema> {
  const one = messageOf(feature, 'value_count');
  const levels = one === undefined ? messagesOf(messageOf(feature, 'value_counts'), 'value_count') : [one];
  const shape = messagesOf(messageOf(feature, 'shape'), 'dim').map((dim) => numberOf(dim, 'size') ?? 0);
  const distinct = boundsFrom(messageOf(feature, 'unique_constraints'));
  return {
    ...(levels.length > 0 && { valency: levels.map((level) => boundsFrom(level) ?? {}) }),
    ...(shape.length > 0 && { shape }),
    ...(distinct && { distinct }),
  };
}

function domainFrom(feature: TextMessage, where: string): Partial<FeatureSchema> {
  const [ints, floats, words] = [
    messageOf(feature, 'int_domain'),
    messageOf(feature, 'float_domain'),
    messageOf(feature, 'bool_domain'),
  ];
  const bytes = typesFrom(feature)[0] === 'string';
  const range = rangeFrom(ints ?? floats, where);
  const inline = messageOf(feature, 'string_domain');
  const domain = stringOf(feature, 'domain') ?? (inline && scalarsOf(inline, 'value').map(stringText));
  const mass = numberOf(messageOf(feature, 'distribution_constraints'), 'min_domain_mass');
  const used = wordsUsed(feature);
  const [yes, no] = (['true_value', 'false_value'] as const).map((name) =>
    used[name] === true ? stringOf(words, name) : undefined,
  );
  return {
    ...(range && { range }),
    ...(bytes && (ints ?? floats) && { holds: ints === undefined ? 'float' : 'integer' }),
    ...(booleanOf(ints, 'is_categorical') && { categorical: true }),
    ...(booleanOf(floats, 'disallow_nan') && { nan: false }),
    ...(booleanOf(floats, 'disallow_inf') && { infinity: false }),
    ...(words && {
      boolean: { ...(yes !== undefined && { true: yes }), ...(no !== undefined && { false: no }) },
    }),
    ...(domain !== undefined && { domain }),
    ...((mass !== undefined || hasField(feature, 'distribution_constraints')) && {
      minDomainMass: mass ?? 1,
    }),
  };
}

function rangeFrom(domain: TextMessage | undefined, where: string): Range | undefined {
  const end = (name: string) => {
    const value = scalarOf(domain, name)?.replace(/f$/, '');
    if (value !== undefined && !isDecimal(value) && !/^[+-]?inf/.test(value))
      throw invalid(where, `\`${name}: ${value}\` is not a number`);
    return value !== undefined && isDecimal(value) ? value : undefined;
  };
  const [min, max] = [end('min'), end('max')];
  return min === undefined && max === undefined
    ? undefined
    : { ...(min !== undefined && { min }), ...(max !== undefined && { max }) };
}

function comparatorFrom(
  feature: TextMessage,
  role: 'drift' | 'skew',
): Partial<Record<'drift' | 'skew', Comparator>> {
  const from = messageOf(feature, `${role}_comparator`);
  if (from === undefined) return {};
  const threshold = (name: string) => numberOf(messageOf(from, name), 'threshold');
  const [infinity, divergence, difference] = [
    threshold('infinity_norm'),
    threshold('jensen_shannon_divergence'),
    threshold('normalized_abs_difference'),
  ];
  return {
    [role]: {
      ...(infinity !== undefined && { 'l-infinity': infinity }),
      ...(divergence !== undefined && { 'jensen-shannon': divergence }),
      ...(difference !== undefined && { 'normalized-absolute-difference': difference }),
    },
  };
}

function invalid(where: string, what: string): VarveError {
  return new VarveError('tfdv-invalid', `${where}: ${what}.`, {
    remedy: 'Check it against schema.proto of tensorflow_metadata.',
    path: where,
  });
}
