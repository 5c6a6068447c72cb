import { createHash } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Description, LogResult } from '../../src/index.ts';
import { assertPublished } from '../support/published.ts';
import { refused } from '../support/refused.ts';
import { Sandbox } from '../support/sandbox.ts';

let box: Sandbox;
beforeAll(() => {
  box = new Sandbox().repository();
  box.write('repo/data/people.csv', 'name,age,born\nAnn,41,1985-02-03\nBob,,1990-12-01\n');
  box.write('repo/data/days/day=1/a.parquet.txt', 'x');
  box.write('repo/data/days/day=1/a.csv', 'n\n1\n2\n');
  box.write('repo/data/days/day=2/a.csv', 'n\n3\n');
  box.ok(['add', 'data/people.csv', 'data/days']);
  box.git(['remote', 'add', 'origin', 'https://ann:secret@example.org/team/people.git']);
  box.ok(['remote', 'add', 'origin', 's3://bucket/varve']);
  box.commit('people');
  box.git(['tag', 'v1']);
});
afterAll(() => box.remove());

const hex = (text: string) => createHash('sha256').update(text).digest('hex');
const described = (dataset: string, ...args: string[]) =>
  box.json<Description>(['describe', dataset, ...args]);
const as = (format: string, dataset: string, ...args: string[]) =>
  box.ok(['describe', dataset, '--format', format, ...args]);

test('the facts of a version are told without its data, and never a password', () => {
  const { commit } = box.json<LogResult>(['log', 'data/people.csv']).versions[0]!;
  const facts = described('data/people.csv@v1');
  assertPublished('description', facts);
  const { tables, ...rest } = facts;
  expect(rest).toEqual({
    varveDescription: 1,
    path: 'data/people.csv',
    kind: 'file',
    digest: `sha256:${hex('name,age,born\nAnn,41,1985-02-03\nBob,,1990-12-01\n')}`,
    bytes: 48,
    files: 1,
    rows: 2,
    profile: expect.stringMatching(/^sha256:/),
    revision: commit,
    commit: { commit, date: expect.any(String), author: 'Ann', subject: 'people' },
    repository: 'https://example.org/team/people.git',
    remotes: [{ name: 'origin', url: 's3://bucket/varve', isDefault: true }],
    meta: {},
  });
  expect(tables![0]!.features.map(({ name, type, nulls, min }) => [name, type, nulls, min])).toEqual([
    ['name', 'string', 0, undefined],
    ['age', 'integer', 1, '41'],
    ['born', 'date', 0, '1985-02-03'],
  ]);
  const here = described('data/people.csv');
  expect(here).toEqual({ ...facts, revision: null });
  for (const format of ['text', 'json', 'openlineage', 'croissant', 'mlflow', 'mltable'])
    expect(as(format, 'data/people.csv@v1')).not.toContain('secret');
  rmSync(box.path('repo/data/people.csv'));
  expect(described('data/people.csv')).toEqual(here);
  box.ok(['checkout', 'data/people.csv']);
});

test('each standard has its own form', () => {
  const csv = hex('name,age,born\nAnn,41,1985-02-03\nBob,,1990-12-01\n');
  const croissant = JSON.parse(
    as('croissant', 'data/people.csv@v1', '--base-url', 'http://localhost:1/repo/v1/'),
  );
  expect(croissant.distribution).toEqual([
    expect.objectContaining({
      sha256: csv,
      contentUrl: 'http://localhost:1/repo/v1/data/people.csv',
      encodingFormat: 'text/csv',
    }),
  ]);
  expect(croissant.recordSet[0].field.map((field: { dataType: string }) => field.dataType)).toEqual([
    'sc:Text',
    'sc:Integer',
    'sc:Date',
  ]);
  const folder = JSON.parse(as('croissant', 'data/days@v1'));
  expect(folder.distribution.at(-1)).toMatchObject({
    '@type': 'cr:FileSet',
    includes: ['data/days/day=1/a.csv', 'data/days/day=2/a.csv'],
  });
  const mlflow = JSON.parse(as('mlflow', 'data/people.csv@v1'));
  expect(mlflow).toMatchObject({ name: 'data/people.csv', digest: csv.slice(0, 36), source_type: 'varve' });
  expect(JSON.parse(mlflow.source).uri).toMatch(/^varve:\/\/data\/people\.csv@[0-9a-f]{40}$/);
  expect(parse(as('mltable', 'data/people.csv@v1'))).toMatchObject({
    type: 'mltable',
    paths: [{ file: './data/people.csv' }],
    transformations: [{ read_delimited: { delimiter: ',' } }],
  });
  expect(JSON.parse(as('openlineage', 'data/people.csv@v1'))).toMatchObject({
    dataset: {
      namespace: 'file',
      name: box.path('repo/data/people.csv'),
      facets: {
        version: { datasetVersion: `sha256:${csv}` },
        dataQualityMetrics: { rowCount: 2, columnMetrics: { age: { nullCount: 1, min: 41, max: 41 } } },
        symlinks: { identifiers: [{ namespace: 's3://bucket', name: 'varve/data/people.csv' }] },
      },
    },
  });
  expect(as('mlflow', 'data/people.csv@v1', '--output', 'dataset.json')).toBe('Wrote dataset.json.\n');
  expect(JSON.parse(readFileSync(box.path('repo/dataset.json'), 'utf8'))).toEqual(mlflow);
  rmSync(box.path('repo/dataset.json'));
});

