import { existsSync, readFileSync, rmSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import type { Profile } from '../../src/profile/model/model.ts';
import { refused } from '../support/refused.ts';
import { Sandbox } from '../support/sandbox.ts';

const box = new Sandbox().repository().withRemote();
afterAll(() => box.remove());

const rows = (count: number, far = 1) =>
  `id,fare\n${Array.from({ length: count }, (_, row) => `${row},${(row % 10) * far}\n`).join('')}`;
const rowsOf = (dataset: string, folder = 'repo') =>
  box.json<Profile>(['profile', dataset], folder).tables.map((table) => table.rows);

box.write('repo/tab/x.csv', rows(500));
box.write('repo/tab/[odd]/y@2?.csv', rows(7));
box.ok(['add', 'tab']);
box.commit('v1');
box.git(['tag', 'v1']);
box.write('repo/tab/x.csv', rows(800, 9));
box.ok(['add', 'tab']);
box.commit('v2');
box.ok(['push', '--all-commits']);

test('a file of a version has statistics, a schema, and drift of its own', () => {
  expect(rowsOf('tab/x.csv@v1')).toEqual([500]);
  expect(rowsOf('tab/x.csv')).toEqual([800]);
  expect(rowsOf('tab/[odd]@v1')).toEqual([7, 1]);
  const drift = box.varve(['drift', 'tab/x.csv@v1', 'tab/x.csv', '--json', '--fail-on', 'drift']);
  expect([drift.code, JSON.parse(drift.out)]).toMatchObject([1, { verdict: 'drift' }]);
  refused(box, ['schema', 'infer', 'tab/x.csv@v1'], 'usage', 'tab/x.csv@v1');
  refused(box, ['schema', 'infer', 'tab/x.csv'], 'usage', 'tab/x.csv');
  box.ok(['schema', 'infer', 'tab/x.csv@v1', '--output', 'x.schema.yaml']);
  expect(readFileSync(box.path('repo/x.schema.yaml'), 'utf8')).toContain('fare');
  box.ok(['validate', 'tab/x.csv@v1', '--schema', 'x.schema.yaml']);
  box.write(
    'repo/x.schema.yaml',
    readFileSync(box.path('repo/x.schema.yaml'), 'utf8').replaceAll('fare', 'fee'),
  );
  const invalid = box.varve(['validate', 'tab/x.csv@v1', '--schema', 'x.schema.yaml', '--format', 'github']);
  expect([invalid.code, invalid.out]).toEqual([1, expect.stringContaining('file=tab.varve')]);
  refused(box, ['profile', 'tab/nope.csv@v1'], 'path-missing', 'nope.csv');
  refused(box, ['drift', '--history', 'tab/x.csv'], 'history-missing', 'tab');
});

test('names are found as they are before they are patterns, there or not', () => {
  expect(rowsOf('tab/[odd]/y@2?.csv')).toEqual([7]);
  expect(rowsOf('tab/[odd]/y@2?.csv@v1')).toEqual([7]);
  expect(rowsOf('tab/?.csv')).toEqual([800, 1]);
  box.clone('repo', 'clone');
  expect(rowsOf('tab/[odd]/y@2?.csv', 'clone')).toEqual([7]);
  expect(rowsOf('tab/x.csv', 'clone')).toEqual([800]);
  expect(existsSync(box.path('clone/tab'))).toBe(false);
  rmSync(box.path('clone'), { recursive: true });
});

test('a version without statistics is made only with words that say so', () => {
  for (const name of ['a', 'b']) box.write(`repo/tables/${name}.csv`, `n\n1\n`);
  expect(box.varve(['add', 'tables']).err).not.toContain('statistics');
  for (const name of ['a', 'b']) box.write(`repo/tables/${name}.csv`, `n\n1\n2\n`);
  const part = box.varve(['add', 'tables/a.csv']);
  expect(part.err).toContain(
    'tables is added without statistics, since other files of it were changed here and are not added: `varve add tables` adds them too',
  );
  const whole = box.varve(['add', 'tables']);
  expect([whole.err, whole.out]).toEqual([
    expect.not.stringContaining('statistics'),
    expect.stringContaining('4 rows'),
  ]);
});
