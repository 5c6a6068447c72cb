import { appendFileSync, chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Sandbox } from '../support/sandbox.ts';

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox().repository().withRemote();
});
afterEach(() => box.remove());

const table = (rows: number, far = 1) =>
  `id,fare\n${Array.from({ length: rows }, (_, row) => `${row},${(row % 10) * far}\n`).join('')}`;

function versions(): void {
  box.write('repo/data/table.csv', table(500));
  box.write('repo/data/many/a.txt', 'a');
  box.write('repo/data/many/b.txt', 'b');
  box.ok(['add', 'data/table.csv', 'data/many']);
  box.commit('v1');
}

function newer(): void {
  box.write('repo/data/table.csv', table(800, 7));
  rmSync(box.path('repo/data/many/a.txt'));
  box.write('repo/data/many/c.txt', 'c');
  box.ok(['add', 'data/table.csv', 'data/many']);
}

test('git diff and git log -p show files and statistics once the driver is installed', () => {
  versions();
  box.ok(['git', 'install', '--diff']);
  newer();
  const said = box.git(['diff']);
  expect(said).toMatch(/^-a\.txt {2}1 bytes/m);
  expect(said).toMatch(/^\+c\.txt {2}1 bytes/m);
  expect(said).toMatch(/^\+rows: 800$/m);
  expect(said).toMatch(/^\+.*fare .*63/m);
  box.commit('v2');
  expect(box.git(['log', '-p', '-1', '--', 'data/many.varve'])).toMatch(/^\+c\.txt {2}1 bytes/m);
  expect(existsSync(box.path('repo/.git/hooks/pre-push'))).toBe(false);
  box.ok(['git', 'uninstall']);
  expect(box.git(['log', '-p', '-1', '--', 'data/many.varve'])).not.toContain('c.txt');
});

test('a merge joins what two branches did to one folder', () => {
  versions();
  box.ok(['git', 'install', '--merge']);
  box.commit('attributes');
  box.git(['switch', '-qc', 'other']);
  box.write('repo/data/many/theirs.txt', 'theirs');
  rmSync(box.path('repo/data/many/a.txt'));
  box.ok(['add', 'data/many']);
  box.commit('theirs');
  box.git(['switch', '-q', 'main']);
  box.ok(['checkout']);
  box.write('repo/data/many/b.txt', 'ours');
  chmodSync(box.path('repo/data/many/b.txt'), 0o755);
  box.ok(['add', 'data/many']);
  box.commit('ours');
  box.git(['merge', '-q', 'other', '-m', 'merged']);
  box.ok(['checkout']);
  expect(existsSync(box.path('repo/data/many/a.txt'))).toBe(false);
  expect(readFileSync(box.path('repo/data/many/b.txt'), 'utf8')).toBe('ours');
  expect(readFileSync(box.path('repo/data/many/theirs.txt'), 'utf8')).toBe('theirs');
  expect(box.ok(['status'])).toContain('nothing changed');
});

test('a merge whose other side is not in this clone says what to do, and that works', () => {
  versions();
  box.ok(['git', 'install', '--merge']);
  box.commit('attributes');
  box.ok(['push']);
  box.clone('repo', 'clone');
  box.ok(['pull'], 'clone');
  box.ok(['git', 'install', '--merge'], 'clone');
  box.write('clone/data/many/theirs.txt', 'theirs');
  box.ok(['add', 'data/many'], 'clone');
  box.commit('theirs', 'clone');
  box.ok(['push'], 'clone');
  box.write('repo/data/many/ours.txt', 'ours');
  box.ok(['add', 'data/many']);
  box.commit('ours');
  box.git(['remote', 'add', 'colleague', box.path('clone')]);
  box.git(['fetch', '-q', 'colleague']);
  const merge = ['merge', '-q', 'colleague/main', '-m', 'merged'];
  const stopped = box.run('git', merge);
  expect(stopped).toMatchObject({
    code: 1,
    err: expect.stringContaining('. Undo this by `git merge --abort`'),
  });
  expect(stopped.err).toContain('`varve fetch --all-commits`');
  box.git(['merge', '--abort']);
  box.ok(['fetch', '--all-commits']);
  box.git(merge);
  box.ok(['pull']);
  expect(readFileSync(box.path('repo/data/many/theirs.txt'), 'utf8')).toBe('theirs');
  expect(readFileSync(box.path('repo/data/many/ours.txt'), 'utf8')).toBe('ours');
});