test('Croissant has a set of files for each table of a folder, also for those that are a file', () => {
  const other = new Sandbox().repository();
  for (const [path, text] of [
    ['two/one.csv', 'a,b\n1,2\n'],
    ['two/two.csv', 'c,d\n1,2\n'],
    ['deep/one.csv', 'a\n1\n'],
    ['deep/sub/one.csv', 'b\n1\n'],
  ] as const)
    other.write(`repo/${path}`, text);
  other.ok(['add', 'two', 'deep']);
  const setsOf = (name: string) => {
    const { distribution } = JSON.parse(other.ok(['describe', name, '--format', 'croissant'])) as {
      distribution: { '@type': string; includes?: string[] }[];
    };
    return distribution.flatMap(({ includes }) => (includes === undefined ? [] : [includes]));
  };
  expect(setsOf('two')).toEqual([['two/one.csv'], ['two/two.csv']]);
  expect(setsOf('deep')).toEqual([['deep/one.csv'], ['deep/sub/one.csv']]);
  other.remove();
});

test('what is no dataset has no facts, and statistics that cannot be had are left out in words', () => {
  box.write('repo/plain.csv', 'a\n1\n');
  refused(box, ['describe', 'plain.csv'], 'dataset-missing', 'plain.csv');
  refused(box, ['describe', 'data/days/day=1/a.csv'], 'dataset-missing', 'a.csv');
  refused(box, ['describe', 'data/people.csv@nowhere'], 'revision-unknown', 'nowhere');
  box.git(['clone', '-q', box.path('repo'), box.path('clone')], '.');
  const { code, out, err } = box.varve(['describe', 'data/people.csv', '--json', '--offline'], 'clone');
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ rows: 2, tables: null });
  expect(err).toContain('profile of data/people.csv');
});

test('in a repository of DVC, what people say is read where DVC keeps it, and written there by hand', () => {
  const dvc = new Sandbox();
  dvc.write('repo/.dvc/config', '');
  dvc.write('repo/.dvc/.gitignore', '/config.local\n/tmp\n/cache\n');
  dvc.git(['init', '-q', '-b', 'main']);
  dvc.write('repo/a.csv', 'id\n1\n');
  dvc.ok(['add', 'a.csv']);
  const file = readFileSync(dvc.path('repo/a.csv.dvc'), 'utf8').replace(
    /^( +)path: a\.csv$/m,
    '$&\n$1desc: Ids',
  );
  dvc.write('repo/a.csv.dvc', file.replace(/^( +)meta:$/m, '$&\n$1  license: MIT\n$1  list: [1]'));
  dvc.commit('one');
  const facts = dvc.json<Description>(['describe', 'a.csv']);
  assertPublished('description', facts);
  expect(facts).toMatchObject({
    digest: expect.stringMatching(/^md5:[0-9a-f]{32}$/),
    rows: 1,
    meta: { description: 'Ids', license: 'MIT' },
    commit: { subject: 'one' },
  });
  expect(JSON.parse(dvc.ok(['describe', 'a.csv', '--format', 'croissant'])).distribution[0].md5).toBe(
    facts.digest.slice(4),
  );
  refused(dvc, ['meta', 'a.csv', 'license=x'], 'dvc-unsupported', 'people say');
  dvc.remove();
});

test('a column without values is one, and whole numbers beyond what a number can say are not said', () => {
  box.write('repo/data/odd.csv', 'id,lack\n9223372036854775807,\n-4,\n');
  box.ok(['add', 'data/odd.csv']);
  const { schema } = JSON.parse(as('mlflow', 'data/odd.csv')) as { schema: string };
  expect(JSON.parse(schema).mlflow_colspec).toEqual([
    { type: 'long', name: 'id', required: true },
    { type: 'string', name: 'lack', required: false },
  ]);
  box.ok(['drift', 'data/odd.csv', 'data/odd.csv', '--openlineage', 'odd.jsonl']);
  const events = readFileSync(box.path('repo/odd.jsonl'), 'utf8');
  expect(events).toMatch(/"columnMetrics":\{"id":\{[^}]*"min":-4[,}]/);
  expect(events).not.toMatch(/"max":922/);
});

test('MLTable has what separates the fields of the text that lies here', () => {
  const delimiterOf = (dataset: string) => {
    const { transformations } = parse(as('mltable', dataset));
    return transformations[0].read_delimited.delimiter;
  };
  for (const [name, mark] of [
    ['semi', ';'],
    ['bar', '|'],
    ['tab', '\t'],
    ['comma', ','],
  ] as const) {
    const rows = ['name', 'Ann', '"a,b;c|d"'].map((text, row) => [text, row, 'x'].join(mark));
    box.write(`repo/data/${name}.csv`, `${rows.join('\n')}\n`);
    box.ok(['add', `data/${name}.csv`]);
    expect(delimiterOf(`data/${name}.csv`)).toBe(mark);
  }
  box.write('repo/data/both/a.csv', 'a;b\n1;2\n');
  box.write('repo/data/both/b.csv', 'a;b\n3;4\n');
  box.ok(['add', 'data/both']);
  expect(delimiterOf('data/both')).toBe(';');
});
