import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Lock, LockedCheckout } from '../../src/index.ts';
import { refused } from '../support/refused.ts';
import { Sandbox } from '../support/sandbox.ts';

let box: Sandbox;
let first: string;
beforeAll(() => {
  box = new Sandbox().repository().withRemote();
  box.write('repo/data/people.csv', 'name\nAnn\n');
  box.write('repo/data/photos/a.txt', 'a');
  box.ok(['add', 'data/people.csv', 'data/photos']);
  box.git(['remote', 'add', 'origin', 'https://ann:secret@example.org/team/people.git']);
  first = box.commit('one');
  box.ok(['push']);
  box.ok(['lock']);
  box.write('repo/data/people.csv', 'name\nBob\n');
  box.write('repo/data/photos/b.txt', 'b');
  box.ok(['add', '--all']);
  box.commit('two');
  box.ok(['push']);
});
afterAll(() => box.remove());

const text = (path: string) => readFileSync(box.path('repo', path), 'utf8');
const lockWith = (
  edit: (lock: Record<string, unknown> & { datasets: Record<string, unknown>[] }) => void,
) => {
  const lock = parse(text('data.lock'));
  edit(lock);
  box.write('repo/other.lock', JSON.stringify(lock));
};

test('a lock names datasets, digests and the commit, and no secret', () => {
  const lock = parse(text('data.lock')) as Lock;
  expect(lock).toEqual({
    varveLock: 1,
    repository: 'https://example.org/team/people.git',
    revision: first,
    datasets: [
      { path: 'data/people.csv', digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/), commit: first },
      { path: 'data/photos', digest: expect.stringMatching(/^sha256:/), commit: first },
    ],
  });
  const same = box.json<Lock>(['lock', `data/people.csv@${first}`, '--output', 'one.lock']);
  expect(same.datasets).toEqual([lock.datasets[0]]);
  rmSync(box.path('repo/one.lock'));
  writeFileSync(box.path('repo/data/people.csv'), 'name\nEve\n');
  refused(box, ['lock'], 'changes-unsaved', 'data/people.csv');
  box.ok(['checkout', 'data/people.csv', '--force']);
});

test('a checkout of a lock brings just its versions back, and says where more is left', () => {
  box.ok(['checkout', '--locked', 'data.lock']);
  expect([text('data/people.csv'), existsSync(box.path('repo/data/photos/b.txt'))]).toEqual([
    'name\nAnn\n',
    false,
  ]);
  expect(box.git(['diff', '--stat', first, '--', 'data'])).toBe('');
  expect(box.ok(['checkout', '--locked', 'data.lock'])).toBe('The data is as the lock names it.\n');
  box.write('repo/data/photos/mine.txt', 'mine');
  const left = box.json<LockedCheckout>(['checkout', '--locked', 'data.lock'], 'repo', 1);
  expect(left.differing).toEqual(['data/photos']);
  box.ok(['checkout', '--locked', 'data.lock', '--force']);
  expect(existsSync(box.path('repo/data/photos/mine.txt'))).toBe(false);
  box.git(['reset', '-q', '--hard']);
  box.ok(['checkout']);
});

test('a version is found by its digest where its commit is not here, and fetched where the cache lacks it', () => {
  lockWith((lock) => {
    for (const one of lock.datasets) one.commit = 'f'.repeat(40);
  });
  box.clone('repo', 'clone');
  box.ok(['pull'], 'clone');
  box.write('clone/data.lock', text('other.lock'));
  box.ok(['checkout', '--locked', 'data.lock'], 'clone');
  expect(readFileSync(box.path('clone/data/people.csv'), 'utf8')).toBe('name\nAnn\n');
});

test('what no commit here has is refused by its name, before anything is touched', () => {
  lockWith((lock) => {
    lock.datasets[1]!.digest = `sha256:${'0'.repeat(64)}`;
  });
  expect(refused(box, ['checkout', '--locked', 'other.lock'], 'version-missing', 'data/photos')).toContain(
    'git fetch --all --tags',
  );
  refused(box, ['checkout', '--locked', 'absent.lock'], 'path-missing', 'absent.lock');
  refused(box, ['checkout', 'data', '--locked', 'data.lock'], 'usage', 'data');
});

