import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Sandbox } from '../support/sandbox.ts';

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox();
});
afterEach(() => box.remove());

/** A stranger's repository: it carries its own remote, with the directory `evil`, whose file `hooks/post-checkout` is a program. */
function hostile(): void {
  box.repository('stranger');
  box.write(
    'stranger/.varve/config.yaml',
    'version: 1\ndefault: origin\nremotes:\n  origin:\n    url: ./store\n',
  );
  box.write('stranger/evil/hooks/post-checkout', '#!/bin/sh\necho owned > owned\n');
  box.write('stranger/evil/config.yaml', 'version: 1\n');
  chmodSync(box.path('stranger/evil/hooks/post-checkout'), 0o755);
  box.write('stranger/one.yaml', 'sources: {}\n');
  box.ok(['add', 'evil', 'one.yaml'], 'stranger');
  box.ok(['push'], 'stranger');
}

/** The pointer of `from` under another name, as nobody but an attacker would write it. */
function pointAt(from: string, dataset: string): void {
  const name = dataset.slice(dataset.lastIndexOf('/') + 1);
  const text = readFileSync(box.path('stranger', `${from}.varve`), 'utf8');
  box.write(`stranger/${dataset}.varve`, text.replace(/^path: .*$/m, `path: ${JSON.stringify(name)}`));
}

/** Everything below the victim's clone, `.git` and all, but for what any command of varve notes down. */
function everything(folder: string): string[] {
  return readdirSync(box.path(folder), { recursive: true, encoding: 'utf8' })
    .filter(
      (path) =>
        !/^\.varve\/(cache|index|stat|clone-id|tracked|profiles)|^\.git\/(index$|varve(\/|$))/.test(path),
    )
    .sort();
}

/** Commits the stranger's tree, clones it, and says what `args` do there; nothing may have been written. */
function refusedInClone(args: readonly string[], code: string, mayBring?: string): string {
  for (const path of ['evil', 'one.yaml']) {
    rmSync(box.path('stranger', path), { recursive: true, force: true });
    rmSync(box.path('stranger', `${path}.varve`), { force: true });
  }
  // What is of the stranger's clone alone stays there; links that lie in its place are sent.
  for (const name of ['cache', 'index', 'stat']) {
    const path = box.path('stranger/.varve', name);
    if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) rmSync(path, { recursive: true });
  }
  box.git(['add', '-A', '-f'], 'stranger');
  box.git(['commit', '-qm', 'a kind contribution'], 'stranger');
  box.git(['clone', '-q', box.path('stranger'), box.path('victim')], '.');
  const before = everything('victim');
  const result = box.varve([...args, '--json'], 'victim');
  expect(result.code, result.err + result.out).toBe(2);
  const said = result.err + result.out;
  expect(said).toContain(code);
  const isBrought = (path: string): boolean =>
    mayBring !== undefined && [mayBring, '.varve'].some((own) => path === own || path.startsWith(`${own}/`));
  expect(everything('victim').filter((path) => !isBrought(path))).toEqual(
    before.filter((path) => !isBrought(path)),
  );
  return said;
}

describe('a tracked pointer to', () => {
  test.each([
    '.git',
    'sub/.git',
    '.GIT',
    '.git ',
    'git~1',
    '.gi\u200ct',
    '.varve',
    '.Varve',
    'sub/VARVE~1',
    '.dvc',
    '.',
    '..',
    '...',
    'sub/...',
    'a\\b',
  ])('%j writes nothing, by any command', (dataset) => {
    hostile();
    pointAt('evil', dataset);
    refusedInClone(['pull'], 'path-unsafe');
    for (const args of [
      ['checkout', '--force'],
      ['status'],
      ['fetch'],
      ['diff'],
      ['verify'],
      ['pull', `${dataset}.varve`],
    ]) {
      expect(box.varve([...args, '--json'], 'victim')).toMatchObject({ code: 2 });
    }
    expect(existsSync(box.path('victim/.git/hooks/post-checkout'))).toBe(false);
    expect(existsSync(box.path('victim/sub/.git'))).toBe(false);
  });

  test('a file in a folder of Git or varve writes nothing', () => {
    hostile();
    for (const dataset of ['.varve/config.local.yaml', '.varve/cache', 'sub/.git/hooks'])
      pointAt('one.yaml', dataset);
    refusedInClone(['pull'], 'path-unsafe');
  });
});

test('an old commit with such a pointer keeps no gc and no push from their work', () => {
  hostile();
  pointAt('evil', '.git');
  box.git(['add', '-A', '-f', '.git.varve'], 'stranger');
  box.git(['commit', '-qm', 'merged by mistake'], 'stranger');
  box.git(['rm', '-q', '.git.varve'], 'stranger');
  box.commit('taken back', 'stranger');
  box.ok(['gc', '--grace', '0'], 'stranger');
  box.ok(['push', '--all-commits'], 'stranger');
  expect(box.varve(['diff', 'HEAD~1', '--json'], 'stranger')).toMatchObject({ code: 2 });
});

