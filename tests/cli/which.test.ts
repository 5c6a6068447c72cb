import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { WhichResult } from '../../src/index.ts';
import { refused } from '../support/refused.ts';
import { Sandbox } from '../support/sandbox.ts';

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox().repository();
});
afterEach(() => box.remove());

const hex = (text: string) => createHash('sha256').update(text).digest('hex');
const which = (...args: string[]) => box.json<WhichResult>(['which', ...args]);

test('what a model was trained on is found again: commits, tags and branches, by the first digits of a digest', () => {
  box.write('repo/data/a.csv', 'id\n1\n');
  box.ok(['add', 'data/a.csv']);
  const first = box.commit('first');
  box.git(['tag', '-a', '-m', 'a tag with a message', 'v1']);
  box.git(['branch', 'old']);
  box.write('repo/data/a.csv', 'id\n2\n');
  box.ok(['add', 'data/a.csv']);
  const second = box.commit('second');
  box.git(['tag', 'v2']);
  box.write('repo/data/a.csv', 'id\n1\n');
  box.ok(['add', 'data/a.csv']);
  const back = box.commit('back to the first');
  const digest = hex('id\n1\n');

  const { found } = which(`sha256:${digest}`);
  expect(found).toEqual([
    {
      digest: `sha256:${digest}`,
      what: 'dataset',
      path: 'data/a.csv',
      commits: [expect.objectContaining({ commit: back }), expect.objectContaining({ commit: first })],
      tags: ['v1'],
      branches: ['main', 'old'],
      isHere: true,
    },
  ]);
  expect(which(digest.slice(0, 8)).found).toEqual(found);
  const [other] = which(hex('id\n2\n').toUpperCase()).found;
  expect(other).toMatchObject({ tags: ['v2'], branches: [], isHere: false, commits: [{ commit: second }] });
  const said = box.ok(['which', digest]);
  expect(said).toContain(`data/a.csv  sha256:${digest}`);
  expect(said).toContain('tags: v1');
  expect(said).toContain('back to the first (Ann)');

  type Status = { versions: { snapshot: { digest: string } }[] };
  const pointer = box.run('grep', ['profile:', 'data/a.csv.varve']).out.trim().split(' ')[1]!;
  expect(which(pointer).found).toMatchObject([{ what: 'profile', path: 'data/a.csv' }]);
  expect(box.json<Status>(['log', 'data/a.csv']).versions).toHaveLength(3);
});

test('files within folders, pointers that no commit has, and merges', () => {
  box.write('repo/pictures/x/cat.txt', 'cat');
  box.write('repo/pictures/dog.txt', 'dog');
  box.ok(['add', 'pictures']);
  box.commit('pictures');
  box.git(['checkout', '-q', '-b', 'side']);
  box.write('repo/cat.txt', 'cat');
  box.ok(['add', 'cat.txt']);
  const single = box.commit('a cat of its own');
  box.git(['checkout', '-q', 'main']);
  box.write('repo/README', 'x');
  box.commit('readme');
  box.git(['merge', '-q', '--no-edit', 'side']);

  expect(which(hex('dog')).found).toMatchObject([
    { what: 'file', path: 'pictures', file: 'dog.txt', branches: ['main', 'side'], isHere: true },
  ]);
  // A merge that took over what a side has did not bring it.
  expect(which(hex('cat')).found).toMatchObject([
    { what: 'dataset', path: 'cat.txt', commits: [{ commit: single }] },
  ]);
  expect(which(hex('cat'), '--files').found).toMatchObject([
    { what: 'dataset', path: 'cat.txt' },
    { what: 'file', path: 'pictures', file: 'x/cat.txt' },
  ]);
  box.write('repo/new.txt', 'new');
  box.ok(['add', 'new.txt']);
  expect(which(hex('new')).found).toMatchObject([{ path: 'new.txt', commits: [], isHere: true }]);

  rmSync(box.path('repo/.git/varve/cache'), { recursive: true });
  expect(refused(box, ['which', hex('dog')], 'digest-unknown', hex('dog'))).toContain(
    'varve fetch --all-commits',
  );
});

test('what is no digest, and a digest that nothing has', () => {
  refused(box, ['which', 'abc'], 'digest-invalid', 'abc');
  refused(box, ['which', 'md4:abcd'], 'digest-invalid', 'md4:abcd');
  // No commit yet.
  refused(box, ['which', 'abcd'], 'digest-unknown', 'abcd');
});
