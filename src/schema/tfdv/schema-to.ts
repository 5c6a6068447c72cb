import type { Bounds, Comparator, FeatureSchema, Schema, TableSchema } from '../model.ts';
import { build, field, nested, real, stringField, text } from './message.ts';
import { withResidue } from './residue.ts';
import { parseTextProto, printTextProto, type TextField, type TextMessage } from './text-proto.ts';

/**
 * The schema of one table as TFDV's schema.pbtxt. What TFDV has no word for is left out: keys, `expect`, `matches`,
 * `length`, `unique`, `balance`, ranges of times. Dots in names become structs, list marks go.
 */
export function schemaToPbtxt(schema: Schema, table = ''): string {
  const source = schema.tables.find((each) => each.name === table);
  const domains = Object.entries(schema.domains).map(([name, values]) =>
    nested(
      'string_domain',
      build(
        stringField('name', name),
        values.map((value) => stringField('value', value)),
      ),
    ),
  );
  const features = (source?.features ?? []).reduce<readonly TextField[]>(
    (tree, each) =>
      insert(
        tree,
        each.name.split('.').filter((step) => step !== '[]'),
        each,
      ),
    [],
  );
  const built = build(
    features,
    domains,
    schema.environments.map((each) => stringField('default_environment', each)),
    source && rowsTo(source),
  );
  const residue = schema.tfdv === undefined ? undefined : parseTextProto(schema.tfdv, 'tfdv');
  return printTextProto(withStructs(built, residue));
}

/** Puts the residue back; what it says of a struct goes to that struct. */
function withStructs(built: TextMessage, residue: TextMessage | undefined): TextMessage {
  const structs = (residue?.fields ?? []).filter((each) => each.name === 'feature');
  const others = {
    fields: (residue?.fields ?? []).filter((each) => each.name !== 'feature'),
    ...(residue?.end && { end: residue.end }),
  };
  const merged = built.fields.map((each) => {
    const same = structs.find((struct) => each.name === 'feature' && nameOf(struct) === nameOf(each));
    if (same === undefined || typeof same.value === 'string' || typeof each.value === 'string') return each;
    return { ...each, ...(same.above && { above: same.above }), value: mergeStruct(each.value, same.value) };
  });
  const left = structs.filter(
    (struct) => !merged.some((each) => each.name === 'feature' && nameOf(each) === nameOf(struct)),
  );
  return withResidue({ fields: [...merged, ...left] }, others);
}

function mergeStruct(built: TextMessage, said: TextMessage): TextMessage {
  const own = said.fields.filter((each) => !['name', 'type', 'struct_domain'].includes(each.name));
  const inner = said.fields.find((each) => each.name === 'struct_domain')?.value;
  const fields = built.fields.map((each) =>
    each.name === 'struct_domain' && typeof each.value !== 'string' && typeof inner === 'object'
      ? { ...each, value: withStructs(each.value, inner) }
      : each,
  );
  return { fields: [...fields, ...own] };
}

function nameOf({ value }: TextField): string | undefined {
  return typeof value === 'string' ? undefined : text(value, 'name');
}

/** The features with one more, within structs for all but the last step of its path. */
function insert(
  tree: readonly TextField[],
  steps: readonly string[],
  feature: FeatureSchema,
): readonly TextField[] {
  const [step = '', ...inner] = steps;
  if (inner.length === 0) return [...tree, featureTo(feature, step)];
  const index = tree.findIndex(
    (each) =>
      nameOf(each) === step &&
      typeof each.value !== 'string' &&
      each.value.fields.some((part) => part.name === 'struct_domain'),
  );
  const there = tree[index]?.value;
  const domain =
    typeof there === 'object' ? there.fields.find((part) => part.name === 'struct_domain')?.value : undefined;
  const within = { fields: insert(typeof domain === 'object' ? domain.fields : [], inner, feature) };
  const struct: TextField = {
    name: 'feature',
    value: build(stringField('name', step), field('type', 'STRUCT'), nested('struct_domain', within)),
  };
  return index < 0 ? [...tree, struct] : tree.map((each, at) => (at === index ? struct : each));
}

