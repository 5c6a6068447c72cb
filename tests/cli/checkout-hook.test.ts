import { chmodSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { refused } from '../support/refused.ts';
import { Sandbox } from '../support/sandbox.ts';

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox();
  box.repository();
  box.write('repo/a.csv', 'a\n1\n');
  box.ok(['add', 'a.csv']);
  box.commit('first');
  box.git(['branch', '-m', 'main']);
  box.git(['switch', '-qc', 'side']);
  box.write('repo/a.csv', 'a\n2\n');
  box.write('repo/only/there/b.csv', 'b\n1\n');
  box.ok(['add', 'a.csv', 'only']);
  box.commit('second');
  box.ok(['git', 'install', '--checkout']);
});
afterEach(() => box.remove());

const text = (path: string): string | undefined =>
  existsSync(box.path('repo', path)) ? readFileSync(box.path('repo', path), 'utf8') : undefined;

/** What Git's command says on standard error, where hooks speak. */
function git(...args: string[]): string {
  const { code, err } = box.run('git', args);
  expect(code, err).toBe(0);
  return err;
}

test('data follows the branch, and what only another branch has is taken away and comes back', () => {
  const said = git('switch', '-q', 'main');
  expect(text('a.csv')).toBe('a\n1\n');
  expect(existsSync(box.path('repo/only'))).toBe(false);
  expect(said).toContain('only  taken away');
  box.git(['add', '-A']);
  expect(box.git(['status', '--porcelain'])).toBe('');
  git('switch', '-q', 'side');
  expect([text('a.csv'), text('only/there/b.csv')]).toEqual(['a\n2\n', 'b\n1\n']);
  expect(git('checkout', '-q', 'HEAD', '--', 'a.csv.varve')).toBe('');
});

test('what is edited, or on no branch, stays and is named; Git’s own command never fails', () => {
  box.write('repo/only/there/b.csv', 'mine');
  git('switch', '-q', 'main');
  expect(text('only/there/b.csv')).toBe('mine');
  expect(box.ok(['status'])).toContain('foreign    only');
  git('switch', '-q', 'side');
  expect(text('only/there/b.csv')).toBe('mine');
  box.write('repo/a.csv', 'mine');
  const said = git('switch', '-q', 'main');
  expect(said).toContain('changed here, and in the version to come too');
  expect(text('a.csv')).toBe('mine');
  box.ok(['checkout', '--force']);

  box.write('repo/new.csv', 'a\n1\n');
  box.ok(['add', 'new.csv']);
  rmSync(box.path('repo/new.csv.varve'));
  box.ok(['checkout']);
  expect(text('new.csv')).toBe('a\n1\n');
});

test('pull, merge and rebase bring the data of what they brought', () => {
  git('switch', '-q', 'main');
  box.write('repo/c/c.csv', 'c\n1\n');
  box.ok(['add', 'c/c.csv']);
  box.commit('third');
  git('switch', '-q', 'side');
  expect(text('c/c.csv')).toBeUndefined();
  git('rebase', '-q', 'main');
  expect([text('a.csv'), text('c/c.csv')]).toEqual(['a\n2\n', 'c\n1\n']);
  git('switch', '-q', 'main');
  git('merge', '-q', 'side');
  expect([text('a.csv'), text('only/there/b.csv')]).toEqual(['a\n2\n', 'b\n1\n']);
});

test('a hook of another hand is kept, and its owner is told what to add', () => {
  box.ok(['git', 'uninstall']);
  expect(existsSync(box.path('repo/.git/hooks/post-merge'))).toBe(false);
  chmodSync(box.write('repo/.git/hooks/post-merge', '#!/bin/sh\necho mine\n'), 0o755);
  const said = refused(box, ['git', 'install'], 'hook-exists', 'hooks/post-merge');
  expect(said).toContain('git hook post-merge "$@" || :');
  expect(existsSync(box.path('repo/.git/hooks/post-checkout'))).toBe(false);
});

test('a folder whose list of files is not here is named, and the remedy brings it', () => {
  box.withRemote();
  box.commit('remote');
  box.ok(['push', '--all-commits']);
  box.clone('repo', 'clone');
  box.ok(['git', 'install', '--checkout'], 'clone');
  const { err } = box.run('git', ['switch', '-q', '--detach', 'HEAD~0'], 'clone');
  for (const said of [err, refused(box, ['checkout'], 'object-missing', 'only', 'clone')])
    expect(said).toContain('only is not in the cache');
});
