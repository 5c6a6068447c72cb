import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FolderRemote } from '../../src/remote/folder/folder.ts';
import { Store } from '../../src/store/store.ts';
import { describeWithMinio } from '../support/minio.ts';
import { Sandbox } from '../support/sandbox.ts';

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox();
});
afterEach(() => box.remove());

/** What Git and people can see of a repository, byte by byte: nothing of it may change when a command fails. */
function visible(folder = 'repo'): string {
  return box.run(
    'sh',
    [
      '-c',
      'find . -path ./.git -prune -o -path ./.varve -prune -o -print0 | sort -z | xargs -0 ls -ld --time-style=+; find . -path ./.git -prune -o -path ./.varve -prune -o -type f -print0 | sort -z | xargs -0 sha256sum',
    ],
    folder,
  ).out;
}

/** Runs what must fail: exit 2, the code and the path in the JSON and in words, and nothing that can be seen has changed. */
function refused(
  args: readonly string[],
  code: string,
  path: string,
  folder = 'repo',
  watched = folder,
): string {
  const before = visible(watched);
  const result = box.varve([...args, '--json'], folder);
  expect(result.code, result.err + result.out).toBe(2);
  const { error } = JSON.parse(result.out) as { error: Record<string, string> };
  expect(error.code).toBe(code);
  expect(`${error.path} ${error.message}`).toContain(path);
  expect(error.remedy!.length).toBeGreaterThan(10);
  expect(result.err).toContain(error.message);
  expect(result.err).toContain(error.remedy);
  expect(visible(watched)).toBe(before);
  return result.err;
}

test('outside of Git, and where varve was not started', () => {
  mkdirSync(box.path('plain'));
  refused(['status'], 'not-a-repository', box.path('plain'), 'plain');
  refused(['init'], 'not-a-repository', box.path('plain'), 'plain');
  mkdirSync(box.path('repo'));
  box.git(['init', '-q']);
  refused(['status'], 'not-initialised', box.path('repo'));
  refused(['-C', 'nowhere', 'status'], 'missing-path', 'nowhere');
});

test('paths that cannot become datasets', () => {
  box.repository();
  box.write('outside.txt', 'x');
  box.write('repo/tracked.txt', 'x');
  box.git(['add', 'tracked.txt']);
  box.write('repo/.gitignore', '/build/\n');
  box.write('repo/build/out.csv', 'a\n1\n');
  mkdirSync(box.path('repo/data'));
  symlinkSync('../tracked.txt', box.path('repo/data/link.txt'));
  symlinkSync('../..', box.path('repo/out'));
  refused(['add', 'data/none.csv'], 'missing-path', 'data/none.csv');
  refused(['add', '../outside.txt'], 'outside-repository', '../outside.txt');
  refused(['add', 'out/outside.txt'], 'outside-repository', 'out/outside.txt');
  refused(['add', 'data/link.txt'], 'symlink-refused', 'data/link.txt');
  refused(['add', 'data'], 'symlink-refused', 'data/link.txt');
  refused(['add', 'tracked.txt'], 'tracked-by-git', 'tracked.txt');
  refused(['add', 'build/out.csv'], 'pointer-ignored', 'build/out.csv.varve');
  refused(['add', '.'], 'unsupported-path', '.');
  refused(['add', '.varve'], 'unsupported-path', '.varve');
  refused(['add', '.git/config'], 'unsupported-path', '.git/config');
});

test('folders whose contents no snapshot can hold', () => {
  box.repository();
  const cases: [folder: string, make: (path: string) => void, code: string][] = [
    ['pipe', (path) => box.run('mkfifo', [join(path, 'fifo')]), 'special-file-refused'],
    ['nested', (path) => box.run('git', ['init', '-q', join(path, 'inner')]), 'nested-repository'],
    ['slash', (path) => writeFileSync(join(path, 'a\\b'), ''), 'unsupported-name'],
    ['newline', (path) => writeFileSync(join(path, 'a\nb'), ''), 'unsupported-name'],
    [
      'latin',
      (path) => writeFileSync(Buffer.concat([Buffer.from(`${path}/`), Buffer.from([0xe9])]), ''),
      'unsupported-name',
    ],
    ['pointer', (path) => writeFileSync(join(path, 'x.varve'), ''), 'nested-dataset'],
  ];
  for (const [folder, make, code] of cases) {
    const path = box.path('repo', folder);
    mkdirSync(path);
    make(path);
    refused(['add', folder], code, folder);
    rmSync(path, { recursive: true });
  }
});

