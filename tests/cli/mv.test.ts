import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { refused } from '../support/refused.ts';
import { Sandbox } from '../support/sandbox.ts';

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox().repository();
});
afterEach(() => box.remove());

const isThere = (path: string) => existsSync(box.path('repo', path));
const text = (path: string) => readFileSync(box.path('repo', path), 'utf8');

test('mv takes data, pointer, schema and ignore line along, and makes no new version', () => {
  box.write('repo/data/a.csv', 'id\n1\n');
  box.ok(['add', 'data/a.csv']);
  box.ok(['schema', 'infer', 'data/a.csv']);
  box.commit('v1');
  const digest = /digest: .*/.exec(text('data/a.csv.varve'))![0];
  expect(box.json(['mv', 'data/a.csv', 'raw/2024/b.csv'])).toEqual({
    datasets: [{ from: 'data/a.csv', path: 'raw/2024/b.csv' }],
  });
  expect(['data/a.csv', 'data/a.csv.varve', 'data/a.csv.schema.yaml', 'data/.gitignore'].some(isThere)).toBe(
    false,
  );
  expect(text('raw/2024/b.csv.varve')).toContain(digest);
  expect(text('raw/2024/b.csv.varve')).toContain('path: b.csv\n');
  expect(text('raw/2024/.gitignore')).toBe('/b.csv\n');
  expect(isThere('raw/2024/b.csv.schema.yaml')).toBe(true);
  expect(box.ok(['status'])).toContain('nothing changed');
  expect(box.ok(['validate', 'raw/2024/b.csv'])).toContain('raw/2024/b.csv');
  box.git(['add', '-A']);
  expect(box.git(['status', '--porcelain'])).toMatch(/^R .*b\.csv\.varve$/m);
});

test('mv keeps unsaved changes unsaved, and moves several into a folder, also what is not checked out', () => {
  box.write('repo/tab/x.csv', 'id\n1\n');
  box.write('repo/a.txt', 'one');
  box.ok(['add', 'tab', 'a.txt']);
  box.commit('v1');
  box.write('repo/tab/x.csv', 'id\n2\n');
  renameSync(box.path('repo/a.txt'), box.path('elsewhere'));
  mkdirSync(box.path('repo/old'));
  box.ok(['mv', 'tab.varve', 'a.txt', 'old']);
  expect(box.json(['status'])).toMatchObject({
    datasets: [
      { path: 'old/a.txt', state: 'missing' },
      { path: 'old/tab', state: 'modified', changes: [{ path: 'x.csv', change: 'modified' }] },
    ],
  });
});

test('an interrupted mv is taken up by the same command', () => {
  box.write('repo/a.txt', 'one');
  box.ok(['add', 'a.txt']);
  box.write('repo/b.txt.varve', text('a.txt.varve').replace('a.txt', 'b.txt'));
  box.ok(['mv', 'a.txt', 'b.txt']);
  expect([text('b.txt'), isThere('a.txt.varve')]).toEqual(['one', false]);
});

test('mv refuses places that are taken, tracked, or within a dataset, and folders of datasets, which Git moves', () => {
  box.write('repo/data/tab/x.csv', 'id\n1\n');
  box.write('repo/data/a.txt', 'one');
  box.write('repo/read.me', 'text');
  box.ok(['add', 'data/tab', 'data/a.txt']);
  box.commit('v1');
  refused(box, ['mv', 'data/a.txt', 'data/tab'], 'dataset-nested', 'data/tab/a.txt');
  refused(box, ['mv', 'data/a.txt', 'read.me'], 'path-taken', 'read.me');
  refused(box, ['mv', 'data/a.txt', '../a.txt'], 'path-outside', '../a.txt');
  box.write('repo/b.txt', 'mine');
  refused(box, ['mv', 'data/a.txt', 'b.txt'], 'path-taken', 'b.txt');
  refused(box, ['mv', 'data/a.txt', 'data/a.txt'], 'path-taken', 'data/a.txt');
  refused(box, ['mv', 'data/tab/x.csv', 'x.csv'], 'dataset-missing', 'data/tab/x.csv');
  refused(box, ['mv', 'data/a.txt', '.git/hooks/a'], 'path-unsupported', box.path('repo/.git/hooks/a'));
  refused(box, ['mv', 'data', 'raw'], 'dataset-missing', 'data');
  // As its remedy says.
  box.git(['mv', 'data', 'raw']);
  expect(box.ok(['status'])).toContain('nothing changed');
  expect(text('raw/tab/x.csv')).toBe('id\n1\n');
});

test('only the ending of a pointer here stands for the data: another is a part of the name', () => {
  box.write('repo/a.txt', 'one');
  box.ok(['add', 'a.txt']);
  expect(box.json(['mv', 'a.txt', 'b.dvc'])).toEqual({ datasets: [{ from: 'a.txt', path: 'b.dvc' }] });
  expect(box.json(['mv', 'b.dvc', 'c.txt.varve'])).toEqual({ datasets: [{ from: 'b.dvc', path: 'c.txt' }] });
});
