import { readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
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
    [pointer.replace('varve: 1', 'varve: 2'), 'pointer-too-new'],
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

test('one odd dataset is listed, and status, checkout and pull go on with the others', () => {
  box.repository().withRemote();
  for (const name of ['conflict', 'damaged', 'link', 'fine']) box.write(`repo/${name}/a.txt`, name);
  box.ok(['add', 'conflict', 'damaged', 'link', 'fine']);
  box.ok(['push']);
  box.write('repo/conflict.varve', '<<<<<<< ours\nvarve: 1\n=======\nvarve: 1\n>>>>>>> theirs\n');
  box.write('repo/damaged.varve', 'no pointer');
  symlinkSync('/etc/hostname', box.path('repo/link/out'));
  rmSync(box.path('repo/fine/a.txt'));
  const codes = { conflict: 'pointer-conflict', damaged: 'pointer-damaged', link: 'symlink-refused' };
  type Found = { problems: { dataset: string; code: string }[]; datasets: { path: string }[] };
  const expectAll = (args: string[]): void => {
    const { datasets, problems } = box.json<Found>(args, 'repo', 1);
    expect(datasets.map(({ path }) => path)).toEqual(['fine']);
    expect(Object.fromEntries(problems.map(({ dataset, code }) => [dataset, code]))).toEqual(codes);
  };
  expectAll(['status']);
  expectAll(['checkout', '--force']);
  expect(readFileSync(box.path('repo/fine/a.txt'), 'utf8')).toBe('fine');
  rmSync(box.path('repo/fine'), { recursive: true });
  expectAll(['pull']);
  expect(box.varve(['status']).out).toContain('problem    conflict');
});

test('a dataset that is here in part is shown as partial, and pull of it brings the rest', () => {
  box.repository().withRemote();
  for (const file of ['one/a.txt', 'two/b.txt']) box.write(`repo/data/${file}`, file);
  box.ok(['add', 'data']);
  box.ok(['push']);
  box.commit('v1');
  box.clone('repo', 'clone');
  box.ok(['pull', 'data/one'], 'clone');
  expect(box.ok(['status'], 'clone')).toContain('partial    data  (one is here; `varve pull data` brings');
  box.ok(['pull', 'data'], 'clone');
  expect(box.ok(['status'], 'clone')).toBe('1 dataset, nothing changed.\n');
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
