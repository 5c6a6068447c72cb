import { expect, test } from 'vitest';
import { textDigest } from '../../../src/profile/hashing/hash.ts';
import { HASH_END, SKETCH_SIZE, sketchOf } from '../../../src/profile/hashing/sketch.ts';
import type { FeatureProfile, FeatureType, TableProfile } from '../../../src/profile/model/model.ts';
import { listedValue } from '../../../src/profile/model/value-counts.ts';
import { parseSchema } from '../../../src/schema/format/parse.ts';
import type { FeatureSchema, Schema } from '../../../src/schema/model.ts';
import { checkFeature, relaxFeature } from '../../../src/schema/rules/all.ts';
import type { Violation } from '../../../src/schema/rules/rule.ts';
import { validateProfile } from '../../../src/schema/validate.ts';
import { type Cell, profileOf, tableOf } from '../profile-of.ts';

/**
 * What each rule says at its borders and on both sides of them, and what a feature becomes that is relaxed. All is written into
 * findings.txt, which a person reads when it changes: `npx vitest run tests/schema/rules -u` writes it anew.
 */
type Case = [
  constraints: string,
  cells: readonly Cell[],
  type?: FeatureType,
  change?: Partial<FeatureProfile>,
];

/** As of a column with more different values than a profile lists. */
const more = {
  values: {
    exact: false,
    bound: 1,
    values: [
      ['a', 3],
      ['b', 2],
    ],
  },
} as Partial<FeatureProfile>;
/** As of a column in which all values are different, and too many to list. */
const unlisted = { values: { exact: false, bound: 1, values: [] } } as Partial<FeatureProfile>;
/** As of lists in lists: only the innermost ones are counted. */
const nested = { path: ['x', '[]', '[]'] };
/** A text too long to be listed whole, and its beginning and digest in its place. */
const long = 'l'.repeat(300);
const cut = {
  values: { exact: true, bound: 0, values: [[listedValue(long, () => textDigest(long)), 2]], cut: [0] },
} as Partial<FeatureProfile>;
/** Of ten values: how many are different is an estimate, `SKETCH_SIZE` divided by the share of hashes below theta. */
const estimated = (distinct: number, values: [string, number][] = []) => ({
  count: 10,
  values: { exact: false, bound: 2, values },
  distinct: sketchOf([], (HASH_END * SKETCH_SIZE) / distinct),
});
/** Zero and one, with a count of values below one, as TFDV's statistics spread them. */
const belowOne = (count: number) => ({
  numeric: {
    min: '0',
    max: '1',
    zeros: 1,
    nan: 0,
    positiveInfinity: 0,
    negativeInfinity: 0,
    moments: { scale: 0, parts: [] },
    negative: [],
    positive: [[-64, count]] as const,
  },
});
const days = (...counts: [number, number][]) => ({
  time: { min: null, max: null, weekday: [], hour: [], days: counts, dayWidth: 1 },
});
const remarks = new Map<object, string>([
  [more, ' and more'],
  [unlisted, ', not listed'],
  [nested, ' in lists'],
  [cut, ' and cut'],
]);
const pages = (types: string, rest = '') => `{ type: ${types}${rest && `, ${rest}`} }`;
const text = (rest: string) => pages('string', rest);
const integer = (rest: string) => pages('integer', rest);
const float = (rest: string) => pages('float', rest);

