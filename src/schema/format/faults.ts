import { domainValues, type FeatureSchema, type Range, type Schema } from '../model.ts';
import { instant } from '../time.ts';
import { compareDecimals, isDecimal } from './exact.ts';

/** A fault of a schema in itself, before it meets any data; `kind` is TFDV's name for it. */
export interface SchemaFault {
  readonly table: string;
  readonly feature: string;
  readonly kind: FaultKind;
  /** As a clause: `shares of values need a domain`. */
  readonly message: string;
}

type FaultKind =
  | 'FEATURE_MISSING_NAME'
  | 'FEATURE_MISSING_TYPE'
  | 'INVALID_SCHEMA_SPECIFICATION'
  | 'INVALID_DOMAIN_SPECIFICATION'
  | 'DOMAIN_INVALID_FOR_TYPE';

type Complaint = readonly [kind: FaultKind, message: string];

/** All faults, in the order of the schema, under the names of TFDV's anomalies (tensorflow.org/tfx, Anomalies Reference). */
export function schemaFaults(schema: Schema): SchemaFault[] {
  return schema.tables.flatMap((table) =>
    table.features
      .filter((feature) => feature.deprecated !== true)
      .flatMap((feature) =>
        complaints(schema, feature).map(([kind, message]) => ({
          table: table.name,
          feature: feature.name,
          kind,
          message,
        })),
      ),
  );
}

function complaints(schema: Schema, feature: FeatureSchema): Complaint[] {
  if (feature.name === '') return [['FEATURE_MISSING_NAME', 'a feature needs a name']];
  if (feature.types.length === 0) return [['FEATURE_MISSING_TYPE', 'a feature needs a `type`']];
  return [...misplaced(feature), ...contradictions(feature), ...domainComplaints(schema, feature)];
}

function has(feature: FeatureSchema, ...types: readonly string[]): boolean {
  return feature.types.some((type) => types.includes(type));
}

function misplaced(feature: FeatureSchema): Complaint[] {
  const number = has(feature, 'integer', 'float', 'decimal');
  const time = has(feature, 'date', 'time', 'timestamp');
  const text = has(feature, 'string');
  const rules: readonly (readonly [wrong: boolean, message: string])[] = [
    [
      feature.range !== undefined && !number && !time && !(text && feature.holds !== undefined),
      '`range` needs a number or time, or text with `holds`',
    ],
    [feature.median !== undefined && !number, '`median` needs numbers'],
    [feature.holds !== undefined && !text, '`holds` needs text'],
    [feature.nan !== undefined && !has(feature, 'float') && feature.holds !== 'float', '`nan` needs floats'],
    [
      feature.infinity !== undefined && !has(feature, 'float') && feature.holds !== 'float',
      '`infinity` needs floats',
    ],
    [feature.length !== undefined && !text && !has(feature, 'bytes'), '`length` needs text or bytes'],
    [feature.matches !== undefined && !text, '`matches` needs text'],
    [
      feature.timeFormat !== undefined && !text && !has(feature, 'date', 'timestamp'),
      '`timeFormat` needs text, dates or timestamps',
    ],
    [
      feature.boolean !== undefined && !number && !text && !has(feature, 'boolean'),
      '`boolean` needs a number, text or booleans',
    ],
    [
      feature.domain !== undefined && !text && !has(feature, 'integer', 'boolean', 'date'),
      '`domain` needs text, integers or dates',
    ],
    [
      feature.balance !== undefined && !text && !has(feature, 'integer', 'boolean', 'date'),
      '`balance` needs text, integers, booleans or dates',
    ],
  ];
  return rules.filter(([wrong]) => wrong).map(([, message]) => ['DOMAIN_INVALID_FOR_TYPE', message]);
}

function contradictions(feature: FeatureSchema): Complaint[] {
  const found: Complaint[] = [];
  const say = (message: string) => found.push(['INVALID_SCHEMA_SPECIFICATION', message]);
  const { minFraction = 0 } = feature.presence ?? {};
  if (minFraction < 0 || minFraction > 1) say('the least fraction present lies from 0 to 1');
  for (const { min = 0, max = Infinity } of feature.valency ?? [])
    if (min < 0 || max < min) say('`valency` has a min below 0 or above its max');
  if (feature.shape?.some((size) => size < 1)) say('`shape` needs whole numbers from 1');
  if (feature.minDomainMass !== undefined && feature.domain === undefined)
    say('`minDomainMass` needs a `domain`');
  if (rangeIsEmpty(feature.range)) say('`range` has a min above its max, or ends of different kinds');
  if (rangeIsEmpty(feature.median)) say('`median` has a min above its max, or ends of different kinds');
  return found;
}

function rangeIsEmpty({ min, max }: Range = {}): boolean {
  if (min === undefined || max === undefined) return false;
  if (isDecimal(min) && isDecimal(max)) return compareDecimals(min, max) > 0;
  const [from, to] = [instant(min), instant(max)];
  return from === undefined || to === undefined || from > to;
}

function domainComplaints(schema: Schema, feature: FeatureSchema): Complaint[] {
  const found: Complaint[] = [];
  const words = feature.boolean;
  if (words !== undefined) found.push(...wordComplaints(feature, words));
  if (feature.domain === undefined) return found;
  const values = domainValues(schema, feature);
  if (values === undefined)
    found.push(['INVALID_DOMAIN_SPECIFICATION', `there is no domain named \`${String(feature.domain)}\``]);
  if (values !== undefined && new Set(values).size < values.length)
    found.push(['INVALID_DOMAIN_SPECIFICATION', 'the domain names a value twice']);
  return found;
}

function wordComplaints(feature: FeatureSchema, words: NonNullable<FeatureSchema['boolean']>): Complaint[] {
  if (words.true !== undefined && words.true === words.false)
    return [['INVALID_DOMAIN_SPECIFICATION', 'true and false are the same word']];
  const some = words.true !== undefined || words.false !== undefined;
  return some && !has(feature, 'string')
    ? [['INVALID_DOMAIN_SPECIFICATION', 'words for true and false need text']]
    : [];
}
