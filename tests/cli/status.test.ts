import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { manyFiles } from '../support/many-files.ts';
import { refused } from '../support/refused.ts';
import { Sandbox } from '../support/sandbox.ts';

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox();
});
afterEach(() => box.remove());

test('pointers that cannot be read', () => {
  box.repository();
  box.write('repo/f.txt', 'x');
  box.ok(['add', 'f.txt']);
  const pointer = readFileSync(box.path('repo/f.txt.varve'), 'utf8');
  const cases: [text: string, code: string][] = [
    [pointer.replace('varve: 1', 'varve: 99'), 'pointer-too-new'],
    [pointer.replace('varve: 1', 'varve: 6'), 'pointer-damaged'],
    [pointer.replace('varve: 1', 'varve: 5'), 'pointer-damaged'],
    [pointer.replace('varve: 1', 'varve: 4'), 'pointer-damaged'],
    [pointer.replace('varve: 1', 'varve: 3'), 'pointer-damaged'],
    [pointer.replace('varve: 1', 'varve: 2'), 'pointer-damaged'],
    [pointer.replace(/digest: .*/, 'digest: sha256:zz'), 'digest-invalid'],
    [pointer.replace('path: f.txt', 'path: ../../etc/passwd'), 'pointer-damaged'],
    [pointer.replace('bytes: 1', 'bytes: -1'), 'pointer-damaged'],
    [`${pointer}surprise: yes\n`, 'pointer-damaged'],
    [pointer.slice(0, 40), 'pointer-damaged'],
    ['\0\0\0', 'pointer-damaged'],
    [`<<<<<<< HEAD\n${pointer}=======\n${pointer}>>>>>>> other\n`, 'pointer-conflict'],
  ];
  for (const [text, code] of cases) {
    writeFileSync(box.path('repo/f.txt.varve'), text);
    refused(box, ['status'], code, 'f.txt.varve');
  }
  // Nothing is said of it beside what is said of the others.
  box.write('repo/g.txt', 'y');
  box.ok(['add', 'g.txt']);
  expect(box.varve(['status']).out).toBe('1 other dataset, nothing changed.\n');
});

test('a change that keeps size and time of modification is seen', () => {
  box.repository();
  const file = box.write('repo/f.bin', 'aaaa');
  box.ok(['add', 'f.bin']);
  box.run('touch', ['-r', 'f.bin', 'stamp']);
  box.write('repo/f.bin', 'bbbb');
  box.run('touch', ['-r', 'stamp', 'f.bin']);
  expect(statSync(file).size).toBe(4);
  expect(box.ok(['status'])).toContain('modified');
});

test('a change right after add is seen, though no clock had time to tick', () => {
  box.repository();
  for (let round = 0; round < 5; round++) {
    box.write('repo/f.bin', `first${round}`);
    box.ok(['add', 'f.bin']);
    box.write('repo/f.bin', `other${round}`);
    expect(box.ok(['status'])).toContain('modified');
  }
});

test('a repository that was copied is read once more, and knows that nothing changed', () => {
  box.repository();
  manyFiles(box);
  box.write('repo/f.bin', 'x');
  box.ok(['add', 'data/many', 'f.bin']);
  box.run('cp', ['-r', 'repo', 'copy'], '.');
  rmSync(box.path('copy/.varve/stat'), { recursive: true });
  expect(box.ok(['status'], 'copy')).toContain('nothing changed');
  expect(box.ok(['checkout'], 'copy')).toContain('matches');
});

test('paths are understood from any folder, by -C, as pointer, data, or folder of datasets', () => {
  box.repository();
  box.write('repo/data/sub/f.txt', 'x');
  box.write('repo/data/g.txt', 'y');
  box.ok(['add', 'f.txt', '../g.txt'], 'repo/data/sub');
  expect(readFileSync(box.path('repo/data/sub/f.txt.varve'), 'utf8')).toContain('path: f.txt');
  const names = (args: string[], folder: string) =>
    box.json<{ datasets: { path: string }[] }>(args, folder).datasets.map(({ path }) => path);
  expect(names(['status', '.'], 'repo/data')).toEqual(['data/g.txt', 'data/sub/f.txt']);
  expect(names(['-C', 'data', 'status', 'sub/f.txt.varve'], 'repo')).toEqual(['data/sub/f.txt']);
  box.withRemote('repo/data');
  expect(box.json<{ remotes: object[] }>(['remote', 'list']).remotes).toMatchObject([
    { name: 'origin', isDefault: true },
  ]);
});

