import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Sandbox } from '../support/sandbox.ts';

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox().repository();
});
afterEach(() => box.remove());

const same = (a: string, b: string) => expect(box.run('diff', ['-r', a, b], '.').out).toBe('');

function manyFiles(): void {
  box.write('repo/data/many/a/one.txt', 'one');
  box.write('repo/data/many/a-b.txt', 'between');
  box.write('repo/data/many/ü/Größe 1.txt', 'umlaut');
  box.write('repo/data/many/\u{1F600}.txt', 'past the basic plane');
  box.write('repo/data/many/\uffee.txt', 'before it in UTF-8, behind it in UTF-16');
  box.write('repo/data/many/empty.txt', '');
  chmodSync(box.write('repo/data/many/run.sh', '#!/bin/sh\n'), 0o755);
  mkdirSync(box.path('repo/data/many/hollow/inner'), { recursive: true });
}

test('a clone gets the same bytes, modes and empty folders', () => {
  manyFiles();
  box.write('repo/data/table.csv', 'a,b\n1,2\n');
  box.ok(['add', 'data/many', 'data/table.csv']);
  box.withRemote().commit('v1');
  expect(box.git(['ls-files']).split('\n')).toEqual(
    expect.arrayContaining(['data/many.varve', 'data/table.csv.varve', 'data/.gitignore']),
  );
  expect(box.git(['status', '--short', '--ignored'])).not.toContain('??');
  box.ok(['push']);
  box.clone('repo', 'clone');
  expect(
    box.json<{ datasets: { state: string }[] }>(['status'], 'clone').datasets.map(({ state }) => state),
  ).toEqual(['missing', 'missing']);
  box.ok(['pull'], 'clone');
  same('repo/data', 'clone/data');
  expect(statSync(box.path('clone/data/many/run.sh')).mode & 0o111).not.toBe(0);
  expect(statSync(box.path('clone/data/many/empty.txt')).mode & 0o111).toBe(0);
  expect(readdirSync(box.path('clone/data/many/hollow/inner'))).toEqual([]);
  expect(box.ok(['status'], 'clone')).toContain('nothing changed');
  expect(box.git(['status', '--short'], 'clone')).toBe('');
});

test('a pointer states facts that other tools can check', () => {
  box.write('repo/table.csv', 'a,b\n1,2\n');
  box.ok(['add', 'table.csv']);
  const digest = box.run('sha256sum', ['table.csv']).out.slice(0, 64);
  const lines = readFileSync(box.path('repo/table.csv.varve'), 'utf8').split('\n');
  expect(lines.slice(0, 7)).toEqual([
    'varve: 1',
    'path: table.csv',
    'kind: file',
    `digest: sha256:${digest}`,
    'bytes: 8',
    'files: 1',
    'rows: 1',
  ]);
  expect(lines[7]).toMatch(/^profile: sha256:[0-9a-f]{64}$/);
});

test('versions come and go with the commits of Git', () => {
  box.write('repo/data/f.txt', 'one');
  manyFiles();
  box.ok(['add', 'data/f.txt', 'data/many']);
  const first = box.commit('v1');
  box.write('repo/data/f.txt', 'two!');
  rmSync(box.path('repo/data/many/a/one.txt'));
  box.write('repo/data/many/new/deep.txt', 'new');
  chmodSync(box.path('repo/data/many/empty.txt'), 0o755);
  expect(box.ok(['status'])).toMatch(/modified +data\/f.txt/);
  const { datasets } = box.json<{ datasets: { path: string; changes: object[] }[] }>(['status', 'data/many']);
  expect(datasets).toEqual([
    {
      path: 'data/many',
      kind: 'directory',
      state: 'modified',
      changes: [
        { path: 'a/', change: 'added' },
        { path: 'a/one.txt', change: 'removed' },
        { path: 'empty.txt', change: 'modified' },
        { path: 'new/deep.txt', change: 'added' },
      ],
    },
  ]);
  // Data that was not added has no profile yet, so no statistics to compare.
  const filesOf = (...words: string[]) =>
    box
      .json<{ datasets: { statistics?: unknown }[] }>(['diff', ...words])
      .datasets.map(({ statistics: _, ...files }) => files);
  const live = filesOf();
  box.ok(['add', 'data/f.txt', 'data/many']);
  expect(filesOf()).toEqual(live);
  const second = box.commit('v2');
  expect(box.varve(['diff']).out).toBe('');
  expect(filesOf(first, second)).toEqual(live);
  expect(box.varve(['diff', first, '--exit-code', 'data/f.txt']).code).toBe(1);
  expect(box.varve(['diff', '--exit-code']).code).toBe(0);
  expect(box.ok(['log', 'data/f.txt'])).toMatch(/v2 \(Ann\)\n.*\n.*v1 \(Ann\)/);

  box.git(['checkout', '-q', first]);
  expect(box.json<{ datasets: { state: string }[] }>(['status']).datasets.map(({ state }) => state)).toEqual([
    'outdated',
    'outdated',
  ]);
  box.ok(['checkout']);
  expect(readFileSync(box.path('repo/data/f.txt'), 'utf8')).toBe('one');
  expect(existsSync(box.path('repo/data/many/new'))).toBe(false);
  expect(readFileSync(box.path('repo/data/many/a/one.txt'), 'utf8')).toBe('one');
  expect(statSync(box.path('repo/data/many/empty.txt')).mode & 0o111).toBe(0);
  box.git(['checkout', '-q', 'main']);
  box.ok(['checkout']);
  expect(box.ok(['status'])).toContain('nothing changed');
  expect(statSync(box.path('repo/data/many/empty.txt')).mode & 0o111).not.toBe(0);
});

