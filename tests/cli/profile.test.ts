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

test('parts of a version merge to the profile that travels with it, wherever they are made', () => {
  const rows = Array.from({ length: 200 }, (_, index) => `${index},${index % 3}`).join('\n');
  for (const day of [1, 2, 3]) sandbox.write(`repo/logs/day=${day}/rows.csv`, `id,kind\n${rows}\n`);
  sandbox.write('repo/logs/README.txt', 'what this is');
  sandbox.ok(['add', 'logs']);
  sandbox.git(['add', '.']);
  sandbox.git(['commit', '-qm', 'logs']);
  const whole = sandbox.ok(['profile', 'logs@HEAD', '--json']);
  const parts = ['logs@HEAD', 'logs'].flatMap((dataset) =>
    [1, 2, 3].map((part) => {
      const file = `${dataset}-${part}.part`;
      expect(sandbox.ok(['profile', dataset, '--part', `${part}/3`, '--output', file])).toContain('Wrote');
      return file;
    }),
  );
  const [a, b, c, ...ofPlain] = parts as [string, string, string, ...string[]];
  expect(sandbox.ok(['profile', '--merge', c, a, b, '--json'])).toBe(whole);
  expect(sandbox.ok(['profile', '--merge', ...ofPlain, '--json'])).toBe(whole);
  expect(sandbox.ok(['profile', '--merge', a, b, c])).toContain('600 rows');
  const out = sandbox.ok(['profile', 'logs@HEAD', '--part', '2/3']);
  expect(out).toBe(readFileSync(sandbox.path('repo', b), 'utf8'));
  expect(sandbox.ok(['profile', '--merge', c, a, '--partial', '--output', 'ca'])).toContain('Wrote ca');
  expect(sandbox.ok(['profile', '--merge', 'ca', b, '--json'])).toBe(whole);

  const refused: readonly [args: readonly string[], code: string][] = [
    [['--merge', a, b], 'part 3 of 3 is missing'],
    [['--merge', a, b, c, c], 'are both part 3 of 3'],
    [['--merge', a, b, ofPlain[2]!], 'no parts of one profile'],
    [['--merge', 'ca'], 'part 2 of 3 is missing'],
    [['--merge', 'ca', a, b], 'are both part 1 of 3'],
    [['--merge', 'ca', a, '--partial'], 'are both part 1 of 3'],
    [['logs', '--partial'], 'no part is named'],
    [['--merge', a, b, '--partial', '--format', 'html'], 'cannot be used with'],
    [['--merge', a, 'nothing'], 'nothing at nothing'],
    [['--merge', a, 'logs/README.txt'], 'not a part of a profile'],
    [['logs', '--part', '4/3'], 'as I/N'],
    [['--part', '1/3'], 'No dataset is named'],
    [[], 'No dataset is named'],
  ];
  for (const [args, message] of refused)
    expect(sandbox.varve(['profile', ...args]), message).toMatchObject({
      code: 2,
      err: expect.stringContaining(message),
    });

  sandbox.write('repo/mixed/a.csv', 'k,n\n7,1\n8,2\n');
  sandbox.write('repo/mixed/b.csv', 'k,n\n7a,1\n8b,2\n');
  for (const part of [1, 2]) sandbox.ok(['profile', 'mixed', '--part', `${part}/2`, '--output', `m${part}`]);
  expect(sandbox.varve(['profile', '--merge', 'm1', 'm2'])).toMatchObject({
    code: 2,
    err: expect.stringContaining('Name the dataset beside its parts'),
  });
  expect(sandbox.ok(['profile', 'mixed', '--json', '--merge', 'm1', 'm2'])).toBe(
    sandbox.ok(['profile', 'mixed', '--json']),
  );
});
