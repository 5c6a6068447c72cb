import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { datasetPaths } from '../../src/workspace/git/pointers.ts';
import { pointersWithoutGit } from '../../src/workspace/git/tracked-pointers.ts';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'varve-tracked-')));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let made = 0;
function repository(): string {
  const root = join(folder, String(made++));
  mkdirSync(root);
  git(root, ['init', '-q']);
  write(root, '.varve/.gitignore', '/tracked.json\n');
  return root;
}

function git(root: string, args: readonly string[]): string {
  return spawnSync('git', ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.org', ...args], {
    cwd: root,
    encoding: 'utf8',
  }).stdout;
}

function write(root: string, path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

/** What datasetPaths promises, by Git alone. */
function byGit(root: string): string[] {
  const listed = git(root, ['ls-files', '-z', '--cached', '--others', '--exclude-standard']).split('\0');
  return [...new Set(listed)]
    .filter((path) => path.endsWith('.varve') && existsSync(join(root, path)))
    .map((path) => path.slice(0, -'.varve'.length))
    .sort();
}

const path = fc.constantFrom('a', 'b', 'sub/a', 'sub/deep/c', 'other/a', 'ü/d');
const step = fc.oneof(
  fc.record({ does: fc.constant('write'), path }),
  fc.record({ does: fc.constant('remove'), path }),
  fc.record({ does: fc.constant('add'), path }),
  fc.record({ does: fc.constant('untrack'), path }),
  fc.record({ does: fc.constant('ignore'), path }),
  fc.record({ does: fc.constant('restore'), path }),
);

test('the datasets are those that Git names, whatever was remembered', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 12 }), (steps) => {
      const root = repository();
      for (const { does, path } of steps) {
        const pointer = `${path}.varve`;
        if (does === 'write') write(root, pointer, path);
        if (does === 'remove') rmSync(join(root, pointer), { force: true });
        if (does === 'add') git(root, ['add', '-f', '--', pointer]);
        if (does === 'untrack') git(root, ['rm', '-q', '--cached', '--', pointer]);
        if (does === 'ignore') write(root, '.gitignore', `${pointer}\n`);
        if (does === 'restore') git(root, ['checkout', '-q', '--', pointer]);
        expect(datasetPaths(root)).toEqual(byGit(root));
      }
    }),
    { numRuns: 40 },
  );
}, 120_000);

test('Git is asked again only where its index or the tree is another', () => {
  const root = repository();
  write(root, 'data/a.varve', 'a');
  git(root, ['add', '-A']);
  expect(pointersWithoutGit(root)).toBeUndefined();
  expect(datasetPaths(root)).toEqual(['data/a']);
  expect(pointersWithoutGit(root)).toEqual(['data/a.varve']);
  write(root, 'data/b.varve', 'b');
  expect(pointersWithoutGit(root)).toBeUndefined();
  git(root, ['add', '-A']);
  expect(pointersWithoutGit(root)).toBeUndefined();
  expect(datasetPaths(root)).toEqual(['data/a', 'data/b']);
  rmSync(join(root, 'data/b.varve'));
  expect(pointersWithoutGit(root)).toEqual(['data/a.varve']);
});

test('a worktree has an index of its own', () => {
  const root = repository();
  write(root, 'a.varve', 'a');
  git(root, ['add', '-A']);
  git(root, ['commit', '-qm', 'v1']);
  const tree = `${root}-tree`;
  git(root, ['worktree', 'add', '-q', tree]);
  expect(datasetPaths(tree)).toEqual(['a']);
  expect(pointersWithoutGit(tree)).toEqual(['a.varve']);
});

test('where Git keeps no checksum of its index, it is asked each time', () => {
  const root = repository();
  write(root, 'a.varve', 'a');
  git(root, ['add', '-A']);
  const index = readFileSync(join(root, '.git/index'));
  writeFileSync(join(root, '.git/index'), index.fill(0, index.length - 20));
  expect(datasetPaths(root)).toEqual(['a']);
  expect(pointersWithoutGit(root)).toBeUndefined();
});

test('a repository within, a tree too wide and a record that is damaged leave it to Git', () => {
  const root = repository();
  write(root, 'a.varve', 'a');
  git(root, ['add', '-A']);
  mkdirSync(join(root, 'within'));
  git(join(root, 'within'), ['init', '-q']);
  write(root, 'within/b.varve', 'b');
  expect(datasetPaths(root)).toEqual(['a']);
  expect(pointersWithoutGit(root)).toEqual(['a.varve']);
  for (let number = 0; number < 250; number++)
    mkdirSync(join(root, 'wide', String(number)), { recursive: true });
  expect(pointersWithoutGit(root)).toBeUndefined();
  expect(datasetPaths(root)).toEqual(['a']);
  rmSync(join(root, 'wide'), { recursive: true });
  for (const text of ['', '{', '{"version":1}', '{"version":1,"index":"","pointers":["a.varve"]}']) {
    write(root, '.varve/tracked.json', text);
    expect(pointersWithoutGit(root)).toBeUndefined();
    expect(datasetPaths(root)).toEqual(['a']);
  }
});