test('a manifest that was made by hand brings nothing into a folder of Git, varve or DVC, nor into a nested repository', () => {
  hostile();
  const store = box.path('stranger/.git/varve/cache');
  for (const path of [
    '.git/hooks/x',
    'deep/.GIT/x',
    '.varve/config.local.yaml',
    '.dvc/config',
    'git~1/x',
    'a\nb',
  ]) {
    const digest = `sha256:${createHash('sha256').update('sources: {}\n').digest('hex')}`;
    const manifest = `${JSON.stringify({ path, size: 12, digest })}\n`;
    box.write('stranger/manifest.jsonl', manifest);
    box.ok(['add', 'manifest.jsonl'], 'stranger');
    const name = createHash('sha256').update(manifest).digest('hex');
    box.write(
      'stranger/nested.varve',
      `varve: 1\npath: nested\nkind: directory\ndigest: sha256:${name}\nbytes: 12\nfiles: 1\n`,
    );
    expect(existsSync(store)).toBe(true);
    const result = box.varve(['checkout', 'nested', '--json'], 'stranger');
    expect(result, result.err).toMatchObject({ code: 2 });
    expect(result.err + result.out).toContain('manifest-damaged');
    expect(existsSync(box.path('stranger/nested'))).toBe(false);
  }
});

describe('what Git tracks stays as it is, even by force:', () => {
  const files = ['.gitignore', '.gitattributes', '.gitmodules', '.github/workflows/x.yml', 'src/program.sh'];
  test.each(files)('%s', (path) => {
    hostile();
    box.write(`stranger/${path}`, 'of the project\n');
    pointAt('one.yaml', path);
    refusedInClone(['pull', '--force'].slice(0, 1), 'would be overwritten');
    // Their bytes are in the cache, so that they count as saved; and by force nothing is asked.
    box.ok(['fetch'], 'victim');
    const said = box.varve(['checkout', '--force', '--json'], 'victim');
    expect(said).toMatchObject({ code: 2 });
    expect(said.err + said.out).toContain('path-tracked');
    expect(readFileSync(box.path('victim', path), 'utf8')).toBe('of the project\n');
  });

  test('a file of a folder that a directory would replace, add to or empty', () => {
    hostile();
    box.write('stranger/src/hooks/post-checkout', 'of the project\n');
    box.write('stranger/src/other.sh', 'of the project\n');
    pointAt('evil', 'src');
    refusedInClone(['pull'], 'changes-unsaved');
    expect(box.varve(['checkout', '--force'], 'victim')).toMatchObject({
      code: 2,
      err: expect.stringContaining('tracked by Git'),
    });
    box.write('stranger/src/hooks/post-checkout', '#!/bin/sh\necho owned > owned\n');
    expect(readFileSync(box.path('victim/src/other.sh'), 'utf8')).toBe('of the project\n');
  });
});

test('a dataset within another is checked out by nobody', () => {
  hostile();
  pointAt('evil', 'outer');
  pointAt('one.yaml', 'outer/hooks/post-checkout');
  refusedInClone(['pull'], 'dataset-nested');
});

