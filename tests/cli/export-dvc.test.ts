import { chmodSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { refused } from '../support/refused.ts';
import { Sandbox } from '../support/sandbox.ts';

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox();
});
afterEach(() => box.remove());

test('a repository of varve goes over to DVC on branches beside its own, which stay', () => {
  box.repository();
  box.write('repo/data/a.txt', 'one');
  chmodSync(box.write('repo/data/run.sh', ''), 0o755);
  box.ok(['add', 'data']);
  const before = box.commit('v1');
  const { code, out } = box.varve(['export-dvc']);
  expect([code, out]).toEqual([0, expect.stringContaining('1 version on dvc/main')]);
  expect(out).toContain('executable bit that DVC cannot keep: data/run.sh');
  expect(box.git(['rev-parse', 'main']).trim()).toBe(before);
  box.git(['checkout', '-q', 'dvc/main']);
  expect(readFileSync(box.path('repo/data.dvc'), 'utf8')).toMatch(/^outs:\n- md5: [0-9a-f]{32}\.dir\n/);
  expect(box.git(['ls-files'])).not.toContain('.varve/');
});

test('what an import made of a branch goes back under the name of that branch', () => {
  box.repository();
  box.write('repo/a.txt', 'one');
  box.ok(['add', 'a.txt']);
  box.commit('v1');
  box.git(['branch', 'varve/main']);
  box.git(['branch', 'varve/side']);
  expect(box.json(['export-dvc'])).toMatchObject({ branches: ['dvc/main', 'dvc/side'] });
  // A branch of people that only has such a name stands for no other.
  box.git(['branch', '-D', '-q', 'dvc/main', 'dvc/side']);
  box.git(['commit', '-q', '--allow-empty', '-m', 'own work']);
  expect(box.json(['export-dvc'])).toMatchObject({ branches: ['dvc/main', 'dvc/varve/main', 'dvc/side'] });
});

test('where there is no repository of varve', () => {
  box.run('git', ['init', '-q', 'repo'], '.');
  refused(box, ['export-dvc'], 'repository-uninitialised', box.path('repo'));
});