const cases: readonly Case[] = [
  [text('presence: { minFraction: 0.5 }'), ['a', null]],
  [text('presence: { minFraction: 0.51 }'), ['a', null]],
  [text('presence: { minFraction: 0.7 }'), ['a', 'a', null]],
  [text('presence: required'), ['a', null]],
  [text('presence: required'), ['a', 'b']],
  [text('presence: { minFraction: 0.9 }'), [['a'], null]],
  [text('domain: [a]'), [['a', 'b']]],
  [text('matches: a'), [['a', 'b']]],
  [text('unique: true'), [['a', 'a']]],
  [text('length: { max: 1 }'), [['a', 'bb']]],
  [text('balance: { max: 0.5 }'), [['a', 'a', 'b']]],
  [text('boolean: { true: a, false: b }'), [['a', 'c']]],
  [integer('boolean: true'), [[1, 2]]],
  [integer('range: { max: 1 }'), [[1, 2]]],
  [integer('median: { min: 2, max: 3 }'), [1, 2, 3]],
  [integer('median: { min: 3 }'), [1, 2, 3, null]],
  [float('median: { max: 1.5 }'), [1.5, 2.5, 3.5]],
  [float('median: { min: 5, max: 6 }'), [null, null]],
  [integer('median: { min: 2 }'), [1, 2, 3]],
  [integer('median: { max: 2 }'), [1, 2, 3]],
  [integer('median: { min: 5 }'), [1, 2, 3]],
  [integer('median: { max: 1 }'), [1, 2, 3]],
  [integer('median: { min: 5, max: 9 }'), [1, 2, 3]],
  [integer('median: { min: 0, max: 1 }'), [1, 2, 3]],
  [float('median: { min: 1 }'), [7.5, -9.5, 5.5, -1.5, 0.5]],
  [float('median: { max: -1 }'), [7.5, -9.5, 5.5, -1.5, 0.5]],
  [integer('range: { max: 1 }, median: { max: 1 }'), [1, 2, 2]],
  [text('presence: { minCount: 2 }'), ['a', 'b', null]],
  [text('presence: { minCount: 3 }'), ['a', 'b', null]],
  [text('presence: { minCount: 3, minFraction: 0.9 }'), ['a', null]],
  [pages('integer'), ['a']],
  [pages('float'), [1, 2]],
  [pages('decimal'), [1, 2]],
  [pages('integer'), [1.5]],
  [pages('[integer, string]'), [1.5]],
  [pages('[integer, string]', 'domain: [a]'), [1.5]],
  [pages('integer'), [true]],
  [pages('[decimal, string]'), [1.5]],
  [integer('boolean: true'), [true, false]],
  [text('domain: [a, b]'), ['a', 'b']],
  [text('domain: [a, b]'), ['a', 'c', 'c', 'd', 'e']],
  [text('domain: [a], minDomainMass: 0.5'), ['a', 'b']],
  [text('domain: [a], minDomainMass: 0.6'), ['a', 'b']],
  [text('domain: [a], minDomainMass: 0.6'), ['a', 'c', 'c', 'c', 'b']],
  [text('domain: [a, b]'), ['a', 'a', 'a', 'b', 'b', 'c'], 'string', more],
  [text('domain: [a]'), ['a', 'a', 'a', 'b', 'b', 'c'], 'string', more],
  [text('domain: [a, b], minDomainMass: 0.5'), Array(6).fill('a'), 'string', more],
  [text('balance: { min: 0.2, max: 0.8 }'), ['a', 'a', 'a', 'a', 'b']],
  [text('balance: { min: 0.21 }'), ['a', 'a', 'a', 'a', 'b']],
  [text('balance: { max: 0.79 }'), ['a', 'a', 'a', 'a', 'b']],
  [text('balance: { min: 0.4, max: 0.6 }'), ['a', 'a', 'b']],
  [text('domain: [a, b, c], balance: { min: 0.1 }'), ['a', 'b']],
  [text('domain: [a, b], balance: { min: 0.1, max: 0.9 }'), ['a']],
  [text('balance: { min: 0.1 }'), ['a', 'a', 'a', 'b', 'b', 'c'], 'string', more],
  [text('balance: { min: 0.4 }'), ['a', 'a', 'a', 'b', 'b', 'c'], 'string', more],
  [text('boolean: { true: yes, false: no }'), ['yes', 'no']],
  [text('boolean: { true: yes, false: no }'), ['yes', 'maybe']],
  [text('boolean: { true: a, false: b }'), ['a', 'a', 'a', 'b', 'b', 'c'], 'string', more],
  [integer('boolean: true'), [0, 1]],
  [integer('boolean: true'), [0, 2]],
  [integer('boolean: true'), [0, -1]],
  [float('boolean: true'), [0, 1], 'float'],
  [float('boolean: true'), [0, 0.5], 'float'],
  [float('boolean: true'), [0.25, 1], 'float'],
  [float('boolean: true'), [0, Number.NaN], 'float'],
  [float('boolean: true'), [0, Number.POSITIVE_INFINITY], 'float'],
  [float('boolean: true'), [0, Number.NEGATIVE_INFINITY], 'float'],
  [float('boolean: true'), [-0.5, 1.5], 'float'],
  [integer('range: { min: 1, max: 5 }'), [1, 5]],
  [integer('range: { min: 1, max: 5 }'), [0, 6]],
  [integer('range: { min: 1 }'), [0, 6]],
  [integer('range: { max: 5 }'), [0, 6]],
  [integer('range: { max: 9007199254740992 }'), [9007199254740993n]],
  [float('range: { min: 0.5, max: 1.5 }'), [0.25, 2], 'float'],
  [float('range: { min: 0, max: 1 }'), [Number.NEGATIVE_INFINITY, 0.5], 'float'],
  [float('range: { min: 0, max: 1 }'), [Number.POSITIVE_INFINITY, 0.5], 'float'],
  [float('range: { min: 0 }'), [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, 0.5], 'float'],
  [float('range: { max: 0 }'), [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, 0.5], 'float'],
  [float('range: { min: 0, max: 1 }'), [Number.NaN], 'float'],
  [
    float('nan: false, infinity: false'),
    [1, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
    'float',
  ],
  [float('nan: false'), [1, Number.POSITIVE_INFINITY], 'float'],
  [float('infinity: false'), [1, Number.NaN], 'float'],
  [float('nan: false, infinity: false, range: { max: 0 }'), [1, Number.NaN], 'float'],
  [text('holds: integer'), ['1', ' 2 ', '-3']],
  [text('holds: integer'), ['1', '2.5', 'x', 'x']],
  [text('holds: float'), ['1', '2.5', '1e3', 'inf', 'NaN', '-Infinity']],
  [text('holds: float'), ['1', 'one']],
  [text('holds: float, nan: false, infinity: false'), ['1', 'nan', '+inf', '-Infinity', '-NaN']],
  [text('holds: integer, range: { min: 2, max: 3 }'), ['1', '10', '2']],
  [text('holds: float, range: { min: 2, max: 3 }'), ['1.5', '2.5']],
  [
    text('holds: integer, range: { min: 0 }'),
    ['1'],
    'string',
    { ...more, values: { exact: false, bound: 1, values: [['1', 1]] } },
  ],
  [text('holds: integer'), ['1'], 'string', { values: { exact: false, bound: 1, values: [['1', 1]] } }],
  [text('length: { min: 1, max: 2 }'), ['a', 'bb']],
  [text('length: { min: 2, max: 3 }'), ['a', 'bbbb']],
  [text('length: { min: 2 }'), ['a', 'bbbb']],
  [text('length: { max: 3 }'), ['a', 'bbbb']],
  [pages('bytes', 'length: { max: 3 }'), ['aaaa'], 'bytes'],
  [text('matches: "[ab]+"'), ['a', 'ab']],
  [text('matches: "[ab]+"'), ['a', 'c', 'cc', 'cc']],
  [text('matches: "[ab]+"'), ['a', 'c']],
  [text('matches: "[ab]+"'), ['a', 'a', 'a', 'b', 'b', 'c'], 'string', more],
  [text('matches: "a+"'), ['a', 'a', 'a', 'b', 'b', 'c'], 'string', more],
  [text('timeFormat: "%Y-%m-%d"'), ['2024-01-31']],
  [text('timeFormat: "%Y-%m-%d"'), ['31.1.2024', '2024-01-31']],
  [pages('date', 'range: { min: 2024-01-02, max: 2024-01-03 }'), ['2024-01-02', '2024-01-03'], 'date'],
  [pages('date', 'range: { min: 2024-01-02, max: 2024-01-03 }'), ['2024-01-01', '2024-01-04'], 'date'],
  [pages('timestamp', 'range: { max: 2024-01-03 }'), ['2024-01-04T00:00:00.000000Z'], 'timestamp'],
  [
    pages('timestamp', 'range: { max: "2024-01-03T00:00:00Z" }'),
    ['2024-01-03T00:00:00.000001Z'],
    'timestamp',
  ],
  [pages('timestamp', 'range: { max: 2024-01-03 }'), ['2024-01-03T23:59:59.999999Z'], 'timestamp'],
  [text('distinct: { min: 2, max: 2 }'), ['a', 'b']],
  [text('distinct: { min: 3, max: 4 }'), ['a', 'b']],
  [text('distinct: { max: 1 }'), ['a', 'b']],
  [text('distinct: { min: 3 }'), ['a', 'b']],
  [text('unique: true'), ['a', 'b']],
  [text('unique: true'), ['a', 'a', 'b', 'b']],
  [text('unique: true'), ['a', 'a', 'b']],
  [text('unique: true'), ['a', 'b'], 'string', unlisted],
  [text('unique: true'), ['a', 'b', 'b'], 'string', unlisted],
  [text('unique: true'), ['a', 'b', 'c'], 'string', estimated(10)],
  [text('unique: true'), ['a', 'b', 'c'], 'string', estimated(9)],
  [text('unique: true'), ['a', 'b', 'c'], 'string', estimated(8)],
  [text('unique: true'), ['a', 'b', 'c'], 'string', estimated(10, [['a', 2]])],
  [text('unique: true'), [['a', null]]],
  [text('valency: { min: 1, max: 2 }'), [['a'], ['a', 'b']]],
  [text('valency: { min: 2, max: 2 }'), [['a'], ['a', 'b', 'c']]],
  [text('valency: { min: 2 }'), [['a'], ['a', 'b', 'c']]],
  [text('valency: { max: 2 }'), [['a'], ['a', 'b', 'c']]],
  [text('valency: { min: 1, max: 1 }'), ['a']],
  [text('valency: { min: 2 }'), ['a']],
  [text('valency: [{ min: 1 }, { max: 2 }]'), [['a']]],
  [
    text('shape: [2]'),
    [
      ['a', 'b'],
      ['c', 'd'],
    ],
  ],
  [
    text('shape: [2, 2]'),
    [
      ['a', 'b'],
      ['c', 'd'],
    ],
  ],
  [text('shape: [2]'), [['a', 'b'], ['c']]],
  [text('shape: [2]'), [['a', 'b'], null]],
  [text('shape: [1]'), ['a']],
  [text('shape: [2]'), [[], []], 'string'],
  [text('shape: [2, 3]'), [['a'], ['a', 'b']], 'string', nested],
  [text('valency: [{ min: 1 }, { min: 3 }]'), [['a'], ['a', 'b']], 'string', nested],
  [text('valency: [{ max: 1 }, { max: 1 }]'), [['a'], ['a', 'b']], 'string', nested],
  [text('valency: [{ min: 1, max: 2 }, { min: 1, max: 2 }]'), [['a'], ['a', 'b']], 'string', nested],
  [text('valency: []'), [['a']]],
  [text('boolean: { true: a, false: b }'), ['a', 'b', 'c'], 'string', unlisted],
  [text(`boolean: { true: ${long}, false: b }`), ['a', 'a'], 'string', cut],
  [text('boolean: { true: a, false: b }'), ['a', 'a'], 'string', cut],
  [float('boolean: true'), [0, 0], 'float'],
  [float('boolean: true'), [null, null], 'float'],
  [integer('boolean: true'), [0, 1], 'integer', belowOne(1)],
  [float('boolean: true'), [0, 1], 'float', belowOne(1)],
  [float('boolean: true'), [0, 1], 'float', belowOne(0)],
  [text('domain: [a]'), ['a', 'd', 'd', 'c']],
  [text('domain: [a], minDomainMass: 0.6'), ['a', 'a', 'a', 'b', 'b', 'c'], 'string', more],
  [text('domain: [a], minDomainMass: 0.5'), [['a', 'b', 'c', null, null]]],
  [text('domain: [a]'), [null, null]],
  [
    text('domain: [a], minDomainMass: 0.5'),
    ['b', 'c', 'c', 'c'],
    'string',
    {
      values: {
        exact: true,
        bound: 0,
        values: [
          ['b', 1],
          ['c', 3],
        ],
      },
    },
  ],
  [text(`domain: [${long}]`), ['a', 'a'], 'string', cut],
  [text('domain: [a]'), ['a', 'a'], 'string', cut],
  [text('balance: { max: 0.6 }'), [['a', 'a', 'b', null]]],
  [text('balance: { min: 0.3 }'), ['a', 'a', 'a', 'b', 'b', 'c']],
  [text('domain: [a, b], balance: { min: 0.1 }'), [null, null]],
  [text('length: { max: 1 }'), [10, 20]],
  [text('length: { min: 1 }'), [null, null], 'string'],
  [text('matches: a'), [1, 2]],
  [text('timeFormat: "%Y"'), [1, 2]],
  [pages('date', 'range: { min: 2024-01-02, max: 2024-01-03 }'), [null, null], 'date'],
  [pages('date', 'range: { min: 2024-01-02 }'), ['2024-01-02', '2024-01-04'], 'date'],
  [pages('date', 'range: { max: 2024-01-03 }'), ['2024-01-01', '2024-01-03'], 'date'],
  [pages('date', 'range: { min: 2024-01-02 }'), [['2024-01-01']], 'date'],
  [pages('timestamp', 'range: { max: "2024-01-03T00:00:00Z" }'), ['2024-01-03T00:00:00Z'], 'timestamp'],
  [pages('[integer, date]', 'median: { max: 2 }'), ['1970-01-04'], 'date', days([3, 1])],
  [integer('median: { min: 4, max: 5 }'), [9, 9, 1, 2, 3]],
  [float('range: { max: 1 }'), [Number.NEGATIVE_INFINITY, 0.5], 'float'],
  [float('range: { min: 0 }'), [Number.POSITIVE_INFINITY, 0.5], 'float'],
  [pages('[float, string]', 'range: { max: 1 }'), [2.5]],
  [pages('decimal', 'range: { max: 1 }'), [2], 'decimal'],
  [float('range: { max: 1 }'), [[2.5]]],
  [float('nan: false'), [[Number.NaN]], 'float'],
  [pages('[integer, string]', 'range: { min: 2, max: 3 }'), ['1']],
  [text('holds: integer'), [['x']]],
  [text('holds: integer'), [1.5]],
  [text('holds: integer, range: { max: 1 }'), [['2']]],
  [text('holds: integer, range: { max: 1 }'), [['a', 'b']], 'string', unlisted],
  [text('holds: integer, range: { max: 5 }'), ['1', '2'], 'string', unlisted],
  [text('holds: integer, range: { max: 5 }'), [1, 2], 'integer', unlisted],
  [text('holds: integer, range: { max: 3 }'), ['12'], 'bytes'],
  [text('holds: integer, range: { min: 2 }'), [' 1 ']],
  [text('holds: float, range: { min: 2 }'), ['nan', 'nan', '1']],
  [text('holds: float, range: { min: 0, max: 1 }'), ['inf', '-Infinity', '0.5']],
  [text('holds: float, range: { max: 1 }'), ['-inf', '0.5']],
  [text('holds: float, nan: false, infinity: false'), ['xnan', 'nanx', 'xinf', 'infx', ' inf ', ' nan ']],
  [text('holds: float, nan: false, infinity: false'), ['x-inf', '-infx', '-inf', '+inf', 'x+inf']],
  [pages('[string, float]', 'holds: integer, nan: false, infinity: false'), ['nan', 'inf']],
];

const schemaOf = (features: string, rest = ''): Schema =>
  parseSchema(`varveSchema: 1\n${rest}features: { x: ${features} }\n`, 'x.schema.yaml');

function said(found: readonly Violation[]): string[] {
  return found.map(
    ({ kind, ...rest }) =>
      `  ${kind}\n${Object.entries(rest)
        .map(([name, value]) => `    ${name}: ${value}`)
        .join('\n')}`,
  );
}

/** What relaxing changes, of the feature as it was. */
function changed(before: FeatureSchema, after: FeatureSchema): string {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])] as (keyof FeatureSchema)[];
  const written = (feature: FeatureSchema, name: keyof FeatureSchema) =>
    name in feature
      ? JSON.stringify(feature[name], (_, value) => (value === undefined ? 'undefined' : value))
      : 'dropped';
  const differ = names.filter((name) => written(before, name) !== written(after, name));
  return differ.map((name) => `${name} ${written(after, name)}`).join(', ');
}

