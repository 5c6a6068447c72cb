import { existsSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { refused } from '../support/refused.ts';
import { Sandbox } from '../support/sandbox.ts';

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox().repository();
});
afterEach(() => box.remove());

const isThere = (path: string) => existsSync(box.path('repo', path));

test('rm takes pointer, schema and ignore line away, and keeps data and committed versions', () => {
  box.write('repo/data/a.csv', 'id\n1\n');
  box.write('repo/data/b.csv', 'id\n2\n');
  box.ok(['add', 'data/a.csv', 'data/b.csv']);
  box.ok(['schema', 'infer', 'data/a.csv']);
  box.commit('v1');
  const { datasets } = box.json(['rm', 'data/a.csv']);
  expect(datasets).toEqual([{ path: 'data/a.csv', hasData: true, schemas: ['data/a.csv.schema.yaml'] }]);
  expect(['data/a.csv', 'data/a.csv.varve', 'data/a.csv.schema.yaml'].map(isThere)).toEqual([
    true,
    false,
    false,
  ]);
  expect(readFileSync(box.path('repo/data/.gitignore'), 'utf8')).toBe('/b.csv\n');
  expect(box.ok(['status'])).not.toContain('a.csv');
  expect(box.ok(['rm', 'data/b.csv.varve'])).toContain('Git no longer ignores it');
  expect(isThere('data/.gitignore')).toBe(false);
  expect(box.ok(['log', 'data/a.csv'])).toContain('v1');
  // Whatever advice says of it, the whole is undone by Git.
  box.git(['checkout', '--', '.']);
  expect(box.ok(['status'])).toContain('nothing changed');
});

test('rm --data removes what a commit can bring back, and nothing else', () => {
  box.write('repo/tab/x.csv', 'id\n1\n');
  box.write('repo/.varveignore', '*.log\n');
  box.ok(['add', 'tab']);
  refused(box, ['rm', '--data', 'tab'], 'changes-unsaved', 'tab');
  box.commit('v1');
  box.write('repo/tab/new.csv', 'id\n2\n');
  refused(box, ['rm', '--data', 'tab'], 'changes-unsaved', 'tab');
  box.ok(['add', 'tab']);
  box.commit('v2');
  box.write('repo/tab/run.log', 'not data');
  box.ok(['rm', '--data', 'tab']);
  expect(['tab/x.csv', 'tab/new.csv', 'tab.varve', 'tab/run.log'].map(isThere)).toEqual([
    false,
    false,
    false,
    true,
  ]);
  box.git(['checkout', '--', '.']);
  box.ok(['checkout']);
  box.write('repo/tab/x.csv', 'mine');
  box.ok(['rm', '--data', '--force', 'tab']);
  expect(isThere('tab/x.csv')).toBe(false);
});

test('rm refuses what is no dataset, and schemas that no commit has', () => {
  box.write('repo/data/tab/x.csv', 'id\n1\n');
  box.ok(['add', 'data/tab']);
  refused(box, ['rm', 'data/tab/x.csv'], 'dataset-missing', 'data/tab/x.csv');
  refused(box, ['rm', 'data'], 'dataset-missing', 'data');
  refused(box, ['rm', 'nothing'], 'dataset-missing', 'nothing');
  box.ok(['schema', 'infer', 'data/tab']);
  refused(box, ['rm', 'data/tab'], 'changes-unsaved', 'data/tab.schema.yaml');
  box.ok(['rm', '--force', 'data/tab']);
  expect(['data/tab.varve', 'data/tab.schema.yaml', 'data/tab/x.csv'].map(isThere)).toEqual([
    false,
    false,
    true,
  ]);
});

test('a pointer that cannot be read is removed all the same', () => {
  box.write('repo/a.txt', 'one');
  box.ok(['add', 'a.txt']);
  box.write('repo/a.txt.varve', '<<<<<<< ours\n');
  box.ok(['rm', 'a.txt']);
  expect(['a.txt', 'a.txt.varve'].map(isThere)).toEqual([true, false]);
});
