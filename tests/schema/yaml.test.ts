import { expect, test } from 'vitest';
import { parseSchema } from '../../src/schema/format/parse.ts';
import { stringifySchema } from '../../src/schema/format/stringify.ts';
import { inferSchema } from '../../src/schema/infer.ts';
import { proposeUpdate } from '../../src/schema/update.ts';
import { validateProfile } from '../../src/schema/validate.ts';
import { profileOf, tableOf } from './profile-of.ts';

const options = { name: 'data.csv', schemaName: 'data.csv.schema.yaml' };
const good = profileOf({
  id: Array.from({ length: 200 }, (_, index) => index),
  carrier: Array.from({ length: 200 }, (_, index) => ['AA', 'DL', '9E'][index % 3] as string),
  delay: Array.from({ length: 200 }, (_, index) => (index === 7 ? null : index / 7 - 3)),
  tags: Array.from({ length: 200 }, (_, index) => ['a', 'b'].slice(0, 1 + (index % 2))),
});
const bad = profileOf({
  id: [-1, 1, 2],
  carrier: ['AA', 'ZZ', null],
  delay: ['late', 'x', 'y'],
  tags: [[], ['a'], ['b']],
  extra: [true, false, true],
});

test('an inferred schema reads well and accepts its own data', async () => {
  const text = stringifySchema(inferSchema([good]));
  expect(text).toMatchInlineSnapshot(`
    "# The schema of this dataset: read it, edit it, keep it in Git. Every key is explained in varve's docs/reference/schema.md.

    varveSchema: 1
    features:
      id:
        type: integer
        presence: required
        range: { min: 0 }
        unique: true
      carrier:
        type: string
        presence: required
        domain: [ 9E, AA, DL ]
      delay:
        type: float
        presence: { minFraction: 0.85, minCount: 1 }
        range: { min: -50, max: 70 }
        median: { min: 2.71, max: 19.9 }
        nan: false
        infinity: false
      tags.[]:
        type: string
        presence: required
        valency: { min: 1 }
        domain: [ a, b ]
    "
  `);
  const schema = parseSchema(text, 'data.csv.schema.yaml');
  const report = await validateProfile(good, schema, options);
  expect(report.anomalies).toEqual([]);
  expect(report.valid).toBe(true);
});

test('data that breaks it is named, kind by kind', async () => {
  const report = await validateProfile(bad, inferSchema([good]), options);
  expect(report.anomalies.map(({ feature, kind }) => `${feature} ${kind}`)).toMatchInlineSnapshot(`
    [
      "id INT_TYPE_SMALL_INT",
      "carrier FEATURE_TYPE_LOW_FRACTION_PRESENT",
      "carrier ENUM_TYPE_UNEXPECTED_STRING_VALUES",
      "delay UNEXPECTED_DATA_TYPE",
      "tags.[] FEATURE_TYPE_LOW_NUMBER_VALUES",
      "extra SCHEMA_NEW_COLUMN",
    ]
  `);
  expect(report.valid).toBe(false);
});

test('an update keeps comments and order, and the new data passes', async () => {
  const text = `# ours
varveSchema: 1
features:
  # the number of the row
  id:
    type: integer # no gaps
    range: { min: 0 } # from zero
  carrier:
    type: string
    presence: required
    domain:
      - AA # American
      - DL
  gone: { type: string, presence: required }
`;
  const { text: updated, changes, diff } = proposeUpdate(text, 'x.schema.yaml', bad);
  expect(updated).toMatchInlineSnapshot(`
    "# ours
    varveSchema: 1
    features:
      # the number of the row
      id:
        type: integer # no gaps
        range: { min: -1 } # from zero
      carrier:
        type: string
        presence: { minFraction: 0.6666, minCount: 1 }
        domain:
          - AA # American
          - DL
          - ZZ
      gone: { type: string }
      delay:
        type: string
        presence: required
      tags.[]:
        type: string
        presence: required
      extra:
        type: boolean
        presence: required
    "
  `);
  expect(changes.map((each) => each.description)).toMatchInlineSnapshot(`
    [
      "features.id.range.min goes from 0 to -1",
      "features.carrier.presence goes from required to minFraction 0.6666, minCount 1",
      "features.carrier.domain gains "ZZ"",
      "features.gone.presence goes",
      "features.delay is new",
      "features.tags.[] is new",
      "features.extra is new",
    ]
  `);
  expect(diff).toMatchInlineSnapshot(`
    "--- x.schema.yaml
    +++ x.schema.yaml
    @@ -4,11 +4,21 @@
       # the number of the row
       id:
         type: integer # no gaps
    -    range: { min: 0 } # from zero
    +    range: { min: -1 } # from zero
       carrier:
         type: string
    -    presence: required
    +    presence: { minFraction: 0.6666, minCount: 1 }
         domain:
           - AA # American
           - DL
    -  gone: { type: string, presence: required }
    +      - ZZ
    +  gone: { type: string }
    +  delay:
    +    type: string
    +    presence: required
    +  tags.[]:
    +    type: string
    +    presence: required
    +  extra:
    +    type: boolean
    +    presence: required
    "
  `);
  const after = await validateProfile(bad, parseSchema(updated, 'x'), options);
  expect(after.anomalies).toEqual([]);
  expect(proposeUpdate(updated, 'x', bad)).toEqual({ text: updated, changes: [], diff: '' });
});

