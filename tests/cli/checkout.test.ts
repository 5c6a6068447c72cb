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
import { manyFiles } from '../support/many-files.ts';
import { refused } from '../support/refused.ts';
import { Sandbox } from '../support/sandbox.ts';

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox();
});
afterEach(() => box.remove());

test('unsaved changes stop a checkout before anything is touched', () => {
  box.repository();
  box.write('repo/a.txt', 'one');
  box.write('repo/many/x', '1');
  box.write('repo/many/y', '1');
  box.ok(['add', 'a.txt', 'many']);
  const first = box.commit('v1');
  box.write('repo/a.txt', 'two');
  box.write('repo/many/x', '22');
  box.ok(['add', 'a.txt', 'many']);
  box.commit('v2');
  box.git(['checkout', '-q', first]);
  box.write('repo/many/x', 'mine');
  refused(box, ['checkout'], 'changes-conflicting', 'many/x');
  box.write('repo/many/x', '22');
  box.write('repo/many/y', 'mine');
  expect(box.ok(['checkout', 'many'])).toContain('1 file left as edited here: y');
  refused(box, ['checkout', 'many'], 'changes-unsaved', 'many/y');
  box.ok(['checkout', '--force']);
  expect(readFileSync(box.path('repo/many/y'), 'utf8')).toBe('1');
});

test('a folder of which nothing was ever fetched is to be pulled: file or folder, the remedy is the same', () => {
  box.repository();
  box.write('repo/a.txt', 'one');
  box.write('repo/many/x', '1');
  box.ok(['add', 'a.txt', 'many']);
  for (const place of ['a.txt', 'many', '.git/varve/cache'])
    rmSync(box.path('repo', place), { recursive: true });
  for (const name of ['a.txt', 'many'])
    expect(box.varve(['checkout', name]).err).toContain(`Run \`varve pull ${name}\``);
});

test('a file in the way of a folder, and an ignored file in the way of a file, are not overwritten', () => {
  box.repository();
  box.write('repo/many/deep/x', '1');
  box.write('repo/many/y.tmp', '1');
  box.ok(['add', 'many']);
  box.write('repo/.varveignore', '*.tmp\n');
  rmSync(box.path('repo/many'), { recursive: true });
  box.write('repo/many/deep', 'mine');
  refused(box, ['checkout'], 'changes-unsaved', 'many/deep');
  rmSync(box.path('repo/many'), { recursive: true });
  box.write('repo/many/y.tmp', 'mine');
  refused(box, ['checkout'], 'changes-unsaved', 'many/y.tmp');
});

test('no checkout writes behind a link', () => {
  box.repository();
  mkdirSync(box.path('outside'));
  box.write('repo/data/many/a/x', '1');
  box.ok(['add', 'data/many']);
  box.commit('v1');
  rmSync(box.path('repo/data/many'), { recursive: true });
  symlinkSync('../../outside', box.path('repo/data/many'));
  refused(box, ['checkout', '--force'], 'symlink-refused', 'data/many');
  rmSync(box.path('repo/data/many'));
  // Ignored, so that no scan meets it.
  box.write('repo/.varveignore', '/data/many/a\n');
  mkdirSync(box.path('repo/data/many'));
  symlinkSync('../../../outside', box.path('repo/data/many/a'));
  refused(box, ['checkout', '--force'], 'symlink-refused', 'data/many/a');
  expect(readdirSync(box.path('outside'))).toEqual([]);
});

test('a full disk stops add and checkout in order', (context) => {
  const disk = box.path('disk');
  mkdirSync(disk);
  if (box.run('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', disk], '.').code !== 0) {
    context.skip('no right to mount a small file system here');
  }
  try {
    box.repository('disk/repo');
    box.write('disk/repo/data/a.bin', Buffer.alloc(400_000, 1));
    box.write('disk/repo/data/b.bin', Buffer.alloc(400_000, 2));
    box.write('disk/repo/.varve/config.local.yaml', `cache: ${box.path('cache')}\n`);
    box.ok(['trust'], 'disk/repo');
    box.ok(['add', 'data'], 'disk/repo');
    rmSync(box.path('disk/repo/data'), { recursive: true });
    box.write('disk/ballast', Buffer.alloc(1_200_000, 3));
    const result = box.varve(['checkout', '--json'], 'disk/repo');
    expect([result.code, JSON.parse(result.out)]).toMatchObject([2, { error: { code: 'disk-full' } }]);
    expect(box.run('find', ['.', '-name', '.varve-*'], 'disk/repo').out).toBe('');
    rmSync(box.path('disk/ballast'));
    box.ok(['checkout'], 'disk/repo');
    expect(box.ok(['status'], 'disk/repo')).toContain('nothing changed');

    box.write('disk/repo/.varve/config.local.yaml', `cache: ${box.path('disk/cache')}\n`);
    box.ok(['trust'], 'disk/repo');
    box.write('disk/repo/more.bin', Buffer.from(Array.from({ length: 900_000 }, (_, index) => index * 7919)));
    refused(box, ['add', 'more.bin'], 'disk-full', 'disk', 'disk/repo');
  } finally {
    box.run('umount', [disk], '.');
  }
});

test('versions come and go with the commits of Git', () => {
  box.repository();
  box.write('repo/data/f.txt', 'one');
  manyFiles(box);
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
      digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      dataDigest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
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

test('files that only the user has stay, unless they are given up', () => {
  box.repository();
  manyFiles(box);
  box.ok(['add', 'data/many']);
  box.write('repo/data/many/mine.txt', 'mine');
  rmSync(box.path('repo/data/many/a/one.txt'));
  const [dataset] = box.json<{ datasets: { kept: string[]; written: number }[] }>(['checkout']).datasets;
  expect(dataset).toMatchObject({ kept: ['mine.txt'], written: 1 });
  expect(readFileSync(box.path('repo/data/many/mine.txt'), 'utf8')).toBe('mine');
  box.ok(['checkout', '--force']);
  expect(existsSync(box.path('repo/data/many/mine.txt'))).toBe(false);
});

test('a dataset may turn from a file into a folder and back', () => {
  box.repository();
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