function featureTo(feature: FeatureSchema, name: string): TextField {
  const { presence, shape, distinct, minDomainMass, timeFormat } = feature;
  const residue = feature.tfdv === undefined ? undefined : parseTextProto(feature.tfdv, 'tfdv');
  const staged =
    residue?.fields.some((each) => each.name === 'lifecycle_stage' || each.name === 'deprecated') ?? false;
  const value = build(
    stringField('name', name),
    valencyTo(feature.valency),
    field('type', typeTo(feature)),
    domainTo(feature),
    presence &&
      nested(
        'presence',
        build(real('min_fraction', presence.minFraction), field('min_count', presence.minCount)),
      ),
    feature.in.map((each) => stringField('in_environment', each)),
    feature.notIn.map((each) => stringField('not_in_environment', each)),
    comparatorTo('skew_comparator', feature.skew),
    comparatorTo('drift_comparator', feature.drift),
    feature.deprecated === true && !staged && field('lifecycle_stage', 'DEPRECATED'),
    shape && nested('shape', build(shape.map((size) => nested('dim', build(field('size', size)))))),
    distinct && nested('unique_constraints', boundsTo(distinct)),
    minDomainMass !== undefined &&
      nested('distribution_constraints', build(real('min_domain_mass', minDomainMass))),
    timeFormat !== undefined && nested('time_domain', build(stringField('string_format', timeFormat))),
  );
  const above = feature.comment?.split('\n');
  return { name: 'feature', value: withResidue(value, residue), ...(above && { above }) };
}

function typeTo({ types }: FeatureSchema): string | undefined {
  const has = (...some: readonly string[]) => types.some((type) => some.includes(type));
  if (has('string', 'bytes', 'date', 'time', 'timestamp')) return 'BYTES';
  if (has('float', 'decimal')) return 'FLOAT';
  return has('integer', 'boolean') ? 'INT' : undefined;
}

function boundsTo({ min, max }: Bounds): TextMessage {
  return build(field('min', min), field('max', max));
}

function valencyTo(valency: FeatureSchema['valency']): TextField | undefined {
  if (valency === undefined) return undefined;
  if (valency.length === 1) return nested('value_count', boundsTo(valency[0] as Bounds));
  return nested('value_counts', build(valency.map((level) => nested('value_count', boundsTo(level)))));
}

/** A feature has one domain in TFDV: the first that applies. */
function domainTo(feature: FeatureSchema): TextField | undefined {
  const { domain, boolean: words, range, nan, infinity, holds, categorical, types } = feature;
  if (typeof domain === 'string') return stringField('domain', domain);
  if (domain !== undefined)
    return nested('string_domain', build(domain.map((value) => stringField('value', value))));
  if (words !== undefined || types.join() === 'boolean')
    return nested(
      'bool_domain',
      build(stringField('true_value', words?.true), stringField('false_value', words?.false)),
    );
  const kind = typeTo(feature);
  const numeric = kind === 'BYTES' ? holds : kind === 'INT' ? 'integer' : 'float';
  if (
    numeric === undefined ||
    (range === undefined &&
      holds === undefined &&
      nan !== false &&
      infinity !== false &&
      categorical !== true)
  )
    return undefined;
  const ends = [field('min', range?.min), field('max', range?.max)];
  if (numeric === 'integer')
    return nested(
      'int_domain',
      build(ends, field('is_categorical', categorical === true ? true : undefined)),
    );
  return nested(
    'float_domain',
    build(
      ends,
      field('disallow_nan', nan === false ? true : undefined),
      field('disallow_inf', infinity === false ? true : undefined),
    ),
  );
}

function comparatorTo(name: string, comparator: Comparator | undefined): TextField | undefined {
  if (comparator === undefined) return undefined;
  const measure = (as: string, threshold: number | undefined) =>
    threshold !== undefined && nested(as, build(real('threshold', threshold)));
  return nested(
    name,
    build(
      measure('infinity_norm', comparator['l-infinity']),
      measure('jensen_shannon_divergence', comparator['jensen-shannon']),
      measure('normalized_abs_difference', comparator['normalized-absolute-difference']),
    ),
  );
}

function rowsTo({ rows, growth }: TableSchema): TextField | undefined {
  if (rows === undefined && growth === undefined) return undefined;
  const drift =
    growth &&
    nested(
      'num_examples_drift_comparator',
      build(real('min_fraction_threshold', growth.min), real('max_fraction_threshold', growth.max)),
    );
  return nested(
    'dataset_constraints',
    build(drift, field('min_examples_count', rows?.min), field('max_examples_count', rows?.max)),
  );
}
