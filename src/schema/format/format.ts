import type { Node } from 'yaml';
import {
  allTypes,
  type Comparator,
  type DriftSettings,
  type Expectation,
  type FeatureSchema,
  noDriftSettings,
  type Presence,
  type Schema,
  type TableSchema,
} from '../model.ts';
import { isOneExpression, MAX_TIME_LIMIT } from '../row-checker.ts';
import {
  amount,
  bounds,
  type Codec,
  count,
  dictionary,
  fault,
  field,
  flag,
  fraction,
  list,
  number,
  oneOf,
  oneOrList,
  pairs,
  range,
  record,
  type Source,
  text,
} from './codec.ts';
import { patternFault } from './pattern.ts';
import { timeFormatFault } from './time-format.ts';

/** Every key of `<path>.schema.yaml`, in the order in which it is written. */

const required: Presence = { minFraction: 1, minCount: 1 };

const presence: Codec<Presence> = {
  read(node, source) {
    if (node !== null && 'value' in node && node.value === 'required') return required;
    return presenceRecord.read(node, source);
  },
  write: (value) =>
    value.minFraction === 1 && value.minCount === 1 ? 'required' : presenceRecord.write(value),
};
const presenceRecord = record<Presence>([field('minFraction', fraction), field('minCount', count)], {});

const sql: Codec<string> = {
  read(node, source) {
    const expression = text.read(node, source).trim();
    if (!isOneExpression(expression))
      fault(
        source,
        node,
        'expected one SQL expression: quotes and brackets closed, no semicolon, no comment.',
      );
    return expression;
  },
  write: (value) => value,
};

const expectationRecord = record<Expectation>(
  [
    field('sql', sql),
    field('name', text),
    field('severity', oneOf('error', 'warning')),
    field('maxFraction', fraction),
  ],
  { sql: '' },
);

const expectation: Codec<Expectation> = {
  read(node, source) {
    if (node === null || !('items' in node)) return { sql: sql.read(node, source) };
    const value = expectationRecord.read(node, source);
    if (value.sql === '') fault(source, node, 'an expectation needs `sql`.');
    return value;
  },
  write: (value) => (Object.keys(value).length === 1 ? value.sql : expectationRecord.write(value)),
};

function checked(codec: Codec<string>, findFault: (value: string) => string | undefined): Codec<string> {
  return {
    read(node, source) {
      const value = codec.read(node, source);
      const wrong = findFault(value);
      if (wrong !== undefined) fault(source, node, wrong);
      return value;
    },
    write: (value) => codec.write(value),
  };
}

type Words = { readonly true?: string; readonly false?: string };
const wordsRecord = record<Words>([field('true', text), field('false', text)], {});
const booleanWords: Codec<Words> = {
  read: (node, source) =>
    node !== null && 'value' in node && node.value === true ? {} : wordsRecord.read(node, source),
  write: (value) => (Object.keys(value).length === 0 ? true : wordsRecord.write(value)),
};

const values = list(text);
const domain: Codec<string | readonly string[]> = {
  read: (node, source) =>
    node !== null && 'items' in node ? values.read(node, source) : text.read(node, source),
  write: (value) => value,
};

const distance = number('a distance, 0 or more', 0, Number.MAX_VALUE);
const comparator = record<Comparator>(
  [
    field('l-infinity', distance),
    field('jensen-shannon', distance),
    field('normalized-absolute-difference', distance),
  ],
  {},
);

const someTypes = oneOrList(oneOf(...allTypes));
const types: Codec<FeatureSchema['types']> = {
  read: (node, source) =>
    node !== null && 'value' in node && node.value === 'any' ? allTypes : someTypes.read(node, source),
  write: (value) => (value.length === allTypes.length ? 'any' : someTypes.write(value)),
};

const featureFields = [
  field<FeatureSchema, 'types'>('types', types, 'type'),
  field<FeatureSchema, 'deprecated'>('deprecated', flag),
  field<FeatureSchema, 'presence'>('presence', presence),
  field<FeatureSchema, 'in'>('in', values),
  field<FeatureSchema, 'notIn'>('notIn', values),
  field<FeatureSchema, 'valency'>('valency', oneOrList(bounds(count))),
  field<FeatureSchema, 'shape'>('shape', list(number('a whole number, 1 or more', 1, 2 ** 31, true))),
  field<FeatureSchema, 'holds'>('holds', oneOf('integer', 'float')),
  field<FeatureSchema, 'categorical'>('categorical', flag),
  field<FeatureSchema, 'boolean'>('boolean', booleanWords),
  field<FeatureSchema, 'range'>('range', range),
  field<FeatureSchema, 'nan'>('nan', flag),
  field<FeatureSchema, 'infinity'>('infinity', flag),
  field<FeatureSchema, 'length'>('length', bounds(count)),
  field<FeatureSchema, 'matches'>('matches', checked(text, patternFault)),
  field<FeatureSchema, 'timeFormat'>('timeFormat', checked(text, timeFormatFault)),
  field<FeatureSchema, 'domain'>('domain', domain),
  field<FeatureSchema, 'minDomainMass'>('minDomainMass', fraction),
  field<FeatureSchema, 'balance'>('balance', bounds(fraction)),
  field<FeatureSchema, 'unique'>('unique', flag),
  field<FeatureSchema, 'distinct'>('distinct', bounds(count)),
  field<FeatureSchema, 'drift'>('drift', comparator),
  field<FeatureSchema, 'skew'>('skew', comparator),
  field<FeatureSchema, 'expect'>('expect', oneOrList(expectation)),
  field<FeatureSchema, 'tfdv'>('tfdv', text),
];

