import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { refused } from '../support/refused.ts';
import { Sandbox } from '../support/sandbox.ts';

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox();
});
afterEach(() => box.remove());

const fixture = join(import.meta.dirname, '..', '..', 'fixtures', 'dvc', 'dvc-repo.tar.gz');

test('a repository of DVC comes over on branches beside its own, which stay', () => {
  expect(box.run('tar', ['xzf', fixture], '.').code).toBe(0);
  box.ok(['trust']);
  const branch = box.git(['rev-parse', '--abbrev-ref', 'HEAD']).trim();
  const before = box.git(['rev-parse', branch]);
  const { branches, missing } = box.json<{ branches: string[]; missing: object[] }>(['import-dvc']);
  expect([branches, missing]).toEqual([[`varve/${branch}`], []]);
  expect(box.git(['rev-parse', branch])).toBe(before);
  expect(box.git(['status', '--porcelain'])).toBe('');
  box.git(['checkout', '-q', `varve/${branch}`]);
  box.ok(['checkout']);
  expect(box.ok(['status'])).toContain('nothing changed');
  expect(box.ok(['verify'])).toContain('whole');
});

test('where there is no repository of DVC', () => {
  box.repository();
  box.write('repo/f.txt', 'x');
  box.ok(['add', 'f.txt']);
  box.commit('v1');
  refused(box, ['import-dvc'], 'dvc-missing', box.path('repo'));
});