test('data that changes while it is being added', async () => {
  box.repository();
  const log = box.write('repo/log.jsonl', '{"a": 1}\n'.repeat(2_000_000));
  const grow = `setInterval(() => require('fs').appendFileSync(${JSON.stringify(log)}, '{"a": 2}\\n'), 1)`;
  const writer = spawn(process.execPath, ['-e', grow], { stdio: 'ignore' });
  try {
    while (statSync(log).size === 18_000_000) await sleep(10);
    const { code, out, err } = box.varve(['add', 'log.jsonl', '--json']);
    expect(code, out + err).toBe(2);
    expect(JSON.parse(out).error).toMatchObject({ code: 'source-changed', path: log });
    expect(existsSync(box.path('repo', 'log.jsonl.varve'))).toBe(false);
    expect(existsSync(box.path('repo', '.gitignore'))).toBe(false);
  } finally {
    writer.kill();
  }
});

test('datasets within datasets', () => {
  box.repository();
  box.write('repo/data/f.txt', 'x');
  box.ok(['add', 'data']);
  refused(['add', 'data/f.txt'], 'nested-dataset', 'data/f.txt');
  box.write('repo/more/g.txt', 'x');
  refused(['add', 'more', 'more/g.txt'], 'nested-dataset', 'more/g.txt');
});

test('one bad path among good ones: neither is added', () => {
  box.repository();
  box.write('repo/good.csv', 'a\n1\n');
  refused(['add', 'good.csv', 'none.csv'], 'missing-path', 'none.csv');
  box.write('repo/folder/f', '');
  symlinkSync('f', box.path('repo/folder/link'));
  refused(['add', 'good.csv', 'folder'], 'symlink-refused', 'folder/link');
  expect(existsSync(box.path('repo/good.csv.varve'))).toBe(false);
});

test('pointers that cannot be read', () => {
  box.repository();
  box.write('repo/f.txt', 'x');
  box.ok(['add', 'f.txt']);
  const pointer = readFileSync(box.path('repo/f.txt.varve'), 'utf8');
  const cases: [text: string, code: string][] = [
    [pointer.replace('varve: 1', 'varve: 2'), 'pointer-too-new'],
    [pointer.replace(/digest: .*/, 'digest: sha256:zz'), 'invalid-digest'],
    [pointer.replace('path: f.txt', 'path: ../../etc/passwd'), 'damaged-pointer'],
    [pointer.replace('bytes: 1', 'bytes: -1'), 'damaged-pointer'],
    [`${pointer}surprise: yes\n`, 'damaged-pointer'],
    [pointer.slice(0, 40), 'damaged-pointer'],
    ['\0\0\0', 'damaged-pointer'],
    [`<<<<<<< HEAD\n${pointer}=======\n${pointer}>>>>>>> other\n`, 'pointer-conflict'],
  ];
  for (const [text, code] of cases) {
    writeFileSync(box.path('repo/f.txt.varve'), text);
    refused(['status'], code, 'f.txt.varve');
  }
});

test('configuration that cannot be read', () => {
  box.repository();
  box.write('repo/f.txt', 'x');
  for (const [text, code] of [
    ['remotes: [', 'damaged-config'],
    ['version: 2\n', 'config-too-new'],
    ['remotes: {origin: {url: 7}}\n', 'damaged-config'],
    ['a: &a [x, x]\nb: *a\n', 'damaged-config'],
    // Whom this machine shows its credentials to, nobody else may say.
    ['sources: {s3://bucket: {endpoint: http://evil}}\n', 'damaged-config'],
  ] as const) {
    writeFileSync(box.path('repo/.varve/config.yaml'), text);
    refused(['add', 'f.txt'], code, '.varve/config.yaml');
  }
});

test('remotes that are not there, or not named', () => {
  box.repository();
  box.write('repo/f.txt', 'x');
  box.ok(['add', 'f.txt']);
  refused(['push'], 'no-remote', '');
  box.withRemote();
  expect(refused(['push', '--remote', 'orign'], 'unknown-remote', 'orign')).toContain('Did you mean origin?');
  refused(['remote', 'add', 'origin', '/elsewhere'], 'remote-exists', 'origin');
  refused(['remote', 'add', 'x', 'ftp://host/x'], 'unknown-remote-scheme', 'ftp');
  refused(['remote', 'add', 'x', 's3://key:secret@bucket/x'], 'invalid-remote-url', 's3://');
  expect(box.varve(['remote', 'add', 'x', 's3://key:secret@bucket/x']).err).not.toContain('secret');
  refused(['remote', 'add', '../x', '/elsewhere'], 'invalid-remote-name', '../x');
});

