import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Sandbox } from '../support/sandbox.ts';

/** What a stranger's pull request can name as the place of data, and what varve does then. */

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox().repository();
});
afterEach(() => box.remove());

const HOOK = '#!/bin/sh\ntouch "$HOME/hook-ran"\n';

/** A snapshot of a folder that would be a folder of hooks, pushed to a remote that lies in Git itself; returns its pointer. */
function hooksInRemote(): string {
  box.write('repo/x/hooks/post-checkout', HOOK);
  box.run('chmod', ['+x', 'x/hooks/post-checkout']);
  box.ok(['add', 'x']);
  box.ok(['remote', 'add', 'origin', 'store']);
  box.ok(['push']);
  const pointer = readFileSync(box.path('repo/x.varve'), 'utf8');
  box.git(['add', '-A', '-f', 'store', '.varve/config.yaml']);
  box.git(['commit', '-qm', 'a remote in Git']);
  rmSync(box.path('repo/x'), { recursive: true });
  rmSync(box.path('repo/x.varve'));
  rmSync(box.path('repo/.varve/cache'), { recursive: true });
  return pointer;
}

function named(pointer: string, name: string): string {
  return pointer.replace(/^path: .*$/m, `path: ${JSON.stringify(name)}`);
}

describe('a pointer from a stranger', () => {
  test.each([
    ['.git.varve', '.git'],
    ['sub/.git.varve', '.git'],
    ['.GIT.varve', '.GIT'],
    ['.git .varve', '.git '],
    ['git~1.varve', 'git~1'],
    ['.g\u200cit.varve', '.g\u200cit'],
    ['.varve.varve', '.varve'],
    ['.varve/config.local.yaml.varve', 'config.local.yaml'],
    ['.dvc.varve', '.dvc'],
    ['.dvc/config.varve', 'config'],
    ['..varve', '.'],
    ['...varve', '..'],
  ])('%j puts no data there', (file, name) => {
    const pointer = hooksInRemote();
    box.write(`repo/${file}`, named(pointer, name));
    box.git(['add', '-f', '--', file]);
    box.git(['commit', '-qm', 'hostile']);
    const before = box.git(['rev-parse', '--git-path', 'hooks']).trim();
    for (const args of [['pull'], ['checkout', '--force'], ['fetch'], ['status']]) {
      const { code, err } = box.varve(args);
      if (code !== 0) expect(err, args[0]).toMatch(/No data may lie at|is not a pointer|names? no/i);
      expect(existsSync(box.path('repo', before, 'post-checkout')), args[0]).toBe(false);
    }
    for (const folder of ['.git', 'sub/.git', '.GIT', '.varve', '.dvc', 'git~1', '.git ', '..', '.'])
      expect(existsSync(box.path('repo', folder, 'hooks/post-checkout')), folder).toBe(false);
    box.git(['checkout', '-q', '--detach']);
    expect(existsSync(box.path('hook-ran'))).toBe(false);
  });

  test('names its fault, and the remedy helps', () => {
    const pointer = hooksInRemote();
    box.write('repo/.git.varve', named(pointer, '.git'));
    box.git(['add', '-f', '.git.varve']);
    const { code, err } = box.varve(['pull']);
    expect(code).toBe(2);
    expect(err).toContain('No data may lie at ".git": it lies in a `.git` folder');
    expect(err).toContain('Remove .git.varve');
    box.git(['rm', '-q', '-f', '.git.varve']);
    box.ok(['status']);
  });
});

test.each(['.git', '.git/hooks', '.varve', '.varve/cache', 'a/.dvc'])('varve add %s is refused', (path) => {
  mkdirSync(box.path('repo', path), { recursive: true });
  writeFileSync(box.path('repo', path, 'f.csv'), 'a\n1\n');
  const { code, err } = box.varve(['add', path]);
  expect(code).toBe(2);
  expect(err).toMatch(/No data may lie at|repository/);
});

test.each(['.git', '.varve', '.dvc', '.GIT', 'git~1'])('a folder that holds %s is no dataset', (name) => {
  box.write('repo/d/a.csv', 'a\n1\n');
  box.write(`repo/d/sub/${name}/config`, '[core]\n');
  const { code, err } = box.varve(['add', 'd']);
  expect(code).toBe(2);
  expect(err).toMatch(/repository.* within the dataset/);
});

