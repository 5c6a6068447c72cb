import { rmSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { refused } from '../support/refused.ts';
import { Sandbox } from '../support/sandbox.ts';

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox().repository().withRemote();
  box.write('repo/data/a.csv', 'id\n1\n2\n');
  box.write('repo/data/tab/x.csv', 'id\n1\n');
  box.write('repo/data/tab/sub/y.txt', 'yy');
  box.write('repo/data/tab/sub/deep/z.txt', 'zzz');
  box.ok(['add', 'data/a.csv', 'data/tab']);
  box.commit('v1');
  box.git(['tag', 'v1']);
});
afterEach(() => box.remove());

type Listed = { datasets: { path: string }[]; files: { path: string; bytes?: number; files: number }[] };
const ls = (...args: string[]) => box.json<Listed>(['ls', ...args]);

test('ls lists datasets, and what lies within one, of the working tree and of any revision', () => {
  expect(ls().datasets).toMatchObject([
    { path: 'data/a.csv', commit: null, kind: 'file', bytes: 7, files: 1, rows: 2 },
    { path: 'data/tab', kind: 'directory', bytes: 10, files: 3 },
  ]);
  expect(ls('data').datasets.map(({ path }) => path)).toEqual(['data/a.csv', 'data/tab']);
  expect(ls('data/tab').files).toMatchObject([
    { path: 'data/tab/sub', kind: 'directory', bytes: 5, files: 2 },
    { path: 'data/tab/x.csv', kind: 'file', bytes: 5, files: 1, digest: expect.stringMatching(/^sha256:/) },
  ]);
  expect(ls('-R', 'data/tab/sub').files.map(({ path }) => path)).toEqual([
    'data/tab/sub/deep/z.txt',
    'data/tab/sub/y.txt',
  ]);
  box.git(['rm', '-q', 'data/a.csv.varve']);
  box.write('repo/data/tab/new.txt', 'n');
  box.ok(['add', 'data/tab']);
  box.commit('v2');
  expect(ls().datasets.map(({ path }) => path)).toEqual(['data/tab']);
  const commit = box.git(['rev-parse', 'v1']).trim();
  expect(ls('v1').datasets).toMatchObject([
    { path: 'data/a.csv', commit },
    { path: 'data/tab', commit },
  ]);
  expect(ls('v1', 'data/tab').files).toHaveLength(2);
  expect(ls('data/tab@v1').files).toHaveLength(2);
  expect(ls('data/tab').files).toHaveLength(3);
  expect(box.ok(['ls', 'v1'])).toBe(' 7 B  2 rows  data/a.csv\n10 B   1 row  data/tab/\n');
});

test('ls needs no data here: the list comes from the remote', () => {
  box.ok(['push']);
  box.clone('repo', 'clone');
  rmSync(box.path('repo/.git/varve/cache'), { recursive: true });
  expect(box.ok(['ls', 'data/tab'], 'clone')).toContain('data/tab/sub/');
  expect(box.ok(['ls', '--repository', '../clone', 'v1', 'data/tab/sub'], 'repo')).toContain('y.txt');
});

test('ls says what there is not', () => {
  refused(box, ['ls', 'nothing'], 'dataset-missing', 'nothing');
  refused(box, ['ls', 'data/tab/nothing@v1'], 'path-missing', 'data/tab/nothing');
  refused(box, ['ls', 'data/a.csv@nope'], 'revision-unknown', 'nope');
});