/** One feature as it stands in the file, without its name. */
const feature = record<FeatureSchema>(featureFields, {
  name: '',
  types: [],
  in: [],
  notIn: [],
  expect: [],
});

const features: Codec<readonly FeatureSchema[]> = {
  read: (node, source) =>
    pairs(node, source).map(({ key, pair, comment }) => ({
      ...feature.read(pair.value as Node | null, source),
      name: key,
      ...(comment === undefined ? {} : { comment }),
    })),
  write: (all) => new Map(all.map((each) => [each.name, feature.write(each)])),
};

const tableFields = [
  field<TableSchema, 'rows'>('rows', bounds(count)),
  field<TableSchema, 'growth'>('growth', bounds(amount)),
  field<TableSchema, 'keys'>('keys', list(oneOrList(text))),
  field<TableSchema, 'expect'>('expect', oneOrList(expectation)),
  field<TableSchema, 'features'>('features', features),
];
const emptyTable: TableSchema = { name: '', keys: [], expect: [], features: [] };
const table = record<TableSchema>(tableFields, emptyTable);
const tables = dictionary(table);

const driftSettings = record<DriftSettings>(
  [
    field('ignore', values),
    field('watch', values),
    field('thresholds', dictionary(distance)),
    field('features', dictionary(dictionary(distance))),
  ],
  noDriftSettings,
);

interface File extends TableSchema {
  readonly varveSchema: number;
  readonly environments: readonly string[];
  readonly domains: Readonly<Record<string, readonly string[]>>;
  readonly tables: Readonly<Record<string, TableSchema>>;
  readonly timeLimit?: number;
  readonly drift: DriftSettings;
  readonly tfdv?: string;
}

const file = record<File>(
  [
    field<File, 'varveSchema'>('varveSchema', number('1', 1, Number.MAX_SAFE_INTEGER, true)),
    field<File, 'environments'>('environments', values),
    field<File, 'domains'>('domains', dictionary(values)),
    ...(tableFields as never[]),
    field<File, 'tables'>('tables', tables),
    field<File, 'timeLimit'>(
      'timeLimit',
      number(`seconds, from 1 to ${MAX_TIME_LIMIT}`, 1, MAX_TIME_LIMIT, true),
    ),
    field<File, 'drift'>('drift', driftSettings),
    field<File, 'tfdv'>('tfdv', text),
  ],
  { ...emptyTable, varveSchema: 0, environments: [], domains: {}, tables: {}, drift: noDriftSettings },
);

/** The whole file; `write` gives maps and lists in the order of the file. */
export const schemaFile: Codec<Schema> = {
  read(node: Node | null, source: Source) {
    const {
      name,
      rows,
      growth,
      keys,
      expect,
      features: own,
      tables: others,
      varveSchema,
      ...rest
    } = file.read(node, source);
    if (varveSchema !== 1)
      fault(
        source,
        node,
        varveSchema === 0
          ? 'the first line must be `varveSchema: 1`.'
          : `version ${varveSchema} is newer than this varve reads (1).`,
      );
    const top: TableSchema = {
      name,
      keys,
      expect,
      features: own,
      ...(rows && { rows }),
      ...(growth && { growth }),
    };
    const said = own.length + keys.length + expect.length > 0 || rows !== undefined || growth !== undefined;
    const named = Object.entries(others).map(([tableName, each]) => ({ ...each, name: tableName }));
    return { ...rest, varveSchema: 1, tables: said ? [top, ...named] : named };
  },
  write({ tables: all, comment: _, ...rest }) {
    const top = all.find((each) => each.name === '') ?? emptyTable;
    const others = Object.fromEntries(
      all.filter((each) => each.name !== '').map((each) => [each.name, each]),
    );
    return file.write({ ...rest, ...top, tables: others });
  },
};
