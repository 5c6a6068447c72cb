import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { Profile } from '../../src/profile/model/model.ts';
import { fixtures } from '../schema/tfdv-fixtures.ts';
import { Sandbox } from '../support/sandbox.ts';

const sandbox = new Sandbox().repository();
afterAll(() => sandbox.remove());

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

test('a name that could be a pattern is the name of one file', () => {
  const rows = { 'x[1].csv': 1, 'x1.csv': 2, 'x?.csv': 3, '*.csv': 4, '**.csv': 5 };
  for (const [name, count] of Object.entries(rows))
    sandbox.write(`repo/d/${name}`, `a\n${'7\n'.repeat(count)}`);
  for (const [name, count] of Object.entries(rows))
    expect(sandbox.json<Profile>(['profile', `d/${name}`]).tables[0], name).toMatchObject({ rows: count });
  expect(sandbox.ok(['add', 'd'])).toContain('15 rows');
  sandbox.write('repo/j[1].jsonl', '{"a":1}\n{"a":2}\n');
  sandbox.write('repo/j1.jsonl', '{"a":1}\n');
  expect(sandbox.json<Profile>(['profile', 'j[1].jsonl']).tables[0]).toMatchObject({ rows: 2 });
});

test('statistics are no data', () => {
  for (const name of ['stats-1.pb', 'stats-7.pb'])
    copyFileSync(join(fixtures, 'flights', name), sandbox.path('repo', name));
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
