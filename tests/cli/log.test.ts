import { afterEach, beforeEach, expect, test } from 'vitest';
import type { LogResult } from '../../src/index.ts';
import { refused } from '../support/refused.ts';
import { BINARY, Sandbox } from '../support/sandbox.ts';

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox();
});
afterEach(() => box.remove());

test('paths and revisions that name nothing', () => {
  box.repository();
  box.write('repo/data/flights.csv', 'a\n1\n');
  box.ok(['add', 'data/flights.csv']);
  box.commit('v1');
  expect(refused(box, ['checkout', 'data/flihgts.csv'], 'dataset-missing', 'data/flihgts.csv')).toContain(
    'Did you mean data/flights.csv?',
  );
  refused(box, ['log', 'data/other.csv'], 'dataset-missing', 'data/other.csv');
  refused(box, ['diff', 'no-such-branch'], 'dataset-missing', 'no-such-branch');
  refused(box, ['log', 'data/flights.csv', '--revision', 'nope'], 'revision-unknown', 'nope');
});

test('the history of a dataset goes on where it was renamed, by its digest', () => {
  const log = (path: string) => {
    const { versions } = box.json<LogResult>(['log', path]);
    return versions.map(({ subject, path: at, renamedFrom, renamedTo }) => [
      subject,
      at,
      renamedFrom ?? renamedTo,
    ]);
  };
  box.repository();
  box.write('repo/data/a.csv', 'a\n1\n');
  box.ok(['add', 'data/a.csv']);
  box.commit('v1');
  box.write('repo/data/a.csv', 'a\n2\n');
  box.write('repo/data/other.csv', 'a\n3\n');
  box.ok(['add', 'data/a.csv', 'data/other.csv']);
  box.commit('v2');
  box.ok(['mv', 'data/a.csv', 'data/b.csv']);
  box.commit('renamed');
  box.ok(['mv', 'data/b.csv', 'tables/b.csv']);
  box.commit('moved');
  // A copy has no part in the history of what it was made of.
  box.write('repo/copy.csv', 'a\n2\n');
  box.ok(['add', 'copy.csv']);
  box.commit('copied');
  expect(log('tables/b.csv')).toEqual([
    ['moved', 'tables/b.csv', 'data/b.csv'],
    ['renamed', 'data/b.csv', 'data/a.csv'],
    ['v2', 'data/a.csv', undefined],
    ['v1', 'data/a.csv', undefined],
  ]);
  expect(log('copy.csv')).toEqual([['copied', 'copy.csv', undefined]]);
  expect(log('data/a.csv')).toEqual([
    ['renamed', 'data/a.csv', 'data/b.csv'],
    ['v2', 'data/a.csv', undefined],
    ['v1', 'data/a.csv', undefined],
  ]);
  expect(box.ok(['log', 'tables/b.csv'])).toContain('renamed from data/a.csv to data/b.csv');
  expect(box.ok(['log', 'data/a.csv'])).toContain('renamed to data/b.csv');
});

test('whoever names a version before a rename is shown the command that tells of it', () => {
  box.repository();
  box.write('repo/a.csv', 'id\n1\n');
  box.ok(['add', 'a.csv']);
  box.commit('first');
  box.ok(['mv', 'a.csv', "b's.csv"]);
  box.commit('renamed');
  const { err } = box.varve(['restore', "b's.csv@HEAD~1"]);
  const command = /`(varve log .*)` shows/.exec(err)![1]!;
  const { code, out } = box.run('sh', ['-c', command.replace('varve', `"${process.execPath}" "${BINARY}"`)]);
  expect([code, out]).toEqual([0, expect.stringContaining('renamed from a.csv')]);
});
