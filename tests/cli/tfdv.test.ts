import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Profile } from '../../src/profile/model/model.ts';
import type { ValidationReport } from '../../src/schema/anomaly.ts';
import { anomaliesFromPbtxt } from '../../src/schema/tfdv/anomalies.ts';
import { fixtures } from '../schema/tfdv-fixtures.ts';
import { Sandbox } from '../support/sandbox.ts';

/** A person who has TFDV's files, and no wish to convert them. */
const sandbox = new Sandbox().repository();
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
afterAll(() => sandbox.remove());

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

test('a profile goes out as statistics in each form, and comes back the same', () => {
  sandbox.write('repo/a.csv', `n,x,t\n${'1,0.5,a\n2,,b\n3,-1,a\n'.repeat(9)}`);
  const profiles = ['s.pb', 's.tfrecord', 's.pbtxt'].map((file) => {
    sandbox.ok(['profile', 'a.csv', '--format', 'tfdv', '--output', file]);
    return sandbox.json<Profile>(['profile', file]);
  });
  expect(profiles[0]?.tables[0]).toMatchObject({
    rows: 27,
    features: [{ present: 27 }, { nulls: 9 }, { type: 'string' }],
  });
  expect(profiles[1]).toEqual(profiles[0]);
  expect(profiles[2]).toEqual(profiles[0]);
  expect(sandbox.ok(['profile', 'a.csv', '--format', 'tfdv'])).toBe(
    readFileSync(sandbox.path('repo/s.pbtxt'), 'utf8'),
  );
});

test('a schema is inferred, shown and updated in TFDV’s format; beside the data it is found', () => {
  sandbox.write('repo/b.csv', `t\n${'a\nb\n'.repeat(9)}`);
  sandbox.ok(['schema', 'infer', 'b.csv', '--format', 'tfdv']);
  sandbox.ok(['validate', 'b.csv']);
  expect(sandbox.ok(['schema', 'show', 'b.csv'])).toMatch(/^# .*\n\nvarveSchema: 1\n/);
  sandbox.write('repo/b.csv', `t\n${'a\nc\n'.repeat(9)}`);
  expect(sandbox.varve(['validate', 'b.csv']).code).toBe(1);
  expect(sandbox.ok(['schema', 'update', 'b.csv'])).toMatch(/^\+ +value: "c"$/m);
  sandbox.ok(['validate', 'b.csv']);
});

test('statistics are no data', () => {
  for (const args of [
    ['drift', 'stats-1.pb', 'stats-7.pb'],
    ['profile', 'stats-1.pb', '--slice', 'origin=JFK'],
  ])
    expect(sandbox.varve(args)).toMatchObject({
      code: 2,
      err: expect.stringContaining('holds statistics of TFDV'),
    });
  sandbox.write('repo/other.pb', 'something else');
  expect(sandbox.varve(['profile', 'other.pb'])).toMatchObject({
    code: 2,
    err: expect.stringContaining('not a protocol buffer of statistics'),
  });
});

test('an update says what it leaves to people', () => {
  sandbox.write(
    'repo/left.yaml',
    'varveSchema: 1\nkeys: [x]\nexpect: x < 2\nfeatures: { x: { type: integer } }\n',
  );
  sandbox.write('repo/x.csv', 'x\n1\n1\n2\n');
  const { out, err } = sandbox.varve(['schema', 'update', 'x.csv', '--schema', 'left.yaml']);
  expect(out).toBe('left.yaml stays as it is.\n');
  expect(err).toContain('Repeated keys: repeated keys\n');
  expect(err).toContain('Rows that break `x < 2`: 1 row of 3');
});
