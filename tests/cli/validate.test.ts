import { Buffer } from 'node:buffer';
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Profile } from '../../src/profile/model/model.ts';
import type { ValidationReport } from '../../src/schema/anomaly.ts';
import { anomaliesFromPbtxt } from '../../src/schema/tfdv/anomalies.ts';
import { fixtures } from '../schema/tfdv-fixtures.ts';
import { Sandbox } from '../support/sandbox.ts';

const sandbox = new Sandbox().repository();
afterAll(() => sandbox.remove());

/** The first bytes of a PNG, which say its size; `salt` makes it another file. */
function png(width: number, height: number, salt: number): Buffer {
  const header = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex');
  const size = Buffer.alloc(10);
  size.writeUInt32BE(width, 0);
  size.writeUInt32BE(height, 4);
  size.writeUInt16BE(salt, 8);
  return Buffer.concat([header, size]);
}

function report(args: readonly string[]): ValidationReport {
  return sandbox.json<ValidationReport>(['validate', ...args], 'repo', 1);
}

/** `feature kind: examples` of each anomaly. */
function found({ anomalies }: ValidationReport): string[] {
  return anomalies.map(
    ({ feature, kind, examples = [] }) =>
      `${feature} ${kind}: ${examples.map(({ row, value }) => `${row} ${value}`).join(', ')}`,
  );
}

test('examples in a table of several files name the file and the row in it', () => {
  sandbox.write('repo/pieces/a.csv', 'v\n1\n2\n3\n');
  sandbox.write('repo/pieces/b.csv', 'v\n4\n-5\n');
  sandbox.write('repo/pieces/c.csv', 'v\n6\n7\n-8\n');
  sandbox.write('repo/pieces.yaml', 'varveSchema: 1\nfeatures:\n  v: { type: integer, range: { min: 0 } }\n');
  const { examples } = report(['pieces', '--schema', 'pieces.yaml']).anomalies[0]!;
  expect(examples).toEqual([
    { row: 5, file: 'b.csv', fileRow: 2, value: '-5' },
    { row: 8, file: 'c.csv', fileRow: 3, value: '-8' },
  ]);
  const { out } = sandbox.varve(['validate', 'pieces', '--schema', 'pieces.yaml']);
  expect(out).toMatch(/^ {2}b\.csv row 2: -5\n {2}c\.csv row 3: -8$/m);
  const one = report(['pieces/b.csv', '--schema', 'pieces.yaml']).anomalies[0]!;
  expect(one.examples).toEqual([{ row: 2, value: '-5' }]);
});

describe('a folder of labelled images', () => {
  beforeAll(() => {
    for (const [label, count] of [
      ['cat', 6],
      ['dog', 2],
    ] as const)
      for (let index = 0; index < count; index++)
        sandbox.write(`repo/images/${label}/${index}.png`, png(64, 48, index * 2 + count));
    sandbox.write('repo/images/cat/9.png', png(16, 48, 1));
    sandbox.write('repo/images/dog/9.png', png(64, 48, 6));
    sandbox.write('repo/images/dog/fake.jpg', png(64, 48, 99));
    sandbox.write('repo/images/dog/notes.txt', 'hello');
    sandbox.write(
      'repo/images.yaml',
      `varveSchema: 1
tables:
  .files:
    rows: { max: 5 }
    features:
      path: { type: string, matches: '.*png' }
      folder: { type: string, domain: [bird, cat, dog], balance: { min: 0.2, max: 0.5 } }
      extension: { type: string, domain: [png, jpg] }
      format: { type: string, domain: [jpg] }
      size: { type: integer }
      width: { type: integer, presence: required, range: { min: 32 } }
      height: { type: integer, expect: height = 48 }
      digest: { type: string, unique: true }
      duplicate: { type: boolean, domain: ['false'] }
`,
    );
  });

  test('formats, size, labels and duplicates are held against the schema; files are named', () => {
    const result = report(['images', '--schema', 'images.yaml']);
    expect(result.dataset).toMatchObject({ rows: 12, unit: 'files' });
    expect(sandbox.varve(['validate', 'images', '--schema', 'images.yaml']).out).toMatch(
      /images\.yaml, 12 files$/m,
    );
    expect(found(result)).toEqual([
      ' DATASET_HIGH_NUM_EXAMPLES: ',
      'path STRING_TYPE_NOT_MATCHING: 11 dog/fake.jpg: dog/fake.jpg, 12 dog/notes.txt: dog/notes.txt',
      'folder VALUE_TOO_RARE: ',
      'folder VALUE_TOO_FREQUENT: 1 cat/0.png: cat, 2 cat/1.png: cat, 3 cat/2.png: cat, 4 cat/3.png: cat, 5 cat/4.png: cat',
      'extension ENUM_TYPE_UNEXPECTED_STRING_VALUES: 12 dog/notes.txt: txt',
      expect.stringContaining('format ENUM_TYPE_UNEXPECTED_STRING_VALUES: 1 cat/0.png: png'),
      'width FEATURE_TYPE_LOW_FRACTION_PRESENT: 12 dog/notes.txt: null',
      'width INT_TYPE_SMALL_INT: 7 cat/9.png: 16',
      expect.stringMatching(
        /^digest VALUE_NOT_UNIQUE: 1 cat\/0\.png: sha256:\w+, 10 dog\/9\.png: sha256:\w+$/,
      ),
      'duplicate ENUM_TYPE_UNEXPECTED_STRING_VALUES: 10 dog/9.png: true',
    ]);
  });

  test('an update lets the labels be as they are', () => {
    const { diff } = sandbox.json<{ diff: string }>([
      'schema',
      'update',
      'images',
      '--schema',
      'images.yaml',
      '--dry-run',
    ]);
    expect(diff).toContain('balance: { max: 0.5834 }');
    expect(diff).not.toContain('domain: [bird, cat, dog,');
  });
});

