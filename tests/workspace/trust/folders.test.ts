import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkNotes, realPlaceOf } from '../../../src/workspace/trust/folders.ts';

let top: string;
let root: string;
beforeEach(() => {
  top = realpathSync(mkdtempSync(join(tmpdir(), 'varve-folders-')));
  root = join(top, 'repo');
  mkdirSync(join(root, 'sub'), { recursive: true });
});
afterEach(() => rmSync(top, { recursive: true, force: true }));

const link = (path: string, target: string) => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  symlinkSync(target, join(root, path));
};

test('a folder of the working tree is its own, also where it is not there yet', () => {
  for (const path of ['sub', 'new', 'new/deep', 'sub/../new', '.varve/cache', '.gitignore', 'a.git'])
    expect(realPlaceOf(root, join(root, path))).toEqual({ path: join(root, path), isOwn: true });
});

test('links are followed one step at a time, and none outside', () => {
  link('out', '../elsewhere');
  link('far', '/net/host/share');
  link('near', `${root}/sub`);
  link('back', '../repo/out');
  link('round', 'sub/../near/deep');
  link('trick', 'out/../new');
  link('absolute-trick', `${root}/out/../new`);
  const place = (path: string) => realPlaceOf(root, join(root, path));
  expect(place('out/x')).toEqual({ path: join(top, 'elsewhere/x'), isOwn: false });
  expect(place('far/x')).toEqual({ path: '/net/host/share/x', isOwn: false });
  expect(place('near/x')).toEqual({ path: join(root, 'sub/x'), isOwn: true });
  expect(place('back')).toMatchObject({ isOwn: false });
  expect(place('round')).toEqual({ path: join(root, 'sub/deep'), isOwn: true });
  expect(place('trick')).toMatchObject({ isOwn: false });
  expect(place('absolute-trick')).toMatchObject({ isOwn: false });
  link('one', 'two');
  link('two', 'one');
  expect(() => place('one/x')).toThrow(expect.objectContaining({ code: 'link-loop' }));
});

test('where Git keeps what is its own is nobody’s, in any form that a file system takes for it', () => {
  for (const name of [
    '.git',
    '.GIT',
    '.git ',
    '.git.',
    '.g\u200cit',
    'git~1',
    'GIT~2',
    '.git::$INDEX_ALLOCATION',
  ])
    for (const path of [name, `sub/${name}/hooks`])
      expect(realPlaceOf(root, join(root, path)).isOwn, path).toBe(false);
});

test('no way through links ends inside that the file system ends outside', () => {
  const step = fc.constantFrom('a', 'b', 'c', '..', '.');
  const target = fc.array(step, { minLength: 1, maxLength: 5 }).map((steps) => steps.join('/'));
  fc.assert(
    fc.property(
      target,
      target,
      fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 3 }),
      (a, b, way) => {
        const inner = join(root, 'sub');
        rmSync(inner, { recursive: true, force: true });
        for (const path of ['sub/c', 'c']) mkdirSync(join(root, path), { recursive: true });
        link('sub/a', a);
        link('sub/b', b);
        const path = join(inner, ...way);
        const real = realOf(path);
        const found = real === undefined ? undefined : realPlaceOf(inner, path);
        // What the file system cannot reach either, nothing can be written to.
        if (found?.isOwn) expect(real).toBe(found.path);
      },
    ),
    { numRuns: 500 },
  );
});

function realOf(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

test('a link that leads varve’s notes elsewhere is refused', () => {
  const folder = join(root, '.varve');
  mkdirSync(folder);
  expect(() => checkNotes(root, folder)).not.toThrow();
  for (const name of ['index', 'stat', 'profiles', 'read']) {
    link(`.varve/${name}`, '../../elsewhere');
    expect(() => checkNotes(root, folder)).toThrow(expect.objectContaining({ code: 'link-refused' }));
    rmSync(join(folder, name));
  }
});
