import type { Node } from 'yaml';
import { VALUE_TYPES } from '../../profile/model/value-types.ts';
import {
  type Comparator,
  type DriftSettings,
  type Expectation,
  type FeatureSchema,
  NO_DRIFT_SETTINGS,
  type Presence,
  type Schema,
  type TableSchema,
} from '../model.ts';
import { isOneExpression, MAX_TIME_LIMIT } from '../row-checker.ts';
import {
  AMOUNT_CODEC,
  boundsCodec,
  COUNT_CODEC,
  type Codec,
  dictionaryCodec,
  FLAG_CODEC,
  FRACTION_CODEC,
  fault,
  keyed,
  listCodec,
  numberCodec,
  oneOfCodec,
  oneOrListCodec,
  pairs,
  RANGE_CODEC,
  recordCodec,
  TEXT_CODEC,
  type YamlSource,
} from './codec.ts';
import { patternFault } from './pattern.ts';
import { timeFormatFault } from './time-format.ts';

/** Every key of `<path>.schema.yaml`, in the order in which it is written. */

const REQUIRED: Presence = { minFraction: 1, minCount: 1 };

const PRESENCE: Codec<Presence> = {
  read(node, source) {
    if (node !== null && 'value' in node && node.value === 'required') return REQUIRED;
    return PRESENCE_RECORD.read(node, source);
  },
  write: (value) =>
    value.minFraction === 1 && value.minCount === 1 ? 'required' : PRESENCE_RECORD.write(value),
};
const PRESENCE_RECORD = recordCodec<Presence>(
  [keyed('minFraction', FRACTION_CODEC), keyed('minCount', COUNT_CODEC)],
  {},
);