describe('links that a commit brought', () => {
  const secret = 'password: hunter2';
  const link = (target: string, path: string) => {
    rmSync(box.path('stranger', path), { recursive: true, force: true });
    box.write(`stranger/${path}.remove`, '');
    rmSync(box.path(`stranger/${path}.remove`));
    symlinkSync(target, box.path('stranger', path));
  };
  beforeEach(() => {
    hostile();
    box.write('secret.yaml', secret);
    mkdirSync(box.path('elsewhere'));
  });

  test.each([
    ['x.varve', 'secret.yaml', 'symlink-refused'],
    ['.varve/config.yaml', 'secret.yaml', 'symlink-refused'],
    ['.varve/config.local.yaml', 'secret.yaml', 'symlink-refused'],
    ['.varve/cache', 'elsewhere', 'varve trust'],
    ['.varve/stat', 'elsewhere', 'link-refused'],
    ['.varve', 'elsewhere', 'link-refused'],
  ])('%s: nothing is read or written behind it', (path, target, code) => {
    pointAt('evil', 'evil2');
    if (path === '.varve') {
      for (const name of ['cache', 'index', 'stat'])
        rmSync(box.path('stranger/.varve', name), { recursive: true, force: true });
      renameSync(box.path('stranger/.varve'), box.path('elsewhere/varve'));
      symlinkSync(box.path('elsewhere/varve'), box.path('stranger/.varve'));
    } else link(box.path(target), path);
    const inside = everything('elsewhere');
    // One pointer that is a link does not stop the dataset beside it.
    const said = refusedInClone(['pull'], code, path === 'x.varve' ? 'evil2' : undefined);
    expect(said).not.toContain('hunter2');
    expect(everything('elsewhere')).toEqual(inside);
    expect(readFileSync(box.path('secret.yaml'), 'utf8')).toBe(secret);
  });

  test('.varveignore, .gitignore and a schema: they are read by no command that needs them', () => {
    for (const path of ['.varveignore', 'data/.gitignore', 'data/t.csv.schema.yaml', '.gitattributes']) {
      link(box.path('secret.yaml'), path);
    }
    box.write('stranger/data/t.csv', 'a\n1\n');
    const all = [
      ['add', 'data/t.csv'],
      ['validate', 'data/t.csv'],
      ['git', 'install', '--diff'],
    ];
    for (const args of all) {
      const { code, err, out } = box.varve(args, 'stranger');
      expect(code, err).toBe(2);
      expect(err).toMatch(/is a symbolic link/);
      expect(err + out).not.toContain('hunter2');
    }
    rmSync(box.path('stranger/.varveignore'));
    expect(box.varve(['add', 'data/t.csv'], 'stranger').err).toContain('data/.gitignore is a symbolic link');
    expect(readFileSync(box.path('secret.yaml'), 'utf8')).toBe(secret);
  });

  test('a folder: no data is written into it, read or removed behind it', () => {
    pointAt('evil', 'evil2');
    link(box.path('elsewhere'), 'evil2');
    refusedInClone(['pull'], 'symlink-refused');
    expect(readdirSync(box.path('elsewhere'))).toEqual([]);
  });

  test('a report takes the place of a link and is not written through it; a device stays one', () => {
    box.write('stranger/t.csv', 'a\n1\n');
    link(box.path('secret.yaml'), 'report.md');
    box.ok(['profile', 't.csv', '--format', 'markdown', '--output', 'report.md'], 'stranger');
    expect(readFileSync(box.path('secret.yaml'), 'utf8')).toBe(secret);
    expect(readFileSync(box.path('stranger/report.md'), 'utf8')).toContain('t.csv');
    expect(lstatSync(box.path('stranger/report.md')).isFile()).toBe(true);
    box.ok(['profile', 't.csv', '--format', 'markdown', '--output', '/dev/null'], 'stranger');
    expect(lstatSync('/dev/null').isCharacterDevice()).toBe(true);
  });

  test('a cache that the user of this clone has put elsewhere works', () => {
    rmSync(box.path('stranger/.git/varve/cache'), { recursive: true });
    pointAt('evil', 'fine');
    rmSync(box.path('stranger/evil.varve'));
    rmSync(box.path('stranger/one.yaml.varve'));
    box.commit('fine', 'stranger');
    box.git(['clone', '-q', box.path('stranger'), box.path('victim')], '.');
    symlinkSync(box.path('elsewhere'), box.path('victim/.varve/cache'));
    box.ok(['trust'], 'victim');
    box.ok(['pull'], 'victim');
    expect(readdirSync(box.path('elsewhere'))).toContain('varve-store.json');
  });
});

test('a dataset is added nowhere that it could not be checked out', () => {
  box.repository();
  box.write('repo/sub/.GIT/x', 'x');
  for (const path of ['.git', '.varve', '.', 'sub/.GIT', '.git/../.git/config']) {
    expect(box.varve(['add', path, '--json'])).toMatchObject({ code: 2 });
  }
  expect(box.varve(['add', 'sub']).err).toMatch(/is a Git repository within the dataset/);
  box.write('repo/data/nested/x.csv', 'a\n1\n');
  spawnSync('git', ['init', '-q'], { cwd: box.path('repo/data/nested') });
  expect(box.varve(['add', 'data'])).toMatchObject({ code: 2, err: expect.stringContaining('.varveignore') });
  // What the message says.
  box.write('repo/data/.varveignore', '.git\n');
  box.ok(['add', 'data']);
  expect(box.ok(['status'])).toContain('nothing changed');
  rmSync(box.path('repo/data/nested/x.csv'));
  box.ok(['checkout', '--force']);
  expect(lstatSync(box.path('repo/data/nested/.git')).isDirectory()).toBe(true);
});

test('drivers of Git are told no path outside, and none that no dataset may have', () => {
  box.repository();
  const pointer = `varve: 1\npath: x\nkind: file\ndigest: sha256:${'0'.repeat(64)}\nbytes: 1\nfiles: 1\n`;
  for (const name of ['base', 'ours', 'theirs']) box.write(`repo/${name}`, pointer);
  box.write('outside', pointer);
  const files = ['base', 'ours', 'theirs'];
  expect(box.varve(['git', 'merge', ...files, 'x.varve'])).toMatchObject({ code: 0 });
  for (const path of ['../x.varve', '.git/config.varve', '.git.varve', '/x.varve']) {
    expect(box.varve(['git', 'merge', ...files, path])).toMatchObject({ code: 2 });
  }
  expect(box.varve(['git', 'merge', 'base', '../outside', 'theirs', 'x.varve'])).toMatchObject({ code: 2 });
  expect(readFileSync(box.path('outside'), 'utf8')).toBe(pointer);
  box.write('repo/bad', pointer.replace('path: x', 'path: ".git"'));
  expect(box.ok(['git', 'textconv', 'bad'])).toContain('path: ".git"');
});