function told([constraints, cells, type, change = {}]: Case): string {
  const schema = schemaOf(constraints);
  const [feature] = schema.tables[0]!.features;
  const made = tableOf('', { x: cells }, type === undefined ? {} : { x: type });
  const table: TableProfile = { ...made, features: [{ ...made.features[0]!, ...change }] };
  const subject = { schema, table, feature: feature!, profile: table.features[0]! };
  const found = checkFeature(subject);
  const relaxed = relaxFeature(subject);
  expect(changed(feature!, relaxed) === '', 'a feature that is not relaxed is the same object').toBe(
    relaxed === feature,
  );
  const values = JSON.stringify(cells, (_, value) =>
    typeof value === 'bigint' || Object.is(value, Number.NaN) || Math.abs(value) === Infinity
      ? String(value)
      : value,
  );
  return [
    `${constraints} of ${values}${remarks.get(change) ?? ''}`,
    ...said(found),
    ...(relaxed === feature ? [] : [`  → ${changed(feature!, relaxed)}`]),
  ].join('\n');
}

test('each rule says what it finds, and what would satisfy the data', async () => {
  await expect(`${cases.map(told).join('\n\n')}\n`).toMatchFileSnapshot('findings.txt');
});

type Table = Readonly<Record<string, readonly Cell[]>>;
type TableCase = [
  schema: string,
  data: Table,
  previous?: Table | undefined,
  options?: { environment?: string; serving?: Table },
];

