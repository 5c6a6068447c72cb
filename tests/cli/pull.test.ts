import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FolderRemote } from '../../src/remote/folder/folder.ts';
import { Store } from '../../src/store/store.ts';
import { Sandbox as DvcSandbox, describeWithDvc } from '../support/dvc-sandbox.ts';
import { manyFiles } from '../support/many-files.ts';
import { refused } from '../support/refused.ts';
import { Sandbox } from '../support/sandbox.ts';

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox();
});
afterEach(() => box.remove());

/** Puts a manifest of the attacker's making into a remote, and its pointer into a repository. */
async function hostileSnapshot(lines: readonly object[]): Promise<void> {
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
  const store = await Store.open(new FolderRemote(box.path('remote')));
  const batch = store.batch();
  await batch.addBytes(Buffer.from('evil'), 'data');
  const { digest } = await batch.addBytes(Buffer.from(text), 'meta');
  await batch.commit();
  await store.close();
  box.write(
    'repo/data.varve',
    `varve: 1\npath: data\nkind: directory\ndigest: ${digest}\nbytes: 4\nfiles: 1\n`,
  );
}

const same = (a: string, b: string) => expect(box.run('diff', ['-r', a, b], '.').out).toBe('');

describe('a hostile remote', () => {
  const digest = `sha256:${createHash('sha256').update('evil').digest('hex')}`;
  const names = [
    '../evil',
    '/tmp/evil',
    'a/../../evil',
    'a//b',
    './a',
    'a\\b',
    '.git/hooks/pre-commit',
    'a/.GIT/config',
    'a\0b',
    '',
  ];
  test('cannot name paths outside of the dataset, or inside of Git', async () => {
    box.repository().withRemote();
    for (const path of names) {
      await hostileSnapshot([{ path, size: 4, digest }]);
      refused(box, ['pull'], 'manifest-damaged', 'data');
    }
    expect(existsSync(box.path('evil'))).toBe(false);
  });

  test('cannot list a file twice, out of order, or below a file', async () => {
    box.repository().withRemote();
    for (const paths of [
      ['a', 'a'],
      ['b', 'a'],
      ['a', 'a/b'],
    ]) {
      await hostileSnapshot(paths.map((path) => ({ path, size: 4, digest })));
      refused(box, ['pull'], 'manifest-damaged', 'data');
    }
  });

  test('cannot give other bytes than the digest names', () => {
    box.repository().withRemote();
    box.write('repo/f.bin', 'precious bytes');
    box.ok(['add', 'f.bin']);
    box.commit('v1');
    box.ok(['push']);
    box.clone('repo', 'clone');
    for (const name of readdirSync(box.path('remote/packs'))) {
      const file = box.path('remote/packs', name);
      const bytes = readFileSync(file);
      bytes[bytes.indexOf('precious')]! ^= 1;
      writeFileSync(file, bytes);
    }
    refused(box, ['pull'], 'digest-mismatch', 'f.bin', 'clone');
    expect(existsSync(box.path('clone/f.bin'))).toBe(false);
  });

  test('has lost an object', () => {
    box.repository().withRemote();
    box.write('repo/f.bin', 'x');
    box.ok(['add', 'f.bin']);
    box.commit('v1');
    box.clone('repo', 'clone');
    refused(box, ['pull'], 'object-missing', 'f.bin', 'clone');
    refused(box, ['checkout'], 'object-missing', 'f.bin', 'clone');
  });
});