test('--json names by digest what the pointer names and what lies here', () => {
  const digest = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`;
  type Status = { datasets: { path: string; state: string; digest: string; dataDigest: string | null }[] };
  const look = () =>
    box
      .json<Status>(['status'])
      .datasets.map(({ state, digest: pointed, dataDigest }) => [state, pointed, dataDigest]);
  box.repository();
  box.write('repo/f.txt', 'one');
  box.ok(['add', 'f.txt']);
  expect(look()).toEqual([['unchanged', digest('one'), digest('one')]]);
  box.write('repo/f.txt', 'two');
  expect(look()).toEqual([['modified', digest('one'), digest('two')]]);
  rmSync(box.path('repo/f.txt'));
  expect(look()).toEqual([['missing', digest('one'), null]]);
  rmSync(box.path('repo/f.txt.varve'));
  box.write('repo/d/a.txt', 'a');
  box.write('repo/d/b.txt', 'b');
  box.ok(['add', 'd']);
  const [[, first]] = look() as [[string, string]];
  box.commit('v1');
  box.write('repo/d/a.txt', 'changed');
  box.ok(['add', 'd']);
  const [[, second]] = look() as [[string, string]];
  box.commit('v2');
  box.git(['checkout', '-q', 'HEAD~1']);
  expect(look()).toEqual([['outdated', first, second]]);
});

test('one odd thing in one dataset is listed, and status, diff, checkout and pull go on with the others', () => {
  box.repository();
  for (const name of ['good.csv', 'link/a.csv', 'pipe/a.csv', 'stray.csv', 'damaged.csv', 'conflict.csv'])
    box.write(`repo/${name}`, 'a\n1\n');
  box.ok(['add', 'good.csv', 'link', 'pipe', 'stray.csv', 'damaged.csv', 'conflict.csv']);
  box.ok(['remote', 'add', 'origin', '../remote']);
  box.commit('first');
  box.ok(['push']);
  box.write('repo/good.csv', 'a\n2\n');
  symlinkSync('nowhere', box.path('repo/link/b'));
  box.run('mkfifo', [box.path('repo/pipe/fifo')]);
  box.write('repo/damaged.csv.varve', 'no pointer\n');
  const pointer = readFileSync(box.path('repo/conflict.csv.varve'), 'utf8');
  box.write('repo/conflict.csv.varve', `<<<<<<< ours\n${pointer}=======\n${pointer}>>>>>>> theirs\n`);
  const odd = ['conflict.csv', 'damaged.csv', 'link', 'pipe'];
  const codes = ['pointer-conflict', 'pointer-damaged', 'symlink-refused', 'special-file-refused'];

  const { datasets, problems } = box.json(['status'], 'repo', 2) as never as Record<
    'datasets' | 'problems',
    { path: string; state: string; code: string }[]
  >;
  expect(datasets.map(({ path, state }) => [path, state])).toEqual([
    ['good.csv', 'modified'],
    ['stray.csv', 'unchanged'],
  ]);
  expect(problems.map(({ path, code }) => [path, code])).toEqual(
    odd.map((path, index) => [path, codes[index]]),
  );
  const people = box.varve(['status']);
  expect(people.out).toContain('modified   good.csv');
  for (const path of odd) expect(people.err).toContain(path);
  expect(people.code).toBe(2);

  expect(box.json(['diff'], 'repo', 2)).toMatchObject({
    datasets: [{ path: 'good.csv' }],
    problems: odd.map((path) => ({ path })),
  });
  rmSync(box.path('repo/stray.csv'));
  expect(box.varve(['checkout']).code).toBe(2);
  expect(existsSync(box.path('repo/stray.csv'))).toBe(true);
  rmSync(box.path('repo/stray.csv'));
  expect(box.varve(['pull']).code).toBe(2);
  expect(existsSync(box.path('repo/stray.csv'))).toBe(true);
  expect(readFileSync(box.path('repo/good.csv'), 'utf8')).toBe('a\n2\n');

  // Pointers that cannot be read are all that keeps ls from a dataset; of a commit, too.
  const listed = { datasets: ['good.csv', 'link', 'pipe', 'stray.csv'].map((path) => ({ path })) };
  const unread = { problems: ['conflict.csv', 'damaged.csv'].map((path) => ({ path })) };
  expect(box.json(['ls'], 'repo', 2)).toMatchObject({ ...listed, ...unread });
  box.ok(['add', 'good.csv']);
  box.git(['commit', '-qam', 'second, with damaged pointers']);
  expect(box.json(['ls', 'HEAD'], 'repo', 2)).toMatchObject({ ...listed, ...unread });
  expect(box.json(['diff', 'HEAD~1', 'HEAD'], 'repo', 2)).toMatchObject({
    datasets: [{ path: 'good.csv' }],
    ...unread,
  });
});

test('a folder that became a file has no empty name', () => {
  box.repository();
  box.write('repo/d/a', 'x');
  box.ok(['add', 'd']);
  rmSync(box.path('repo/d'), { recursive: true });
  box.write('repo/d', 'y');
  expect(box.ok(['status'])).toContain('+ (the file itself)');
});

test('a dataset that is here in part is shown as such', () => {
  box.repository();
  for (const name of ['a/1', 'a/2', 'b/1']) box.write(`repo/d/${name}`, name);
  box.ok(['add', 'd']);
  rmSync(box.path('repo/d'), { recursive: true });
  rmSync(box.path('repo/.varve/tmp'), { recursive: true, force: true });
  box.commit('first');
  box.clone('repo', 'clone');
  box.ok(['remote', 'add', 'origin', '../remote']);
  box.ok(['push']);
  box.ok(['remote', 'add', 'origin', '../remote'], 'clone');
  box.ok(['pull', 'd/a'], 'clone');
  const { out } = box.varve(['status'], 'clone');
  expect(out).toContain('partial    d  (`varve pull d` brings the rest)\n  here: a');
});

test('data of another branch is named, until it is back, gone, or tracked by Git', () => {
  box.repository();
  box.commit('empty');
  box.git(['switch', '-qc', 'other']);
  box.write('repo/sub/data.csv', 'a\n1\n');
  box.ok(['add', 'sub/data.csv']);
  box.commit('with data');
  box.git(['switch', '-q', 'main']);
  expect(box.json(['status']).withoutPointer).toEqual(['sub/data.csv']);
  expect(box.ok(['status'])).toContain('foreign    sub/data.csv');
  box.git(['add', 'sub/data.csv']);
  expect(box.json(['status']).withoutPointer).toBeUndefined();
  box.git(['rm', '-q', '--cached', 'sub/data.csv']);
  box.git(['switch', '-q', 'other']);
  expect(box.json(['status']).withoutPointer).toBeUndefined();
});