const tableCases: readonly TableCase[] = [
  ['rows: { min: 2, max: 2 }\n', { x: ['a', 'b'] }],
  ['rows: { min: 3 }\n', { x: ['a', 'b'] }],
  ['rows: { max: 1 }\n', { x: ['a', 'b'] }],
  ['', { x: [] }],
  ['rows: { min: 0 }\n', { x: [] }],
  ['growth: { min: 0.5, max: 2 }\n', { x: ['a', 'b'] }, { x: ['a'] }],
  ['growth: { max: 1.5 }\n', { x: ['a', 'b'] }, { x: ['a'] }],
  ['growth: { min: 0.6 }\n', { x: ['a'] }, { x: ['a', 'b'] }],
  ['growth: { min: 0.5 }\n', { x: ['a'] }, { x: ['a', 'b'] }],
  ['growth: { max: 1.5 }\n', { x: ['a'] }, { x: [] }],
  ['rows: { min: 0 }\ngrowth: { min: 0.5, max: 1.5 }\n', { x: [] }, { x: [] }],
  ['keys: [x]\n', { x: ['a', 'b'] }],
  ['keys: [x]\n', { x: ['a', 'a'] }],
  ['keys: [x]\n', { x: ['a', null] }],
  ['keys: [[x, y]]\n', { x: ['a', 'b'], y: ['c', 'c'] }],
  ['keys: [[x, y]]\n', { x: ['a', 'a'], y: ['c', 'c'] }],
  ['keys: [[x, y]]\n', { x: ['a', 'a'] }],
  ['expect: x > 1\n', { x: [1, 2] }],
  ['expect: [{ sql: x > y, name: more, severity: warning, maxFraction: 0.1 }]\n', { x: [1], y: [2] }],
];

