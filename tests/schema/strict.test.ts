import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { VarveError } from '../../src/errors.ts';
import { parseSchema } from '../../src/schema/format/parse.ts';
import { stringifySchema } from '../../src/schema/format/stringify.ts';
import { inferSchema } from '../../src/schema/infer.ts';
import { schemaFromPbtxt } from '../../src/schema/tfdv/schema-from.ts';
import { proposeUpdate } from '../../src/schema/update.ts';
import { validateProfile } from '../../src/schema/validate.ts';
import { type Cell, profileOf } from './profile-of.ts';
import { cases, read } from './tfdv-fixtures.ts';

const options = { name: 'data', schemaName: 'x.schema.yaml' };
const features = (text: string) => `varveSchema: 1\nfeatures:\n  x: ${text}\n`;

describe('a schema that is not one is refused where it is wrong', () => {
  test.each([
    ['', /the first line must be|expected a map/],
    ['features: {}', /the first line must be `varveSchema: 1`/],
    ['varveSchema: 2', /version 2 is newer/],
    ['varveSchema: 1\nfeature: {}', /:2:1: unknown key `feature`; known are .*features/],
    [features('{ type: integr }'), /:3:14: expected one of integer, float.*found `integr`/],
    [
      features('{ type: integer, presence: { minFraction: 2 } }'),
      /expected a fraction from 0 to 1, found `2`/,
    ],
    [features('{ type: integer, range: { min: 5, max: 1 } }'), /:3:6: feature `x`: `range` has a min above/],
    [features('{ type: integer, range: { min: 9007199254740993, max: 9007199254740992 } }'), /min above/],
    [features('{ type: integer, range: { min: many } }'), /expected a number, date or time, found `many`/],
    [features('{ type: integer, length: { max: 5 } }'), /`length` needs text or bytes/],
    [features('{ type: string, domain: nowhere }'), /no domain named `nowhere`/],
    [features('{ type: string, domain: [a, a] }'), /names a value twice/],
    [features('{ type: string, minDomainMass: 0.5 }'), /needs a `domain`/],
    [features('{ type: string, matches: "(" }'), /is not a regular expression/],
    [features('{ type: string, matches: "(?=a)" }'), /looks around/],
    [features('{ type: string, timeFormat: "%Q" }'), /unknown directive/],
    [features('{ type: string, expect: "a; DROP TABLE b" }'), /one SQL expression/],
    [features('{ type: string, expect: "a) OR (b" }'), /one SQL expression/],
    [features('{ type: string, expect: "a -- b" }'), /one SQL expression/],
    [features('{ presence: required }'), /needs a `type`/],
    [features('{ type: integer, valency: { min: 3, max: 1 } }'), /min 3 is more than max 1/],
    [features('&a { type: integer }\n  y: *a'), /aliases are not read/],
    ['varveSchema: 1\nrows: { min: 1\n', /:\d+:\d+: /],
    ['varveSchema: 1\nvarveSchema: 1', /unique/],
    [`varveSchema: 1\nkeys: ${'['.repeat(20_000)}`, /x\.schema\.yaml/],
  ])('case %#', (text, why) => {
    const read = () => parseSchema(text, 'x.schema.yaml');
    expect(read).toThrow(VarveError);
    expect(read).toThrow(why);
  });

  test('an unknown environment is named', async () => {
    const schema = parseSchema(`environments: [A]\n${features('{ type: integer, notIn: [B] }')}`, 'x');
    await expect(
      validateProfile(profileOf({ x: [1] }), schema, { ...options, environment: 'C' }),
    ).rejects.toThrow(/no environment "C"/);
  });

  test('a pattern that would take for ever is stopped', async () => {
    const schema = parseSchema(features('{ type: string, matches: "(a+)+" }'), 'x');
    await expect(validateProfile(profileOf({ x: [`${'a'.repeat(40)}b`] }), schema, options)).rejects.toThrow(
      /takes too long/,
    );
  });
});

test('values stay what was typed', () => {
  const schema = parseSchema(features('{ type: string, domain: [9E, 1.0, true, NO, 0x1F, "null"] }'), 'x');
  expect(schema.tables[0]?.features[0]?.domain).toEqual(['9E', '1.0', 'true', 'NO', '0x1F', 'null']);
  expect(parseSchema(stringifySchema(schema), 'x').tables).toEqual(schema.tables);
});

test('integers are compared exactly, whatever their size', async () => {
  const schema = parseSchema(features('{ type: integer, range: { max: 9007199254740992 } }'), 'x');
  expect(
    (await validateProfile(profileOf({ x: [9007199254740993n] }), schema, options)).anomalies,
  ).toMatchObject([{ kind: 'INT_TYPE_BIG_INT', observed: '9007199254740993' }]);
  expect(parseSchema(stringifySchema(schema), 'x').tables).toEqual(schema.tables);
});

test.each([
  ['time', ['05:00:00', '23:59:59'], '{ min: 06:00:00 }', 'TIME_TYPE_TOO_EARLY'],
  ['timestamp', ['2020-12-31T23:59:59.999999Z'], '{ max: 2020-12-31 }', undefined],
  ['timestamp', ['2021-01-01T00:00:00.000000Z'], '{ max: 2020-12-31 }', 'TIME_TYPE_TOO_LATE'],
  [
    'timestamp',
    ['2020-12-31T23:30:00.000000Z'],
    '{ max: "2020-12-31T23:00:00+01:00" }',
    'TIME_TYPE_TOO_LATE',
  ],
  ['date', ['2020-02-29'], '{ min: 2020-02-29, max: 2020-02-29 }', undefined],
] as const)('%s %s in %s', async (type, values, range, kind) => {
  const profile = profileOf({ x: values }, { x: type });
  const report = await validateProfile(
    profile,
    parseSchema(features(`{ type: ${type}, range: ${range} }`), 'x'),
    options,
  );
  expect(report.anomalies.map((each) => each.kind)).toEqual(kind === undefined ? [] : [kind]);
});

