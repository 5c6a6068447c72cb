import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { codeBlocks } from '../docs/blocks.ts';
import { Sandbox } from '../support/sandbox.ts';

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox().repository();
  box.write('repo/data.csv', 'a\n1\n');
  box.ok(['add', 'data.csv']);
  box.commit('v1');
});
afterEach(() => box.remove());

test('git clean -fdx leaves versions that nobody pushed', () => {
  box.git(['clean', '-qfdx']);
  expect(existsSync(box.path('repo/data.csv'))).toBe(false);
  box.ok(['checkout']);
  expect(readFileSync(box.path('repo/data.csv'), 'utf8')).toBe('a\n1\n');
});

test('a worktree has the cache and the settings of the main one, and gc in either keeps the data of both', () => {
  box.ok(['remote', 'add', 'origin', '../remote', '--local']);
  mkdirSync(box.path('deep'));
  box.git(['worktree', 'add', '-q', '-b', 'other', '../deep/tree']);
  box.ok(['checkout'], 'deep/tree');
  expect(readFileSync(box.path('deep/tree/data.csv'), 'utf8')).toBe('a\n1\n');
  box.ok(['push'], 'deep/tree');
  expect(existsSync(box.path('remote'))).toBe(true);
  box.write('deep/tree/data.csv', 'a\n2\n');
  box.ok(['add', 'data.csv'], 'deep/tree');
  box.ok(['gc', '--grace', '0']);
  box.ok(['verify'], 'deep/tree');
  box.git(['-C', '../deep/tree', 'commit', '-qam', 'v2']);
  box.git(['merge', '-q', 'other']);
  box.ok(['checkout']);
  expect(readFileSync(box.path('repo/data.csv'), 'utf8')).toBe('a\n2\n');
});

test('a cache that an earlier varve made in .varve stays in use, in worktrees too, until it is moved', () => {
  renameSync(box.path('repo/.git/varve/cache'), box.path('repo/.varve/cache'));
  box.git(['worktree', 'add', '-q', '../tree']);
  box.ok(['checkout'], 'tree');
  box.write('repo/data.csv', 'a\n2\n');
  box.ok(['add', 'data.csv']);
  expect(existsSync(box.path('repo/.git/varve/cache'))).toBe(false);
  renameSync(box.path('repo/.varve/cache'), box.path('repo/.git/varve/cache'));
  box.ok(['checkout', '--force'], 'tree');
  expect(box.ok(['verify'], 'tree')).not.toContain('damaged');
});

test('an old cache is moved as the guide says, also where there is a new one, and nothing is lost', () => {
  const commands = codeBlocks('docs/guide/stores.md').find(({ code }) =>
    code.includes('rm -rf .varve/cache'),
  )!;
  const [move] = commands.code.split('\nvarve verify');
  renameSync(box.path('repo/.git/varve/cache'), box.path('repo/.varve/cache'));
  box.git(['worktree', 'add', '-q', '../tree']);
  // Only a varve that does not know of the old one has made a new one meanwhile.
  renameSync(box.path('repo/.varve/cache'), box.path('aside'));
  box.write('repo/data.csv', 'a\n2\n');
  box.ok(['add', '--replace', 'data.csv']);
  box.commit('v2');
  renameSync(box.path('aside'), box.path('repo/.varve/cache'));
  expect(box.run('sh', ['-ec', move!]).code).toBe(0);
  expect(existsSync(box.path('repo/.varve/cache'))).toBe(false);
  expect(box.ok(['verify'])).toContain('whole');
  box.ok(['checkout'], 'tree');
  expect(readFileSync(box.path('tree/data.csv'), 'utf8')).toBe('a\n1\n');
  box.ok(['checkout', '--force']);
  expect(readFileSync(box.path('repo/data.csv'), 'utf8')).toBe('a\n2\n');
});