const features =
  'features: { x: { type: [string, integer], presence: required }, y: { type: [string, integer] } }\n';
const comparisons: readonly [string, Table, Table][] = [
  ['drift: { l-infinity: 0.5 }', { x: ['a', 'b'] }, { x: ['a', 'a'] }],
  ['drift: { l-infinity: 0.49 }', { x: ['a', 'b'] }, { x: ['a', 'a'] }],
  ['drift: { jensen-shannon: 0.1 }', { x: ['a', 'b'] }, { x: ['a', 'a'] }],
  ['drift: { normalized-absolute-difference: 0.1 }', { x: ['a', 'b'] }, { x: ['a', 'a'] }],
  ['drift: { l-infinity: 0.1 }', { x: ['a', 'b'] }, { y: ['a'] }],
  ['drift: { l-infinity: 0.1 }', { x: ['a', 'b'] }, { x: [null, null] }],
  ['skew: { l-infinity: 0.1 }', { x: ['a', 'b'] }, { x: ['a', 'a'] }],
  ['skew: { l-infinity: 0.1 }', { x: ['a', 'b'] }, { y: ['a'] }],
];

/** Alike in ten bins of equal width, not value by value. */
const [numbers, otherNumbers] = [{ x: [0, 1, 2, 99] }, { x: [3, 4, 5, 99] }];