test('paths and revisions that name nothing', () => {
  box.repository();
  box.write('repo/data/flights.csv', 'a\n1\n');
  box.ok(['add', 'data/flights.csv']);
  box.commit('v1');
  expect(refused(['checkout', 'data/flihgts.csv'], 'not-a-dataset', 'data/flihgts.csv')).toContain(
    'Did you mean data/flights.csv?',
  );
  refused(['log', 'data/other.csv'], 'not-a-dataset', 'data/other.csv');
  refused(['diff', 'no-such-branch'], 'not-a-dataset', 'no-such-branch');
  refused(['log', 'data/flights.csv', '--revision', 'nope'], 'unknown-revision', 'nope');
});

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
  refused(['checkout'], 'unsaved-changes', 'many/x');
  box.write('repo/many/x', '22');
  box.write('repo/many/y', 'mine');
  refused(['checkout', 'many'], 'unsaved-changes', 'many/y');
  box.ok(['checkout', '--force']);
  expect(readFileSync(box.path('repo/many/y'), 'utf8')).toBe('1');
});

test('a file in the way of a folder, and an ignored file in the way of a file, are not overwritten', () => {
  box.repository();
  box.write('repo/many/deep/x', '1');
  box.write('repo/many/y.tmp', '1');
  box.ok(['add', 'many']);
  box.write('repo/.varveignore', '*.tmp\n');
  rmSync(box.path('repo/many'), { recursive: true });
  box.write('repo/many/deep', 'mine');
  refused(['checkout'], 'unsaved-changes', 'many/deep');
  rmSync(box.path('repo/many'), { recursive: true });
  box.write('repo/many/y.tmp', 'mine');
  refused(['checkout'], 'unsaved-changes', 'many/y.tmp');
});

test('no checkout writes behind a link', () => {
  box.repository();
  mkdirSync(box.path('outside'));
  box.write('repo/data/many/a/x', '1');
  box.ok(['add', 'data/many']);
  box.commit('v1');
  rmSync(box.path('repo/data/many'), { recursive: true });
  symlinkSync('../../outside', box.path('repo/data/many'));
  refused(['checkout', '--force'], 'symlink-refused', 'data/many');
  rmSync(box.path('repo/data/many'));
  // Ignored, so that no scan meets it.
  box.write('repo/.varveignore', '/data/many/a\n');
  mkdirSync(box.path('repo/data/many'));
  symlinkSync('../../../outside', box.path('repo/data/many/a'));
  refused(['checkout', '--force'], 'symlink-refused', 'data/many/a');
  expect(readdirSync(box.path('outside'))).toEqual([]);
});

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
      refused(['pull'], 'damaged-manifest', 'data');
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
      refused(['pull'], 'damaged-manifest', 'data');
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
    refused(['pull'], 'digest-mismatch', 'f.bin', 'clone');
    expect(existsSync(box.path('clone/f.bin'))).toBe(false);
  });

  test('has lost an object', () => {
    box.repository().withRemote();
    box.write('repo/f.bin', 'x');
    box.ok(['add', 'f.bin']);
    box.commit('v1');
    box.clone('repo', 'clone');
    refused(['pull'], 'object-missing', 'f.bin', 'clone');
    refused(['checkout'], 'object-missing', 'f.bin', 'clone');
  });
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
    refused(['add', 'more.bin'], 'disk-full', 'disk', 'disk/repo');
  } finally {
    box.run('umount', [disk], '.');
  }
});

describeWithMinio('an S3 server', (server) => {
  test('with wrong credentials, and without the bucket', () => {
    box.repository();
    Object.assign(box.env, server.env);
    box.write('repo/f.txt', 'x');
    box.ok(['add', 'f.txt']);
    box.ok(['remote', 'add', 'origin', 's3://no-such-bucket-here/x', '--endpoint', server.endpoint]);
    refused(['push'], 'bucket-missing', 'no-such-bucket-here');
    box.env.AWS_SECRET_ACCESS_KEY = 'wrong-wrong-wrong';
    const said = refused(['push'], 'credentials-refused', 'no-such-bucket-here');
    expect(said).not.toContain('wrong-wrong-wrong');
  });
});
