import { existsSync, readFileSync, rmSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { refused } from '../support/refused.ts';
import { Sandbox } from '../support/sandbox.ts';

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox().repository().withRemote();
  box.write('repo/a.csv', 'id\n1\n');
  box.write('repo/tab/x.csv', 'id\n1\n');
  box.write('repo/tab/gone.csv', 'id\n1\n');
  box.ok(['add', 'a.csv', 'tab']);
  box.commit('v1');
  box.git(['tag', 'v1']);
  box.write('repo/a.csv', 'id\n2\n');
  box.write('repo/tab/x.csv', 'id\n2\n');
  box.write('repo/tab/new.csv', 'id\n2\n');
  rmSync(box.path('repo/tab/gone.csv'));
  box.ok(['add', 'a.csv', 'tab']);
  box.commit('v2');
});
afterEach(() => box.remove());

const text = (path: string, folder = 'repo') => readFileSync(box.path(folder, path), 'utf8');
const isThere = (path: string) => existsSync(box.path('repo', path));
type Changes = { datasets: { path: string; state: string; changes: { path: string; change: string }[] }[] };

test('restored data counts as a change of the version here, and add makes a version of it', () => {
  box.ok(['restore', 'a.csv@v1', 'tab@v1']);
  expect([text('a.csv'), text('tab/x.csv'), isThere('tab/gone.csv'), isThere('tab/new.csv')]).toEqual([
    'id\n1\n',
    'id\n1\n',
    true,
    false,
  ]);
  expect(box.git(['status', '--porcelain'])).toBe('');
  expect(box.json<Changes>(['status']).datasets).toMatchObject([
    { path: 'a.csv', state: 'modified' },
    {
      path: 'tab',
      state: 'modified',
      changes: [
        { path: 'gone.csv', change: 'added' },
        { path: 'new.csv', change: 'removed' },
        { path: 'x.csv', change: 'modified' },
      ],
    },
  ]);
  box.ok(['add', 'a.csv', 'tab']);
  const digests = (rev: string) =>
    box
      .json<{ datasets: { digest: string }[] }>(['ls', ...rev.split(' ').filter(Boolean)])
      .datasets.map(({ digest }) => digest);
  expect(digests('')).toEqual(digests('v1'));
});

test('what was restored gives way to another version, and unsaved changes to none', () => {
  box.ok(['restore', '--source', 'v1', '.']);
  // What the version here never had stays, as with Git.
  expect(box.ok(['restore', 'a.csv', 'tab'])).toContain('gone.csv');
  expect([text('a.csv'), text('tab/x.csv'), isThere('tab/gone.csv')]).toEqual(['id\n2\n', 'id\n2\n', true]);
  box.ok(['restore', '--force', 'tab']);
  expect(box.ok(['status'])).toContain('nothing changed');
  box.write('repo/tab/x.csv', 'mine');
  refused(box, ['restore', 'tab@v1'], 'changes-unsaved', 'tab/x.csv');
  expect(refused(box, ['checkout', 'tab@v1'], 'changes-conflicting', 'tab/x.csv')).toContain('Add `--ours`');
  box.ok(['checkout', '--ours', 'tab@v1']);
  expect([text('tab/x.csv'), text('tab.varve')]).toEqual(['mine', box.git(['show', 'v1:tab.varve'])]);
  box.git(['checkout', '-q', '--', 'tab.varve']);
  box.ok(['restore', '--force', 'tab@v1']);
  expect(text('tab/x.csv')).toBe('id\n1\n');
});

test('a file of a dataset is restored alone, also from the remote', () => {
  box.write('repo/tab/new.csv', 'mine');
  box.ok(['restore', 'tab/x.csv@v1', 'tab/gone.csv@v1']);
  expect([text('tab/x.csv'), text('tab/gone.csv'), text('tab/new.csv')]).toEqual([
    'id\n1\n',
    'id\n1\n',
    'mine',
  ]);
  refused(box, ['restore', 'tab/nope@v1'], 'path-missing', 'nope');
  refused(box, ['restore', 'a.csv@v9'], 'revision-unknown', 'v9');
  refused(box, ['checkout', 'tab/x.csv@v1'], 'usage', 'tab/x.csv');
  box.ok(['push', '--all-commits']);
  box.clone('repo', 'clone');
  box.ok(['restore', 'tab/x.csv@v1'], 'clone');
  expect(text('tab/x.csv', 'clone')).toBe('id\n1\n');
  expect(existsSync(box.path('clone/tab/new.csv'))).toBe(false);
});

test('checkout of a version moves the pointer along, also of a dataset that is gone', () => {
  const first = box.git(['show', 'v1:a.csv.varve']);
  box.ok(['checkout', 'a.csv@v1']);
  expect([text('a.csv'), text('a.csv.varve')]).toEqual(['id\n1\n', first]);
  expect(box.ok(['status'])).toContain('nothing changed');
  // Its version is in a commit, so nothing is lost by going on.
  box.ok(['checkout', 'a.csv@main', 'tab']);
  expect(box.git(['status', '--porcelain'])).toBe('');
  box.ok(['rm', '--data', 'tab']);
  refused(box, ['restore', 'tab@v1'], 'dataset-missing', 'tab');
  // Its ignore line comes back with the data, and nobody is told to write it.
  expect(box.varve(['checkout', 'tab@v1'])).toMatchObject({ code: 0, err: '' });
  expect([text('tab/gone.csv'), isThere('tab.varve')]).toEqual(['id\n1\n', true]);
  expect(box.git(['status', '--porcelain'])).toBe(' M tab.varve\n');
  box.write('repo/a.csv', 'id\n3\n');
  box.ok(['add', 'a.csv']);
  refused(box, ['checkout', 'a.csv@v1'], 'changes-unsaved', 'a.csv.varve');
  box.ok(['checkout', '--force', 'a.csv@v1']);
  expect(text('a.csv')).toBe('id\n1\n');
});