test('an update leaves the lines that it does not change as they were laid out', () => {
  const text = `varveSchema:   1   # spaced
features:
    carrier:
        type:  string
        domain: ['AA',
                 "DL"]   # two
    id:   {type: integer, range: {min: 0}}
    delay:
        # a long line that nobody folds, however much longer than a hundred characters it may grow in time
        type: [string, float]
        expect: "delay is not null or carrier is not null or tags is not null or extra is not null or id > 0"


    tags: { type: string }
    extra: {type: boolean}
`;
  const { text: updated, diff } = proposeUpdate(text, 'x', bad);
  expect(diff).toMatchInlineSnapshot(`
    "--- x
    +++ x
    @@ -2,9 +2,8 @@
     features:
         carrier:
             type:  string
    -        domain: ['AA',
    -                 "DL"]   # two
    -    id:   {type: integer, range: {min: 0}}
    +        domain: ['AA', "DL", ZZ] # two
    +    id: {type: integer, range: {min: -1}}
         delay:
             # a long line that nobody folds, however much longer than a hundred characters it may grow in time
             type: [string, float]
    "
  `);
  expect(updated).toContain('varveSchema:   1   # spaced');
});

test('a column that was never filled may become anything', async () => {
  const text = stringifySchema(inferSchema([profileOf({ x: [null, null] })]));
  expect(text).toContain('type: any');
  const schema = parseSchema(text, 'x');
  for (const cells of [[1], ['a'], [true]])
    expect((await validateProfile(profileOf({ x: cells }), schema, options)).anomalies).toEqual([]);
});

test('a directory has a schema for each table', async () => {
  const tables = [
    tableOf('train', { x: [1, 2] }),
    tableOf('test', { y: ['a', 'a'] }),
    tableOf('.files', { size: [1, 2] }),
  ];
  const text = stringifySchema(inferSchema([{ varveProfile: 1, tables }]));
  expect(text.replace(/^#.*\n\n/, '')).toMatchInlineSnapshot(`
    "varveSchema: 1
    tables:
      train:
        features:
          x:
            type: integer
            presence: required
      test:
        features:
          y:
            type: string
            presence: required
      .files:
        features:
          size:
            type: integer
            presence: required
    "
  `);
  const schema = parseSchema(text, 'x');
  const found = async (names: readonly string[]) => {
    const profile = { varveProfile: 1 as const, tables: tables.filter(({ name }) => names.includes(name)) };
    return (await validateProfile(profile, schema, options)).anomalies.map(
      ({ table, feature, kind }) => `${table} ${feature} ${kind}`,
    );
  };
  expect(await found(['train', 'test', '.files'])).toEqual([]);
  expect(await found(['train', '.files'])).toEqual(['test y SCHEMA_MISSING_COLUMN']);
  const some = parseSchema(text.replace(/ {2}test:[\s\S]*/, ''), 'x');
  const report = await validateProfile({ varveProfile: 1, tables }, some, options);
  expect(report.anomalies.map(({ table, kind }) => `${table} ${kind}`)).toEqual(['test TABLE_NEW']);
  const updated = proposeUpdate(stringifySchema(some), 'x', { varveProfile: 1, tables });
  expect(updated.changes.map((each) => each.description)).toEqual(['tables.test is new']);
  expect(
    (await validateProfile({ varveProfile: 1, tables }, parseSchema(updated.text, 'x'), options)).anomalies,
  ).toEqual([]);
});
