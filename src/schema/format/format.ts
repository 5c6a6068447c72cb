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
import { isOneExpression } from '../row-checker.ts';
import {
  amountCodec,
  boundsCodec,
  type Codec,
  countCodec,
  dictionaryCodec,
  fault,
  flagCodec,
  fractionCodec,
  keyed,
  listCodec,
  numberCodec,
  oneOfCodec,
  oneOrListCodec,
  pairs,
  rangeCodec,
  recordCodec,
  textCodec,
  type YamlSource,
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
const presenceRecord = recordCodec<Presence>(
  [keyed('minFraction', fractionCodec), keyed('minCount', countCodec)],
  {},
);

const sql: Codec<string> = {
  read(node, source) {
    const expression = textCodec.read(node, source).trim();
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

const expectationRecord = recordCodec<Expectation>(
  [
    keyed('sql', sql),
    keyed('name', textCodec),
    keyed('severity', oneOfCodec('error', 'warning')),
    keyed('maxFraction', fractionCodec),
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
const wordsRecord = recordCodec<Words>([keyed('true', textCodec), keyed('false', textCodec)], {});
const booleanWords: Codec<Words> = {
  read: (node, source) =>
    node !== null && 'value' in node && node.value === true ? {} : wordsRecord.read(node, source),
  write: (value) => (Object.keys(value).length === 0 ? true : wordsRecord.write(value)),
};

const values = listCodec(textCodec);
const domain: Codec<string | readonly string[]> = {
  read: (node, source) =>
    node !== null && 'items' in node ? values.read(node, source) : textCodec.read(node, source),
  write: (value) => value,
};

const distance = numberCodec('a distance, 0 or more', 0, Number.MAX_VALUE);
const comparator = recordCodec<Comparator>(
  [
    keyed('l-infinity', distance),
    keyed('jensen-shannon', distance),
    keyed('normalized-absolute-difference', distance),
  ],
  {},
);

const someTypes = oneOrListCodec(oneOfCodec(...allTypes));
const types: Codec<FeatureSchema['types']> = {
  read: (node, source) =>
    node !== null && 'value' in node && node.value === 'any' ? allTypes : someTypes.read(node, source),
  write: (value) => (value.length === allTypes.length ? 'any' : someTypes.write(value)),
};

const featureFields = [
  keyed<FeatureSchema, 'types'>('types', types, 'type'),
  keyed<FeatureSchema, 'deprecated'>('deprecated', flagCodec),
  keyed<FeatureSchema, 'presence'>('presence', presence),
  keyed<FeatureSchema, 'in'>('in', values),
  keyed<FeatureSchema, 'notIn'>('notIn', values),
  keyed<FeatureSchema, 'valency'>('valency', oneOrListCodec(boundsCodec(countCodec))),
  keyed<FeatureSchema, 'shape'>(
    'shape',
    listCodec(numberCodec('a whole number, 1 or more', 1, 2 ** 31, true)),
  ),
  keyed<FeatureSchema, 'holds'>('holds', oneOfCodec('integer', 'float')),
  keyed<FeatureSchema, 'categorical'>('categorical', flagCodec),
  keyed<FeatureSchema, 'boolean'>('boolean', booleanWords),
  keyed<FeatureSchema, 'range'>('range', rangeCodec),
  keyed<FeatureSchema, 'nan'>('nan', flagCodec),
  keyed<FeatureSchema, 'infinity'>('infinity', flagCodec),
  keyed<FeatureSchema, 'length'>('length', boundsCodec(countCodec)),
  keyed<FeatureSchema, 'matches'>('matches', checked(textCodec, patternFault)),
  keyed<FeatureSchema, 'timeFormat'>('timeFormat', checked(textCodec, timeFormatFault)),
  keyed<FeatureSchema, 'domain'>('domain', domain),
  keyed<FeatureSchema, 'minDomainMass'>('minDomainMass', fractionCodec),
  keyed<FeatureSchema, 'balance'>('balance', boundsCodec(fractionCodec)),
  keyed<FeatureSchema, 'unique'>('unique', flagCodec),
  keyed<FeatureSchema, 'distinct'>('distinct', boundsCodec(countCodec)),
  keyed<FeatureSchema, 'drift'>('drift', comparator),
  keyed<FeatureSchema, 'skew'>('skew', comparator),
  keyed<FeatureSchema, 'expect'>('expect', oneOrListCodec(expectation)),
  keyed<FeatureSchema, 'tfdv'>('tfdv', textCodec),
];

/** One feature as it stands in the file, without its name. */
const feature = recordCodec<FeatureSchema>(featureFields, {
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
  keyed<TableSchema, 'rows'>('rows', boundsCodec(countCodec)),
  keyed<TableSchema, 'growth'>('growth', boundsCodec(amountCodec)),
  keyed<TableSchema, 'keys'>('keys', listCodec(oneOrListCodec(textCodec))),
  keyed<TableSchema, 'expect'>('expect', oneOrListCodec(expectation)),
  keyed<TableSchema, 'features'>('features', features),
];
const emptyTable: TableSchema = { name: '', keys: [], expect: [], features: [] };
const table = recordCodec<TableSchema>(tableFields, emptyTable);
const tables = dictionaryCodec(table);

const driftSettings = recordCodec<DriftSettings>(
  [
    keyed('ignore', values),
    keyed('watch', values),
    keyed('thresholds', dictionaryCodec(distance)),
    keyed('features', dictionaryCodec(dictionaryCodec(distance))),
  ],
  noDriftSettings,
);

interface File extends TableSchema {
  readonly varveSchema: number;
  readonly environments: readonly string[];
  readonly domains: Readonly<Record<string, readonly string[]>>;
  readonly tables: Readonly<Record<string, TableSchema>>;
  readonly drift: DriftSettings;
  readonly tfdv?: string;
}

const file = recordCodec<File>(
  [
    keyed<File, 'varveSchema'>('varveSchema', numberCodec('1', 1, Number.MAX_SAFE_INTEGER, true)),
    keyed<File, 'environments'>('environments', values),
    keyed<File, 'domains'>('domains', dictionaryCodec(values)),
    ...(tableFields as never[]),
    keyed<File, 'tables'>('tables', tables),
    keyed<File, 'drift'>('drift', driftSettings),
    keyed<File, 'tfdv'>('tfdv', textCodec),
  ],
  { ...emptyTable, varveSchema: 0, environments: [], domains: {}, tables: {}, drift: noDriftSettings },
);

/** The whole file; `write` gives maps and lists in the order of the file. */
export const schemaFile: Codec<Schema> = {
  read(node: Node | null, source: YamlSource) {
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