const columnCases: readonly TableCase[] = [
  ['features: { x: { type: integer, drift: { jensen-shannon: 0.5 } } }\n', numbers, otherNumbers],
  [
    'features: { x: { type: integer, categorical: true, drift: { jensen-shannon: 0.5 } } }\n',
    numbers,
    otherNumbers,
  ],
  ['features: { x: { type: string, drift: { jensen-shannon: 0.5 } } }\n', { x: [['a']] }, { x: [[]] }],
  ['features: { x: { type: string, drift: {} } }\n', { x: ['a'] }, { x: [null] }],
  ['features: { x: { type: string }, z: { type: string, presence: { minFraction: 0.5 } } }\n', { x: ['a'] }],
  [
    'tables: { t: { features: { x: { type: string, presence: required, deprecated: true }, z: { type: string, presence: required } } } }\n',
    { x: ['a'] },
  ],
  [
    'environments: [SERVING]\nfeatures: { x: { type: string, presence: required }, z: { type: string } }\n',
    { z: ['a'] },
    undefined,
    { environment: 'SERVING' },
  ],
  [
    'features: { x: { type: string, presence: required }, z: { type: [string, date], presence: required } }\n',
    { x: ['a'] },
  ],
  ['features: { x: { type: string, presence: { minCount: 1 } } }\n', { x: [null] }],
  ['features: { x: { type: string } }\n', { x: [null], y: ['new'] }],
  ['features: { x: { type: string, presence: required, deprecated: true } }\n', { y: ['new'] }],
  [
    'environments: [SERVING]\nfeatures: { x: { type: string, presence: required, notIn: [SERVING] } }\n',
    { x: ['a'] },
    undefined,
    { environment: 'SERVING' },
  ],
  [
    'environments: [SERVING]\nfeatures: { x: { type: string, presence: required, notIn: [SERVING] }, y: { type: string, presence: required, in: [TRAINING] } }\n',
    { z: ['a'] },
    undefined,
    { environment: 'TRAINING' },
  ],
];