const columns: fc.Arbitrary<Record<string, Cell[]>> = fc.record({
  n: fc.array(fc.option(fc.integer(), { freq: 5 }), { minLength: 12, maxLength: 12 }),
  f: fc.array(fc.option(fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0.5)), {
    minLength: 12,
    maxLength: 12,
  }),
  s: fc.array(fc.option(fc.constantFrom('AA', 'DL', 'UA', '', '9E', 'null')), {
    minLength: 12,
    maxLength: 12,
  }),
  l: fc.array(fc.option(fc.array(fc.constantFrom('a', 'b'), { maxLength: 3 })), {
    minLength: 12,
    maxLength: 12,
  }),
});

const tight = `# ours
varveSchema: 1
rows: { min: 1, max: 5 }
features:
  n: { type: integer, presence: required, range: { min: -10, max: 10 }, unique: true } # a number
  s:
    type: string
    presence: { minFraction: 0.9, minCount: 12 }
    domain: [AA] # the best
    length: { min: 1, max: 2 }
    matches: "[A-Z]+"
    distinct: { max: 1 }
  f: { type: integer, nan: false }
  l.[]: { type: string, valency: { min: 1, max: 1 } }
`.replace('  f: { type: integer, nan: false }', '  f: { type: float, range: { min: 0, max: 1 } }');

describe('laws', () => {
  test('an inferred schema accepts each profile that it is of, and reads back as itself', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(columns, { minLength: 1, maxLength: 3 }), async (tables) => {
        const profiles = tables.map((table) => profileOf(table));
        const text = stringifySchema(inferSchema(profiles));
        const schema = parseSchema(text, 'x');
        expect(stringifySchema(schema)).toBe(text);
        for (const profile of profiles)
          expect((await validateProfile(profile, schema, options)).anomalies).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  test('an update accepts the data, keeps comments, and once made changes nothing', async () => {
    await fc.assert(
      fc.asyncProperty(columns, async (table) => {
        const profile = profileOf(table);
        const { text, changes } = proposeUpdate(tight, 'x', profile);
        expect((await validateProfile(profile, parseSchema(text, 'x'), options)).anomalies).toEqual([]);
        expect(text).toMatch(/^# ours\n/);
        expect(changes.length).toBeGreaterThan(0);
        expect(proposeUpdate(text, 'x', profile)).toEqual({ text, changes: [], diff: '' });
      }),
      { numRuns: 60 },
    );
  });

  test('an update only ever relaxes: what the old schema accepts, the new one does', async () => {
    await fc.assert(
      fc.asyncProperty(columns, columns, async (first, second) => {
        const [old, fresh] = [profileOf(first), profileOf(second)];
        const text = stringifySchema(inferSchema([old]));
        const updated = parseSchema(proposeUpdate(text, 'x', fresh).text, 'x');
        for (const profile of [old, fresh])
          expect((await validateProfile(profile, updated, options)).anomalies).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  test('any text is a schema or a VarveError', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.constantFrom(
            'varveSchema: 1',
            '\n',
            ' ',
            '  ',
            'features:',
            'x:',
            '{',
            '}',
            '[',
            ']',
            'type: integer',
            '- ',
            '"',
            '#',
            '&a',
            '*a',
            '!!js',
            ': ',
            'presence: ',
          ),
        ),
        (parts) => {
          try {
            parseSchema(parts.join(''), 'x');
          } catch (error) {
            expect(error).toBeInstanceOf(VarveError);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('JSON Schema', () => {
  const load = (file: string) =>
    new Ajv({ strict: true, allowUnionTypes: true }).compile(
      JSON.parse(readFileSync(new URL(`../../schemas/${file}`, import.meta.url), 'utf8')),
    );

  test('knows every schema that varve writes or documents', () => {
    const check = load('varve-schema.schema.json');
    const documented = /```yaml\n([\s\S]*?)```/.exec(
      readFileSync(new URL('../../docs/reference/schema.md', import.meta.url), 'utf8'),
    )?.[1] as string;
    expect(parseSchema(documented, 'docs/reference/schema.md').tables[0]?.features).toHaveLength(5);
    const written = cases
      .map((name) => stringifySchema(schemaFromPbtxt(read(name, 'schema.pbtxt') as string, name)))
      .filter((text) => !/FEATURE_MISSING/.test(text));
    for (const text of [documented, tight, ...written]) {
      if (text.includes('minFraction: 1.5')) continue;
      expect(check(parse(text)), `${text}\n${JSON.stringify(check.errors)}`).toBe(true);
    }
    expect(check(parse(features('{ typ: integer }')))).toBe(false);
  });

  test('knows every report', async () => {
    const check = load('validation-report.schema.json');
    const report = await validateProfile(
      profileOf({ x: [5, null], y: ['a', 'b'] }),
      parseSchema(features('{ type: integer, presence: required, range: { max: 1 } }'), 'x'),
      { ...options, digest: `sha256:${'0'.repeat(64)}` },
    );
    expect(report.anomalies).toHaveLength(3);
    expect(check(JSON.parse(JSON.stringify(report))), JSON.stringify(check.errors)).toBe(true);
  });
});