test('a clone gets the same bytes, modes and empty folders', () => {
  box.repository();
  manyFiles(box);
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

test('a part of a dataset can be pulled, worked on and added again; the rest stays in the snapshot', () => {
  box.repository();
  manyFiles(box);
  box.ok(['add', 'data/many']);
  box.withRemote().commit('v1');
  box.ok(['push']);
  box.clone('repo', 'clone');
  box.ok(['pull', 'data/many/a', 'data/many/run.sh'], 'clone');
  expect(readdirSync(box.path('clone/data/many')).sort()).toEqual(['a', 'run.sh']);
  expect(box.ok(['status'], 'clone')).toContain('partial    data/many');
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

test('what the remote has comes, what it lacks is named by commit and author, and the exit code is 1', () => {
  box.repository();
  for (const name of ['there.csv', 'not.csv']) box.write(`repo/${name}`, `${name}\n1\n`);
  box.ok(['add', 'there.csv', 'not.csv']);
  box.ok(['remote', 'add', 'origin', '../remote']);
  box.commit('both, of which one is pushed');
  box.ok(['push', 'there.csv']);
  box.clone('repo', 'clone');
  box.ok(['trust'], 'clone');
  const { code, out, err } = box.varve(['pull'], 'clone');
  expect(code, err).toBe(1);
  expect(readFileSync(box.path('clone/there.csv'), 'utf8')).toBe('there.csv\n1\n');
  expect(existsSync(box.path('clone/not.csv'))).toBe(false);
  expect(out).toMatch(
    /not\.csv {2}sha256:[0-9a-f]{12} {2}commit [0-9a-f]{12}, Ann, .*: both, of which one is pushed/,
  );
  expect(box.json(['fetch', '--all-commits'], 'clone', 1)).toMatchObject({
    lacking: [{ path: 'not.csv', author: 'Ann' }],
  });
  // Alone, it is an error, which says whom to ask.
  const alone = box.varve(['pull', 'not.csv'], 'clone');
  expect(alone.code).toBe(2);
  box.git(['clone', '-q', box.path('repo'), box.path('deeper/clone')], '.');
  box.ok(['trust'], 'deeper/clone');
  expect(box.varve(['pull'], 'deeper/clone').err).toContain('Nothing was ever pushed to origin');
  expect(alone.err).toMatch(/commit [0-9a-f]{12} of Ann on .*`varve push --all-commits`/);
});

describeWithDvc('a repository of DVC', () => {
  test('what the remote has comes, what it lacks is named by commit and author, and the exit code is 1', () => {
    const dvc = new DvcSandbox();
    try {
      dvc.repository();
      Object.assign(box.env, dvc.env);
      dvc.write('repo/there.txt', 'there');
      for (const name of ['one', 'two']) dvc.write(`repo/not/${name}.txt`, name);
      dvc.dvc('repo', 'add', '-q', 'there.txt', 'not');
      dvc.commit('repo', 'both, of which one is pushed');
      dvc.dvc('repo', 'push', '-q', 'there.txt');
      dvc.git('.', 'clone', '-q', 'repo', 'clone');
      const folder = `../${basename(dvc.folder)}/clone`;
      box.ok(['trust'], folder);
      const { code, out, err } = box.varve(['pull'], folder);
      expect(code, err).toBe(1);
      expect(dvc.read('clone/there.txt')).toBe('there');
      expect(existsSync(dvc.path('clone/not'))).toBe(false);
      expect(out).toMatch(
        / not {2}md5:[0-9a-f]{12} {2}commit [0-9a-f]{12}, .*: both, of which one is pushed/,
      );
      // A folder of which a single file is gone is named too.
      dvc.dvc('repo', 'push', '-q');
      rmSync(
        dvc.path('remote/files/md5', createHash('md5').update('two').digest('hex').replace(/^../, '$&/')),
      );
      expect(box.json(['fetch', '--all-commits'], folder, 1)).toMatchObject({
        snapshots: 1,
        lacking: [{ path: 'not', subject: 'both, of which one is pushed' }],
      });
      // Alone, it is an error that says who can send it.
      const alone = box.varve(['pull', 'not'], folder);
      expect(alone.code).toBe(2);
      expect(alone.err).toContain('not/two.txt');
      const shell = /`(varve push [^`]*)`/.exec(alone.err)![1]!;
      box.ok(['trust'], `../${basename(dvc.folder)}/repo`);
      box.ok(shell.split(' ').slice(1), `../${basename(dvc.folder)}/repo`);
      box.ok(['pull'], folder);
      expect(dvc.read('clone/not/two.txt')).toBe('two');
    } finally {
      dvc.remove();
    }
  });
});