const SQL: Codec<string> = {
  read(node, source) {
    const expression = TEXT_CODEC.read(node, source).trim();
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

const EXPECTATION_RECORD = recordCodec<Expectation>(
  [
    keyed('sql', SQL),
    keyed('name', TEXT_CODEC),
    keyed('severity', oneOfCodec('error', 'warning')),
    keyed('maxFraction', FRACTION_CODEC),
  ],
  { sql: '' },
);

const EXPECTATION: Codec<Expectation> = {
  read(node, source) {
    if (node === null || !('items' in node)) return { sql: SQL.read(node, source) };
    const value = EXPECTATION_RECORD.read(node, source);
    if (value.sql === '') fault(source, node, 'an expectation needs `sql`.');
    return value;
  },
  write: (value) => (Object.keys(value).length === 1 ? value.sql : EXPECTATION_RECORD.write(value)),
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
const WORDS_RECORD = recordCodec<Words>([keyed('true', TEXT_CODEC), keyed('false', TEXT_CODEC)], {});
const BOOLEAN_WORDS: Codec<Words> = {
  read: (node, source) =>
    node !== null && 'value' in node && node.value === true ? {} : WORDS_RECORD.read(node, source),
  write: (value) => (Object.keys(value).length === 0 ? true : WORDS_RECORD.write(value)),
};

const VALUES = listCodec(TEXT_CODEC);
const DOMAIN: Codec<string | readonly string[]> = {
  read: (node, source) =>
    node !== null && 'items' in node ? VALUES.read(node, source) : TEXT_CODEC.read(node, source),
  write: (value) => value,
};

const DISTANCE = numberCodec('a distance, 0 or more', 0, Number.MAX_VALUE);
const COMPARATOR = recordCodec<Comparator>(
  [
    keyed('l-infinity', DISTANCE),
    keyed('jensen-shannon', DISTANCE),
    keyed('normalized-absolute-difference', DISTANCE),
  ],
  {},
);

const SOME_TYPES = oneOrListCodec(oneOfCodec(...VALUE_TYPES));
const TYPES: Codec<FeatureSchema['types']> = {
  read: (node, source) =>
    node !== null && 'value' in node && node.value === 'any' ? VALUE_TYPES : SOME_TYPES.read(node, source),
  write: (value) => (value.length === VALUE_TYPES.length ? 'any' : SOME_TYPES.write(value)),
};

const FEATURE_FIELDS = [
  keyed<FeatureSchema, 'types'>('types', TYPES, 'type'),
  keyed<FeatureSchema, 'deprecated'>('deprecated', FLAG_CODEC),
  keyed<FeatureSchema, 'presence'>('presence', PRESENCE),
  keyed<FeatureSchema, 'in'>('in', VALUES),
  keyed<FeatureSchema, 'notIn'>('notIn', VALUES),
  keyed<FeatureSchema, 'valency'>('valency', oneOrListCodec(boundsCodec(COUNT_CODEC))),
  keyed<FeatureSchema, 'shape'>(
    'shape',
    listCodec(numberCodec('a whole number, 1 or more', 1, 2 ** 31, true)),
  ),
  keyed<FeatureSchema, 'holds'>('holds', oneOfCodec('integer', 'float')),
  keyed<FeatureSchema, 'categorical'>('categorical', FLAG_CODEC),
  keyed<FeatureSchema, 'boolean'>('boolean', BOOLEAN_WORDS),
  keyed<FeatureSchema, 'range'>('range', RANGE_CODEC),
  keyed<FeatureSchema, 'median'>('median', RANGE_CODEC),
  keyed<FeatureSchema, 'nan'>('nan', FLAG_CODEC),
  keyed<FeatureSchema, 'infinity'>('infinity', FLAG_CODEC),
  keyed<FeatureSchema, 'length'>('length', boundsCodec(COUNT_CODEC)),
  keyed<FeatureSchema, 'matches'>('matches', checked(TEXT_CODEC, patternFault)),
  keyed<FeatureSchema, 'timeFormat'>('timeFormat', checked(TEXT_CODEC, timeFormatFault)),
  keyed<FeatureSchema, 'domain'>('domain', DOMAIN),
  keyed<FeatureSchema, 'minDomainMass'>('minDomainMass', FRACTION_CODEC),
  keyed<FeatureSchema, 'balance'>('balance', boundsCodec(FRACTION_CODEC)),
  keyed<FeatureSchema, 'unique'>('unique', FLAG_CODEC),
  keyed<FeatureSchema, 'distinct'>('distinct', boundsCodec(COUNT_CODEC)),
  keyed<FeatureSchema, 'drift'>('drift', COMPARATOR),
  keyed<FeatureSchema, 'skew'>('skew', COMPARATOR),
  keyed<FeatureSchema, 'expect'>('expect', oneOrListCodec(EXPECTATION)),
  keyed<FeatureSchema, 'tfdv'>('tfdv', TEXT_CODEC),
];

/** One feature as it stands in the file, without its name. */
const FEATURE = recordCodec<FeatureSchema>(FEATURE_FIELDS, {
  name: '',
  types: [],
  in: [],
  notIn: [],
  expect: [],
});

const FEATURES: Codec<readonly FeatureSchema[]> = {
  read: (node, source) =>
    pairs(node, source).map(({ key, pair, comment }) => ({
      ...FEATURE.read(pair.value as Node | null, source),
      name: key,
      ...(comment === undefined ? {} : { comment }),
    })),
  write: (all) => new Map(all.map((each) => [each.name, FEATURE.write(each)])),
};

const TABLE_FIELDS = [
  keyed<TableSchema, 'rows'>('rows', boundsCodec(COUNT_CODEC)),
  keyed<TableSchema, 'growth'>('growth', boundsCodec(AMOUNT_CODEC)),
  keyed<TableSchema, 'keys'>('keys', listCodec(oneOrListCodec(TEXT_CODEC))),
  keyed<TableSchema, 'expect'>('expect', oneOrListCodec(EXPECTATION)),
  keyed<TableSchema, 'features'>('features', FEATURES),
];
const EMPTY_TABLE: TableSchema = { name: '', keys: [], expect: [], features: [] };
const TABLE = recordCodec<TableSchema>(TABLE_FIELDS, EMPTY_TABLE);
const TABLES = dictionaryCodec(TABLE);

const DRIFT_SETTINGS = recordCodec<DriftSettings>(
  [
    keyed('ignore', VALUES),
    keyed('watch', VALUES),
    keyed('thresholds', dictionaryCodec(DISTANCE)),
    keyed('features', dictionaryCodec(dictionaryCodec(DISTANCE))),
  ],
  NO_DRIFT_SETTINGS,
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

const FILE = recordCodec<File>(
  [
    keyed<File, 'varveSchema'>('varveSchema', numberCodec('1', 1, Number.MAX_SAFE_INTEGER, true)),
    keyed<File, 'environments'>('environments', VALUES),
    keyed<File, 'domains'>('domains', dictionaryCodec(VALUES)),
    ...(TABLE_FIELDS as never[]),
    keyed<File, 'tables'>('tables', TABLES),
    keyed<File, 'timeLimit'>(
      'timeLimit',
      numberCodec(`seconds, from 1 to ${MAX_TIME_LIMIT}`, 1, MAX_TIME_LIMIT, true),
    ),
    keyed<File, 'drift'>('drift', DRIFT_SETTINGS),
    keyed<File, 'tfdv'>('tfdv', TEXT_CODEC),
  ],
  { ...EMPTY_TABLE, varveSchema: 0, environments: [], domains: {}, tables: {}, drift: NO_DRIFT_SETTINGS },
);

/** The whole file; `write` gives maps and lists in the order of the file. */
export const SCHEMA_FILE: Codec<Schema> = {
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
    } = FILE.read(node, source);
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
    const top = all.find((each) => each.name === '') ?? EMPTY_TABLE;
    const others = Object.fromEntries(
      all.filter((each) => each.name !== '').map((each) => [each.name, each]),
    );
    return FILE.write({ ...rest, ...top, tables: others });
  },
};