test('a merge leaves a file that both sides changed to people', () => {
  versions();
  box.ok(['git', 'install', '--merge']);
  box.commit('attributes');
  for (const side of ['other', 'main']) {
    box.git(['switch', '-q', ...(side === 'other' ? ['-c', side] : [side])]);
    box.ok(['checkout']);
    box.write('repo/data/many/b.txt', side);
    box.write('repo/data/table.csv', `${table(10)}${side.length},1\n`);
    box.ok(['add', 'data/many', 'data/table.csv']);
    box.commit(side);
  }
  const merge = box.run('git', ['merge', 'other']);
  expect(merge.code).toBe(1);
  expect(merge.err + merge.out).toContain('b.txt');
  expect(box.json<{ error: { code: string } }>(['status'], 'repo', 2).error.code).toBe('pointer-conflict');
  box.git(['checkout', '--theirs', '--', 'data/many.varve', 'data/table.csv.varve']);
  box.ok(['checkout']);
  expect(readFileSync(box.path('repo/data/many/b.txt'), 'utf8')).toBe('other');
});

test('git push sends the data of its commits first, old versions too, and stops where it cannot', () => {
  versions();
  box.ok(['git', 'install']);
  newer();
  box.commit('v2');
  box.run('git', ['init', '-q', '--bare', 'server'], '.');
  box.git(['remote', 'add', 'origin', box.path('server')]);
  box.git(['push', '-q', 'origin', 'main']);
  box.clone('server', 'clone');
  for (const revision of ['main', 'main~1']) {
    box.git(['checkout', '-q', revision], 'clone');
    box.ok(['trust'], 'clone');
    box.ok(['pull'], 'clone');
    expect(box.ok(['status'], 'clone')).toContain('nothing changed');
  }
  appendFileSync(box.path('repo/data/table.csv'), '999,1\n');
  box.ok(['add', 'data/table.csv']);
  box.commit('v3');
  rmSync(box.path('remote'), { recursive: true });
  writeFileSync(box.path('remote'), 'a file where the remote was');
  const refused = box.run('git', ['push', '-q', 'origin', 'main']);
  expect(refused.code).not.toBe(0);
  expect(refused.err).toContain(box.path('remote'));
  expect(box.git(['rev-parse', 'main'], 'server')).not.toBe(box.git(['rev-parse', 'main']));
});

test('a hook of the user stays, and is told what to call', () => {
  const hook = box.write('repo/.git/hooks/pre-push', '#!/bin/sh\nexit 0\n');
  const { error } = box.json<{ error: { code: string; remedy: string } }>(['git', 'install'], 'repo', 2);
  expect(error.code).toBe('hook-exists');
  expect(error.remedy).toContain('git pre-push');
  expect(readFileSync(hook, 'utf8')).toBe('#!/bin/sh\nexit 0\n');
  expect(box.run('git', ['config', '--get', 'diff.varve.textconv']).code).toBe(1);
});

test('before the first commit, what asks for history says that there is none', () => {
  box.write('repo/t.csv', table(20));
  box.ok(['add', 't.csv']);
  for (const words of [
    ['log', 't.csv'],
    ['export', 'delta', 'tables/t', 't.csv'],
    ['profile', 't.csv@HEAD'],
  ]) {
    const { code, err } = box.varve(words);
    expect([code, err]).toEqual([
      2,
      expect.stringContaining('HEAD names no commit: this branch has none yet'),
    ]);
  }
  expect(box.varve(['drift', 't.csv', '--history']).err).toContain('fewer than two committed versions');
  box.ok(['schema', 'infer', 't.csv']);
  box.ok(['validate', 't.csv']);
});

test('a table that a push cannot bring up to date keeps back neither the data nor another table', () => {
  box.write(
    'repo/d/t.parquet',
    readFileSync(new URL('../../fixtures/parquet/split-integers.parquet', import.meta.url)),
  );
  box.ok(['add', 'd']);
  box.commit('v1');
  box.ok(['push']);
  for (const name of ['a', 'b']) box.ok(['export', 'delta', `tables/${name}`, 'd', '--on-push']);
  box.write('remote/tables/a/_delta_log/00000000000000000000.json', 'by others\n');
  const { code, err } = box.varve(['push']);
  expect([code, err]).toEqual([
    2,
    expect.stringContaining('The data is pushed, but the table tables/a on origin is not up to date'),
  ]);
  expect(err).toContain('Or take tables/a out of `tables` in .varve/config.yaml');
  expect(existsSync(box.path('remote/tables/b/_delta_log/00000000000000000000.json'))).toBe(true);
  const settings = readFileSync(box.path('repo/.varve/config.yaml'), 'utf8');
  box.write('repo/.varve/config.yaml', settings.replace(/ {2}tables\/a:\n(?: {4}.*\n)+/, ''));
  box.ok(['push']);
});