test('a change that keeps size and time of modification is seen', () => {
  const file = box.write('repo/f.bin', 'aaaa');
  box.ok(['add', 'f.bin']);
  box.run('touch', ['-r', 'f.bin', 'stamp']);
  box.write('repo/f.bin', 'bbbb');
  box.run('touch', ['-r', 'stamp', 'f.bin']);
  expect(statSync(file).size).toBe(4);
  expect(box.ok(['status'])).toContain('modified');
});

test('a change right after add is seen, though no clock had time to tick', () => {
  for (let round = 0; round < 5; round++) {
    box.write('repo/f.bin', `first${round}`);
    box.ok(['add', 'f.bin']);
    box.write('repo/f.bin', `other${round}`);
    expect(box.ok(['status'])).toContain('modified');
  }
});

test('a repository that was copied is read once more, and knows that nothing changed', () => {
  manyFiles();
  box.write('repo/f.bin', 'x');
  box.ok(['add', 'data/many', 'f.bin']);
  box.run('cp', ['-r', 'repo', 'copy'], '.');
  rmSync(box.path('copy/.varve/stat'), { recursive: true });
  expect(box.ok(['status'], 'copy')).toContain('nothing changed');
  expect(box.ok(['checkout'], 'copy')).toContain('matches');
});

test('a part of a dataset can be pulled, worked on and added again; the rest stays in the snapshot', () => {
  manyFiles();
  box.ok(['add', 'data/many']);
  box.withRemote().commit('v1');
  box.ok(['push']);
  box.clone('repo', 'clone');
  box.ok(['pull', 'data/many/a', 'data/many/run.sh'], 'clone');
  expect(readdirSync(box.path('clone/data/many')).sort()).toEqual(['a', 'run.sh']);
  expect(box.ok(['status'], 'clone')).toContain('nothing changed');
  box.ok(['pull'], 'clone');
  expect(readdirSync(box.path('clone/data/many')).sort()).toEqual(['a', 'run.sh']);

  box.write('clone/data/many/a/two.txt', 'two');
  rmSync(box.path('clone/data/many/run.sh'));
  box.ok(['add', 'data/many'], 'clone');
  box.commit('v2', 'clone');
  box.ok(['push'], 'clone');
  box.git(['pull', '-q', box.path('clone'), 'main']);
  box.ok(['pull']);
  expect(readFileSync(box.path('repo/data/many/a/two.txt'), 'utf8')).toBe('two');
  expect(existsSync(box.path('repo/data/many/run.sh'))).toBe(false);
  expect(readFileSync(box.path('repo/data/many/ü/Größe 1.txt'), 'utf8')).toBe('umlaut');
  box.ok(['pull', 'data/many'], 'clone');
  same('repo/data/many', 'clone/data/many');
});

test('files that only the user has stay, unless they are given up', () => {
  manyFiles();
  box.ok(['add', 'data/many']);
  box.write('repo/data/many/mine.txt', 'mine');
  rmSync(box.path('repo/data/many/a/one.txt'));
  const [dataset] = box.json<{ datasets: { kept: string[]; written: number }[] }>(['checkout']).datasets;
  expect(dataset).toMatchObject({ kept: ['mine.txt'], written: 1 });
  expect(readFileSync(box.path('repo/data/many/mine.txt'), 'utf8')).toBe('mine');
  box.ok(['checkout', '--force']);
  expect(existsSync(box.path('repo/data/many/mine.txt'))).toBe(false);
});

test('.varveignore keeps files out, by the rules of Git, in any folder', () => {
  manyFiles();
  box.write('repo/.varveignore', '*.tmp\n');
  box.write('repo/data/many/.varveignore', '/a/\n!keep.tmp\n');
  box.write('repo/data/many/x.tmp', '');
  box.write('repo/data/many/deep/keep.tmp', '');
  symlinkSync('/etc/passwd', box.path('repo/data/many/a/link'));
  box.ok(['add', 'data/many']);
  box.write('repo/data/many/y.tmp', '');
  expect(box.ok(['status'])).toContain('nothing changed');
  box.run('mv', ['data/many', 'moved']);
  box.ok(['checkout']);
  expect(readdirSync(box.path('repo/data/many')).sort()).toEqual(
    [
      '.varveignore',
      'a-b.txt',
      'deep',
      'empty.txt',
      'hollow',
      'run.sh',
      'ü',
      '\uffee.txt',
      '\u{1F600}.txt',
    ].sort(),
  );
  expect(readdirSync(box.path('repo/data/many/deep'))).toEqual(['keep.tmp']);
});

test('a dataset may turn from a file into a folder and back', () => {
  box.write('repo/data', 'file');
  box.ok(['add', 'data']);
  const file = box.commit('file');
  rmSync(box.path('repo/data'));
  box.write('repo/data/inner', 'folder');
  box.ok(['add', 'data']);
  const folder = box.commit('folder');
  for (const [commit, kind] of [
    [file, 'file'],
    [folder, 'directory'],
    [file, 'file'],
  ] as const) {
    box.git(['checkout', '-q', commit]);
    box.ok(['checkout']);
    expect(statSync(box.path('repo/data')).isDirectory()).toBe(kind === 'directory');
    expect(box.ok(['status'])).toContain('nothing changed');
  }
});

test('paths are understood from any folder, by -C, as pointer, data, or folder of datasets', () => {
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

test('adding again what has not changed changes nothing', () => {
  manyFiles();
  box.write('repo/data/table.csv', 'a,b\n1,2\n');
  box.ok(['add', 'data/many', 'data/table.csv']);
  box.commit('v1');
  const result = box.json<{ datasets: { change: string }[] }>(['add', 'data/many', 'data/table.csv']);
  expect(result.datasets.map(({ change }) => change)).toEqual(['unchanged', 'unchanged']);
  expect(box.git(['status', '--short'])).toBe('');
});
