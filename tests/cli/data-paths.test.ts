import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Sandbox } from '../support/sandbox.ts';

/** What a stranger's pull request can name as the place of data, and what varve does then. */

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox().repository();
});
afterEach(() => box.remove());

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
  for (const args of [
    ['checkout', '--force'],
    ['checkout', 'README.md'],
  ]) {
    const { code, err } = box.varve(args);
    expect(code).toBe(2);
    expect(err).toContain('README.md');
    expect(readFileSync(box.path('repo/README.md'), 'utf8')).toBe('in Git\n');
  }
  box.ok(['checkout']);
  expect(readFileSync(box.path('repo/README.md'), 'utf8')).toBe('in Git\n');
});

describe('a link in a folder on the way, which leads out of the repository', () => {
  beforeEach(() => {
    box.write('secret/data.csv', 'who,password\nme,TOP-SECRET\n');
    box.write('secret/data.pbtxt', 'datasets { name: "TOP-SECRET" }\n');
    box.write('secret/s.yaml', 'varveSchema: 1\nTOP-SECRET: 1\n');
    box.write('repo/own.csv', 'a\n1\n');
    symlinkSync(box.path('secret'), box.path('repo/sub'));
  });

  test.each([
    'profile sub/data.csv',
    'profile sub/*.csv',
    'profile ./sub/../sub/data.csv',
    'profile sub/data.pbtxt',
    'validate sub/data.csv',
    'validate own.csv --schema sub/s.yaml',
    'drift own.csv sub/data.csv',
    'drift own.csv --stream sub/data.csv',
    'schema infer sub/data.csv',
    'schema infer own.csv --output sub/new.yaml',
    'profile own.csv --output sub/new.txt',
    'drift own.csv own.csv --prometheus sub/new.txt',
  ])('%s is refused', (command) => {
    const before = readdirSync(box.path('secret'));
    const { code, out, err } = box.varve(command.split(' '));
    expect(code).toBe(2);
    expect(err).toMatch(/^varve: A symbolic link on the way leads .* out of the repository\n/);
    expect(out + err).not.toContain('TOP-SECRET');
    expect(readdirSync(box.path('secret'))).toEqual(before);
  });

  test('statistics that are a link are refused, and what lies there by its own name is read', () => {
    symlinkSync(box.path('secret/data.pbtxt'), box.path('repo/own.pbtxt'));
    expect(box.varve(['profile', 'own.pbtxt'])).toMatchObject({ code: 2, out: '' });
    expect(box.ok(['profile', box.path('secret/data.csv')])).toContain('password');
  });
});
