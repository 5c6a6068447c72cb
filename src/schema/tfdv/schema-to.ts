import { compareDecimals, isInteger } from '../format/exact.ts';
import type { Bounds, Comparator, FeatureSchema, Schema, TableSchema } from '../model.ts';
import { buildMessage, messageField, realField, scalarField, stringField, stringOf } from './message.ts';
import { withResidue } from './residue.ts';
import { parseTextProto, printTextProto, type TextField, type TextMessage } from './text-proto.ts';

/**
 * The schema of one table as TFDV's schema.pbtxt. What TFDV has no word for is left out: keys, `expect`, `matches`,
 * `length`, `unique`, `balance`, `median`, ranges of times. Dots in names become structs, list marks go.
 */
export function schemaToPbtxt(schema: Schema, table = ''): string {
  const source = schema.tables.find((each) => each.name === table);
  const domains = Object.entries(schema.domains).map(([name, values]) =>
    messageField(
      'string_domain',
      buildMessage(
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
  const built = buildMessage(
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
  return typeof value === 'string' ? undefined : stringOf(value, 'name');
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
    value: buildMessage(
      stringField('name', step),
      scalarField('type', 'STRUCT'),
      messageField('struct_domain', within),
    ),
  };
  return index < 0 ? [...tree, struct] : tree.map((each, at) => (at === index ? struct : each));
}

function featureTo(feature: FeatureSchema, name: string): TextField {
  const { presence, shape, distinct, minDomainMass, timeFormat } = feature;
  const residue = feature.tfdv === undefined ? undefined : parseTextProto(feature.tfdv, 'tfdv');
  const staged =
    residue?.fields.some((each) => each.name === 'lifecycle_stage' || each.name === 'deprecated') ?? false;
  const value = buildMessage(
    stringField('name', name),
    valencyTo(feature.valency),
    scalarField('type', typeTo(feature)),
    domainTo(feature),
    presence &&
      messageField(
        'presence',
        buildMessage(
          realField('min_fraction', presence.minFraction),
          scalarField('min_count', presence.minCount),
        ),
      ),
    feature.in.map((each) => stringField('in_environment', each)),
    feature.notIn.map((each) => stringField('not_in_environment', each)),
    comparatorTo('skew_comparator', feature.skew),
    comparatorTo('drift_comparator', feature.drift),
    feature.deprecated === true && !staged && scalarField('lifecycle_stage', 'DEPRECATED'),
    shape &&
      messageField(
        'shape',
        buildMessage(shape.map((size) => messageField('dim', buildMessage(scalarField('size', size))))),
      ),
    distinct && messageField('unique_constraints', boundsTo(distinct)),
    minDomainMass !== undefined &&
      messageField('distribution_constraints', buildMessage(realField('min_domain_mass', minDomainMass))),
    timeFormat !== undefined &&
      messageField('time_domain', buildMessage(stringField('string_format', timeFormat))),
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
  return buildMessage(scalarField('min', min), scalarField('max', max));
}

function valencyTo(valency: FeatureSchema['valency']): TextField | undefined {
  if (valency === undefined) return undefined;
  if (valency.length === 1) return messageField('value_count', boundsTo(valency[0] as Bounds));
  return messageField(
    'value_counts',
    buildMessage(valency.map((level) => messageField('value_count', boundsTo(level)))),
  );
}

/** TFDV lists text only, so that classes in whole numbers go as their least and their greatest. */
function withClassesAsRange(feature: FeatureSchema): FeatureSchema {
  const { domain, ...rest } = feature;
  if (typeof domain !== 'object' || typeTo(feature) !== 'INT' || !domain.every(isInteger)) return feature;
  const ordered = [...domain].sort(compareDecimals);
  if (ordered.length === 0) return feature;
  return { ...rest, range: { min: ordered[0]!, max: ordered.at(-1)! }, categorical: true };
}

/** A feature has one domain in TFDV: the first that applies. */
function domainTo(given: FeatureSchema): TextField | undefined {
  const feature = withClassesAsRange(given);
  const { domain, boolean: words, range, nan, infinity, holds, categorical, types } = feature;
  if (typeof domain === 'string') return stringField('domain', domain);
  if (domain !== undefined)
    return messageField('string_domain', buildMessage(domain.map((value) => stringField('value', value))));
  if (words !== undefined || types.join() === 'boolean')
    return messageField(
      'bool_domain',
      buildMessage(stringField('true_value', words?.true), stringField('false_value', words?.false)),
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
  const ends = [scalarField('min', range?.min), scalarField('max', range?.max)];
  if (numeric === 'integer')
    return messageField(
      'int_domain',
      buildMessage(ends, scalarField('is_categorical', categorical === true ? true : undefined)),
    );
  return messageField(
    'float_domain',
    buildMessage(
      ends,
      scalarField('disallow_nan', nan === false ? true : undefined),
      scalarField('disallow_inf', infinity === false ? true : undefined),
    ),
  );
}

function comparatorTo(name: string, comparator: Comparator | undefined): TextField | undefined {
  if (comparator === undefined) return undefined;
  const measure = (as: string, threshold: number | undefined) =>
    threshold !== undefined && messageField(as, buildMessage(realField('threshold', threshold)));
  return messageField(
    name,
    buildMessage(
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
    messageField(
      'num_examples_drift_comparator',
      buildMessage(
        realField('min_fraction_threshold', growth.min),
        realField('max_fraction_threshold', growth.max),
      ),
    );
  return messageField(
    'dataset_constraints',
    buildMessage(
      drift,
      scalarField('min_examples_count', rows?.min),
      scalarField('max_examples_count', rows?.max),
    ),
  );
}