describe('a link that came through Git', () => {
  const secret = (): string => box.write('secret.txt', 'TOP-SECRET: yes\n');

  test.each([
    ['d/x.csv.varve', ['status', 'diff', 'checkout', 'push --remote origin']],
    ['.varveignore', ['add d', 'status']],
    ['d/x.csv.schema.yaml', ['validate d/x.csv']],
  ] as const)('%s shows nothing of what it leads to', (file, commands) => {
    box.write('repo/d/x.csv', 'a\n1\n');
    box.withRemote();
    box.ok(['add', 'd/x.csv']);
    box.commit('v1');
    rmSync(box.path('repo', file), { force: true });
    symlinkSync(secret(), box.path('repo', file));
    box.git(['add', '-f', file]);
    for (const command of commands) {
      const { out, err } = box.varve(command.split(' '));
      expect(`${out}${err}`, command).not.toContain('TOP-SECRET');
    }
  });

  test('.varve, its cache and its settings are not followed', () => {
    box.write('repo/d.csv', 'a\n1\n');
    mkdirSync(box.path('elsewhere'));
    writeFileSync(box.path('elsewhere/precious'), 'x');
    rmSync(box.path('repo/.varve/cache'), { recursive: true, force: true });
    symlinkSync(box.path('elsewhere'), box.path('repo/.varve/cache'));
    box.git(['add', '-f', '.varve/cache']);
    const { code, err } = box.varve(['add', 'd.csv']);
    expect(code).toBe(2);
    expect(err).toContain('varve trust');
    expect(existsSync(box.path('elsewhere/packs'))).toBe(false);
    box.git(['rm', '-q', '--cached', '--', '.varve/cache']);
    rmSync(box.path('repo/.varve/cache'));
    box.ok(['add', 'd.csv']);
    expect(existsSync(box.path('elsewhere/packs'))).toBe(false);
  });

  test('a link that this machine agreed to is followed', () => {
    box.write('repo/d.csv', 'a\n1\n');
    rmSync(box.path('repo/.varve/cache'), { recursive: true, force: true });
    mkdirSync(box.path('disk'));
    symlinkSync(box.path('disk'), box.path('repo/.varve/cache'));
    box.ok(['trust']);
    box.ok(['add', 'd.csv']);
    expect(existsSync(box.path('disk/packs'))).toBe(true);
  });

  test('.gitignore as a link out of the repository is not written to', () => {
    box.write('repo/d/x.csv', 'a\n1\n');
    const file = secret();
    symlinkSync(file, box.path('repo/d/.gitignore'));
    const { code, err } = box.varve(['add', 'd/x.csv']);
    expect(code).toBe(2);
    expect(err).toContain('d/.gitignore');
    expect(readFileSync(file, 'utf8')).toBe('TOP-SECRET: yes\n');
  });

  test('a parent of data as a link is neither written through nor read', () => {
    box.write('repo/d/sub/x.csv', 'a\n1\n');
    box.ok(['add', 'd']);
    box.commit('v1');
    rmSync(box.path('repo/d/sub'), { recursive: true });
    mkdirSync(box.path('elsewhere'));
    symlinkSync(box.path('elsewhere'), box.path('repo/d/sub'));
    for (const args of [['checkout'], ['checkout', '--force'], ['status'], ['add', 'd']]) box.varve(args);
    expect(existsSync(box.path('elsewhere/x.csv'))).toBe(false);
  });
});

test('a file that Git tracks is not overwritten by data of its name', () => {
  box.write('repo/README.md', 'from the data\n');
  box.ok(['add', 'README.md']);
  box.commit('a dataset');
  box.git(['rm', '-q', '--cached', '--ignore-unmatch', 'README.md']);
  box.write('repo/README.md', 'in Git\n');
  box.git(['add', '-f', 'README.md']);
  box.git(['commit', '-qm', 'also in Git']);
  const { code, err } = box.varve(['checkout']);
  expect(code).toBe(2);
  expect(err).toContain('README.md');
  expect(readFileSync(box.path('repo/README.md'), 'utf8')).toBe('in Git\n');
});

describe('an output of DVC from a stranger', () => {
  test.each([
    ['.git/hooks/post-checkout', 'x.dvc'],
    ['.GIT/hooks/post-checkout', 'x.dvc'],
    ['git~1/hooks/post-checkout', 'x.dvc'],
    ['.dvc/config', 'x.dvc'],
    ['../.git/hooks/post-checkout', 'sub/x.dvc'],
  ])('%s writes nothing there', (path, pointer) => {
    const dvc = new Sandbox();
    try {
      mkdirSync(dvc.path('repo/.dvc'), { recursive: true });
      dvc.git(['init', '-q', '-b', 'main']);
      const md5 = createHash('md5').update(HOOK).digest('hex');
      dvc.write('repo/.dvc/config', '');
      dvc.write(`repo/.dvc/cache/files/md5/${md5.slice(0, 2)}/${md5.slice(2)}`, HOOK);
      dvc.write(
        `repo/${pointer}`,
        `outs:\n- md5: ${md5}\n  size: ${HOOK.length}\n  hash: md5\n  isexec: true\n  path: ${path}\n`,
      );
      dvc.git(['add', '-f', pointer]);
      for (const args of [['checkout'], ['checkout', '--force'], ['pull'], ['status']]) {
        const { code, err } = dvc.varve(args);
        expect(code, err).toBe(2);
      }
      expect(dvc.varve(['checkout']).err).toContain('No data may lie at');
      expect(existsSync(dvc.path('repo/.git/hooks/post-checkout'))).toBe(false);
      expect(readFileSync(dvc.path('repo/.dvc/config'), 'utf8')).toBe('');
    } finally {
      dvc.remove();
    }
  });
});