async function report([schema, data, previous, options = {}]: TableCase): Promise<string> {
  const { environment, serving } = options;
  const { anomalies, valid } = await validateProfile(
    profileOf(data),
    parseSchema(`varveSchema: 1\n${schema}`, 's'),
    {
      name: 'data',
      schemaName: 's',
      ...(previous && { previous: profileOf(previous) }),
      ...(serving && { serving: profileOf(serving) }),
      ...(environment !== undefined && { environment }),
    },
  );
  const given = JSON.stringify([data, previous, options].filter((each) => each !== undefined));
  return [`${schema.trim()} of ${given}: ${valid ? 'valid' : 'not valid'}`, ...said(anomalies)].join('\n');
}

test('tables, keys, columns and comparators', async () => {
  const compared = comparisons.map(([comparator, data, other]): TableCase => {
    const schema = `features: { x: { type: string, ${comparator} }, y: { type: string } }\n`;
    return comparator.startsWith('drift')
      ? [schema, data, other]
      : [schema, data, undefined, { serving: other }];
  });
  const all = [
    ...tableCases.map(([schema, ...rest]): TableCase => [schema + features, ...rest]),
    ...columnCases,
    ...compared,
  ];
  const reports = [];
  for (const each of all) reports.push(await report(each));
  await expect(`${reports.join('\n\n')}\n`).toMatchFileSnapshot('tables.txt');
});