describe('rows that the schema asks about', () => {
  beforeAll(() => {
    for (const year of [2023, 2024])
      sandbox.write(`repo/parts/year=${year}/a.csv`, `id,x\n1,${year}\n2,nan\n3,1\n`);
    sandbox.write(
      'repo/parts.yaml',
      `varveSchema: 1
expect: year = 2023 OR id < 3
features:
  id: { type: integer }
  x: { type: float, range: { max: 2000 } }
  year: { type: integer, domain: ['2023'] }
`,
    );
  });

  test('have the columns that their paths say', () => {
    expect(found(report(['parts', '--schema', 'parts.yaml']))).toEqual([
      'x FLOAT_TYPE_BIG_FLOAT: 1 2023.0, 4 2024.0',
      'year ENUM_TYPE_UNEXPECTED_STRING_VALUES: 4 2024, 5 2024, 6 2024',
      ' CUSTOM_VALIDATION: 6 id = 3, year = 2024',
    ]);
  });

  test('are those of the slice, under their own numbers', () => {
    const of = (slice: string) => found(report(['parts', '--schema', 'parts.yaml', '--slice', slice]));
    expect(of('year=2023')).toEqual(['x FLOAT_TYPE_BIG_FLOAT: 1 2023.0']);
    expect(of('id=3')).toEqual([
      'year ENUM_TYPE_UNEXPECTED_STRING_VALUES: 6 2024',
      ' CUSTOM_VALIDATION: 6 id = 3, year = 2024',
    ]);
  });

  test('are those of the files that a pattern means', () => {
    const { tables } = sandbox.json<Profile>(['profile', '*/year=202?/a.csv']);
    expect(tables.map(({ name, rows }) => [name, rows])).toEqual([
      ['', 6],
      ['.files', 2],
    ]);
    expect(tables[0]?.features.map(({ path }) => path[0])).toEqual(['id', 'x', 'year']);
    expect(found(report(['parts/**/*.csv', '--schema', 'parts.yaml']))).toEqual(
      found(report(['parts', '--schema', 'parts.yaml'])),
    );
    const { code, err } = sandbox.varve(['profile', 'parts/*.csv']);
    expect([code, err]).toEqual([2, expect.stringContaining('No file matches parts/*.csv')]);
  });

  test('two profiles are overlaid on a page, and nowhere else', () => {
    const args = ['profile', 'parts', '--compare', 'parts/year=2023'];
    expect(sandbox.ok([...args, '--format', 'html'])).toMatch(/before[\s\S]*parts\/year=2023/);
    expect(sandbox.varve(args)).toMatchObject({ code: 2, err: expect.stringContaining('--format html') });
  });

  test('days without a row between others are a gap on the page', () => {
    sandbox.write('repo/days.csv', 'd\n2024-01-01\n2024-01-02\n2024-01-06\n2024-01-08\n');
    expect(sandbox.ok(['profile', 'days.csv', '--format', 'html'])).toMatch(/longest gap<[\s\S]{0,40}3 days/);
  });

  test('cannot be asked by a query', () => {
    sandbox.write('repo/hostile.yaml', 'varveSchema: 1\nexpect: ["(SELECT max(id) FROM part0) > 0"]\n');
    const { code, err } = sandbox.varve(['validate', 'parts', '--schema', 'hostile.yaml']);
    expect([code, err]).toEqual([2, expect.stringMatching(/holds a query.*\n.*Correct the expression/)]);
  });
});

/** A person who has TFDV's files, and no wish to convert them. */
describe('files of TFDV', () => {
  const flights = join(fixtures, 'flights');
  beforeAll(() => {
    for (const name of [
      'stats-1.pb',
      'stats-7.pb',
      'schema-edited.pbtxt',
      'flights-month1.csv',
      'flights-month7.csv',
    ])
      copyFileSync(join(flights, name), sandbox.path('repo', name));
  });

  const theirs = anomaliesFromPbtxt(readFileSync(join(flights, 'anomalies-7.pbtxt'), 'utf8'), 'theirs');
  const kinds = (found: readonly { feature: string; kind: string }[]) =>
    found.map(({ feature, kind }) => `${feature} ${kind}`).sort();

  test('statistics and data are held against a schema.pbtxt, and found to break what TFDV found', () => {
    const schema = ['--schema', 'schema-edited.pbtxt'];
    for (const [data, previous] of [
      ['stats-7.pb', 'stats-1.pb'],
      ['flights-month7.csv', 'flights-month1.csv'],
    ] as const) {
      const args = ['validate', data, ...schema, '--previous', previous];
      expect(kinds(sandbox.json<ValidationReport>(args, 'repo', 1).anomalies), data).toEqual(kinds(theirs));
    }
    const { code, out } = sandbox.varve([
      'validate',
      'stats-7.pb',
      ...schema,
      '--previous',
      'stats-1.pb',
      '--format',
      'tfdv',
    ]);
    expect([code, kinds(anomaliesFromPbtxt(out, 'ours'))]).toEqual([1, kinds(theirs)]);
  });
});