test('a version that no commit has is told of, and the lock holds once it is committed', () => {
  const other = new Sandbox().repository();
  other.write('repo/a.csv', 'a\n1\n');
  other.ok(['add', 'a.csv']);
  other.commit('one');
  other.write('repo/a.csv', 'a\n2\n');
  other.ok(['add', 'a.csv']);
  expect(other.varve(['lock']).err).toContain('No commit has this version of a.csv yet');
  other.commit('two');
  const { err } = other.varve(['lock']);
  expect(err).toBe('');
  expect(other.json(['lock'])).toMatchObject({
    datasets: [{ commit: expect.stringMatching(/^[0-9a-f]{40}$/) }],
  });
  other.remove();
});

test('a lock of strangers reaches nothing but versions of this repository', () => {
  const hostile: [
    string,
    (lock: Record<string, unknown> & { datasets: Record<string, unknown>[] }) => void,
  ][] = [
    ['../outside', (lock) => Object.assign(lock.datasets[0]!, { path: '../outside' })],
    ['/etc/passwd', (lock) => Object.assign(lock.datasets[0]!, { path: '/etc/passwd' })],
    ['.git/hooks', (lock) => Object.assign(lock.datasets[0]!, { path: '.git/hooks' })],
    ['remote', (lock) => Object.assign(lock, { remote: 's3://elsewhere' })],
    ['source', (lock) => Object.assign(lock.datasets[0]!, { source: 's3://elsewhere' })],
    ['--upload-pack', (lock) => Object.assign(lock.datasets[0]!, { commit: '--upload-pack=touch x' })],
    ['twice', (lock) => lock.datasets.push(lock.datasets[0]!)],
    ['digest', (lock) => Object.assign(lock.datasets[0]!, { digest: 'sha256:../../x' })],
    ['none', (lock) => Object.assign(lock, { datasets: [] })],
    ['version', (lock) => Object.assign(lock, { varveLock: '1' })],
  ];
  for (const [, edit] of hostile) {
    lockWith(edit);
    refused(box, ['checkout', '--locked', 'other.lock'], 'lock-damaged', 'other.lock');
  }
  lockWith((lock) => Object.assign(lock, { varveLock: 2 }));
  refused(box, ['checkout', '--locked', 'other.lock'], 'lock-too-new', 'other.lock');
  box.write('repo/other.lock', 'a: &a [x]\nb: [*a, *a]\n');
  refused(box, ['checkout', '--locked', 'other.lock'], 'lock-damaged', 'other.lock');
  box.write('repo/other.lock', '[['.repeat(10_000));
  refused(box, ['checkout', '--locked', 'other.lock'], 'lock-damaged', 'other.lock');
});

test('what lies untracked where a locked dataset belongs is kept by whoever does what the message says', () => {
  const two = new Sandbox().repository();
  two.write('repo/a.csv', 'id\n1\n');
  two.write('repo/kept.csv', 'id\n7\n');
  two.ok(['add', 'a.csv', 'kept.csv']);
  two.commit('one');
  two.ok(['lock', '--output', '../made.lock']);
  two.ok(['rm', 'a.csv']);
  rmSync(two.path('repo/a.csv'));
  two.commit('gone');
  const here = () => readFileSync(two.path('repo/a.csv'), 'utf8');
  const locked = ['checkout', '--locked', '../made.lock'];
  const leadsOn = (words: string) => expect(words).not.toMatch(/varve checkout --(force|ours)/);
  const mine = 'id\nmine\n';

  // One way: move it away.
  two.write('repo/a.csv', mine);
  const said = refused(two, locked, 'changes-unsaved', 'a.csv');
  expect(said).toContain(
    '`varve add a.csv` and commit its pointer; then run `varve checkout --locked ../made.lock`',
  );
  leadsOn(said);
  two.run('mv', ['a.csv', 'a.csv.mine']);
  two.ok(locked);
  expect([here(), readFileSync(two.path('repo/a.csv.mine'), 'utf8')]).toEqual(['id\n1\n', mine]);
  two.git(['clean', '-qfdx', '-e', '.varve']);
  two.git(['reset', '-q', '--hard']);

  // Another: save it, and commit its pointer.
  two.write('repo/a.csv', mine);
  two.ok(['add', 'a.csv']);
  two.commit('mine');
  two.ok(locked);
  expect(here()).toBe('id\n1\n');
  two.ok(['checkout', 'a.csv@HEAD']);
  expect(here()).toBe(mine);
  two.git(['reset', '-q', '--hard', 'HEAD~1']);

  // The last: give it up.
  two.write('repo/a.csv', mine.replace('mine', 'other'));
  // The record of the version before is still there: it counts as a change in both.
  leadsOn(refused(two, locked, 'changes-conflicting', 'a.csv'));
  two.ok([...locked, '--force']);
  expect(here()).toBe('id\n1\n');
  two.remove();
});
