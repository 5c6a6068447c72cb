import {
  appendFileSync,
  chmodSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { add } from '../../src/operations/add.ts';
import { checkout } from '../../src/operations/checkout.ts';
import { diff } from '../../src/operations/diff.ts';
import { drift } from '../../src/operations/drift.ts';
import { DvcBackend } from '../../src/operations/dvc/backend.ts';
import { fetch } from '../../src/operations/fetch.ts';
import { log } from '../../src/operations/log.ts';
import { pull } from '../../src/operations/pull.ts';
import { push } from '../../src/operations/push.ts';
import { profilerFor } from '../../src/operations/statistics/profile-on-add.ts';
import { status } from '../../src/operations/status.ts';
import { VarveBackend } from '../../src/operations/varve/backend.ts';
import { verify } from '../../src/operations/verify.ts';
import { contents, describeWithDvc, Sandbox } from '../support/dvc-sandbox.ts';
import { describeWithMinio } from '../support/minio.ts';
import { openTrusted } from '../support/trust.ts';

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox();
});
afterEach(() => box.remove());

const at = (name: string) => openTrusted(box.path(name));
const addWithProfile = async (name: string, ...paths: string[]) => {
  const context = await at(name);
  return add(context, paths, { profiler: profilerFor(context, (_, why) => expect.fail(why.message)) });
};
const table = (from: number, to: number) =>
  `id,value\n${Array.from({ length: 500 }, (_, row) => `${row},${from + (row % (to - from))}`).join('\n')}\n`;

describeWithDvc('operations in a repository of DVC', () => {
  test('status, log and diff tell what changed; checkout never loses what nobody saved', async () => {
    box.repository();
    box.write('repo/data/a.txt', 'one');
    box.write('repo/data/b/c.txt', 'two');
    await add(await at('repo'), ['data']);
    box.commit('repo', 'v1');
    box.write('repo/data/a.txt', 'changed');
    box.write('repo/data/new.txt', 'new');
    rmSync(box.path('repo/data/b'), { recursive: true });
    const changes = [
      { path: 'a.txt', change: 'modified' },
      { path: 'b/c.txt', change: 'removed' },
      { path: 'new.txt', change: 'added' },
    ];
    expect((await status(await at('repo'))).datasets).toEqual([
      {
        path: 'data',
        kind: 'directory',
        state: 'modified',
        digest: expect.stringMatching(/^md5:[0-9a-f]{32}\.dir$/),
        dataDigest: expect.stringMatching(/^md5:[0-9a-f]{32}\.dir$/),
        changes,
      },
    ]);
    expect((await diff(await at('repo'), [])).datasets).toMatchObject([
      { path: 'data', change: 'modified', files: changes },
    ]);
    await expect(checkout(await at('repo'), [])).rejects.toMatchObject({ code: 'changes-unsaved' });
    expect(box.read('repo/data/a.txt')).toBe('changed');
    await add(await at('repo'), ['data']);
    expect(box.dvcStatus('repo')).toEqual({});
    box.commit('repo', 'v2');
    expect((await log(await at('repo'), 'data')).versions.map(({ subject }) => subject)).toEqual([
      'v2',
      'v1',
    ]);
    box.git('repo', 'checkout', '-q', 'HEAD~1');
    expect((await status(await at('repo'))).datasets).toMatchObject([{ state: 'outdated' }]);
    await checkout(await at('repo'), []);
    expect(box.read('repo/data/b/c.txt')).toBe('two');
    expect(box.dvcStatus('repo')).toEqual({});
  });

  test('profiles ride along in meta; drift needs no data; DVC neither minds nor collects them', async () => {
    box.repository();
    box.write('repo/t.csv', table(0, 10));
    await addWithProfile('repo', 't.csv');
    box.commit('repo', 'v1');
    box.write('repo/t.csv', table(100, 110));
    await addWithProfile('repo', 't.csv');
    box.commit('repo', 'v2');
    const pointer = box.read('repo/t.csv.dvc');
    expect(pointer).toMatch(
      /meta:\n {4}varve:\n {6}md5: [0-9a-f]{32}\n {6}profile: [0-9a-f]{64}\n {6}rows: 500\n$/,
    );
    await push(await at('repo'), [], { allCommits: true });
    expect(box.dvcStatus('repo', '--cloud')).toEqual({});
    box.dvc('repo', 'gc', '-q', '-f', '--workspace', '--cloud');
    box.dvc('repo', 'add', '-q', 't.csv');
    expect(box.read('repo/t.csv.dvc')).toBe(pointer);
    box.git('.', 'clone', '-q', 'repo', 'clone');
    await fetch(await at('clone'), [], { allCommits: true, profilesOnly: true });
    const report = await drift(box.path('clone'), ['t.csv@HEAD~1', 't.csv@HEAD']);
    expect(JSON.stringify(report)).toContain('"verdict":"drift"');
    expect(lstatSync(box.path('clone/t.csv'), { throwIfNoEntry: false })).toBeUndefined();
    box.dvc('clone', 'pull', '-q');
    expect(box.dvcStatus('clone')).toEqual({});
    // DVC keeps meta when it adds other data: the profile is of the data before, and is not believed.
    box.write('repo/t.csv', table(0, 5));
    box.dvc('repo', 'add', '-q', 't.csv');
    expect(box.read('repo/t.csv.dvc')).toContain('profile: ');
    expect((await addWithProfile('repo', 't.csv')).datasets[0]!.profile).not.toBe(
      `sha256:${/profile: (\w+)/.exec(pointer)![1]}`,
    );
    expect(box.dvcStatus('repo')).toEqual({});
  });

  test.each(['hardlink', 'symlink', 'copy'])('cache.type %s is honoured', async (type) => {
    box.repository();
    box.dvc('repo', 'config', 'cache.type', type);
    box.write('repo/data/a', 'linked');
    box.write('repo/data/empty', '');
    await add(await at('repo'), ['data']);
    const check = () => {
      const found = lstatSync(box.path('repo/data/a'));
      const object = statSync(box.path('repo/.dvc/cache/files/md5/8e/dfbbbe3f1bc1f0ff2d6ac1d5fde7ff'), {
        throwIfNoEntry: false,
      });
      expect(found.isSymbolicLink()).toBe(type === 'symlink');
      if (object !== undefined) expect(found.ino === object.ino).toBe(type === 'hardlink');
      expect(found.nlink > 1).toBe(type === 'hardlink');
      expect(box.dvcStatus('repo')).toEqual({});
    };
    check();
    rmSync(box.path('repo/data'), { recursive: true });
    await checkout(await at('repo'), []);
    check();
    expect((await status(await at('repo'))).datasets).toMatchObject([{ state: 'unchanged' }]);
  });

  test('what a stage made is read, fetched and checked out, but never written', async () => {
    box.repository();
    box.write('repo/in.txt', 'x');
    box.dvc(
      'repo',
      'stage',
      'add',
      '-q',
      '-n',
      's',
      '-d',
      'in.txt',
      '-o',
      'out',
      '-M',
      'm.json',
      'mkdir out && echo 1 > out/f && echo 1 > m.json',
    );
    box.dvc('repo', 'repro', '-q');
    box.commit('repo', 'v1');
    const lock = box.read('repo/dvc.lock');
    await push(await at('repo'));
    box.git('.', 'clone', '-q', 'repo', 'clone');
    await pull(await at('clone'));
    expect(box.read('clone/out/f')).toBe('1\n');
    expect(box.dvcStatus('clone')).toEqual({});
    await expect(add(await at('clone'), ['out'])).rejects.toMatchObject({ code: 'dvc-unsupported' });
    expect(box.read('clone/dvc.lock')).toBe(lock);
  });

  test('what `push: false` keeps out of remotes is neither fetched nor missed there, and the rest is', async () => {
    box.repository();
    box.write('repo/a.txt', 'a');
    box.write('repo/b.txt', 'b');
    await add(await at('repo'), ['a.txt', 'b.txt']);
    box.write('repo/b.txt.dvc', `${box.read('repo/b.txt.dvc')}  push: false\n`);
    box.commit('repo', 'v1');
    expect(await push(await at('repo'))).toMatchObject({ objects: 1 });
    expect(box.dvcStatus('repo', '--cloud')).toEqual({});
    expect(await verify(await at('repo'), { remote: 'origin' })).toMatchObject({ objects: 1, damage: [] });
    box.git('.', 'clone', '-q', 'repo', 'clone');
    await pull(await at('clone'));
    expect(box.read('clone/a.txt')).toBe('a');
    expect((await status(await at('clone'))).datasets).toMatchObject([
      { state: 'unchanged' },
      { state: 'missing' },
    ]);
    await expect(pull(await at('clone'), ['b.txt'])).rejects.toMatchObject({ code: 'dataset-local-only' });
    // What a clone has in its cache is checked out all the same.
    rmSync(box.path('repo/b.txt'));
    await pull(await at('repo'));
    expect(box.read('repo/b.txt')).toBe('b');
  });

  test('.dvcignore, executable files and a repository in a folder of Git’s work as with DVC', async () => {
    mkdirSync(box.path('top/sub'), { recursive: true });
    box.git('top', 'init', '-q');
    box.dvc('top/sub', 'init', '-q', '--subdir');
    box.write('top/sub/.dvcignore', '*.tmp\n!keep.tmp\n');
    box.write('top/sub/data/x.tmp', 'ignored');
    box.write('top/sub/data/keep.tmp', 'kept');
    box.write('top/sub/run.sh', '#!/bin/sh\n');
    chmodSync(box.path('top/sub/run.sh'), 0o755);
    box.dvc('top/sub', 'add', '-q', 'data', 'run.sh');
    const expected = [box.read('top/sub/data.dvc'), box.read('top/sub/run.sh.dvc')];
    rmSync(box.path('top/sub/data.dvc'));
    rmSync(box.path('top/sub/run.sh.dvc'));
    await add(await at('top/sub'), ['data', 'run.sh']);
    expect([box.read('top/sub/data.dvc'), box.read('top/sub/run.sh.dvc')]).toEqual(expected);
    rmSync(box.path('top/sub/run.sh'));
    await checkout(await at('top/sub'), []);
    expect(statSync(box.path('top/sub/run.sh')).mode & 0o100).toBe(0o100);
    expect(box.dvcStatus('top/sub')).toEqual({});
  });

  test('a repository of DVC 2 is read as it is, and goes over to the new hash with the first change', async () => {
    box.repository();
    const md5 = '2b14c0e8ca2e3a1d6b1a5c6f0ad4a0a0';
    // "a\nb\n" by md5-dos2unix, of a file that has CRLF.
    const unix = box.run('.', 'sh', '-c', "printf 'a\\nb\\n' | md5sum").slice(0, 32);
    expect(unix).not.toBe(md5);
    box.write(`repo/.dvc/cache/${unix.slice(0, 2)}/${unix.slice(2)}`, 'a\r\nb\r\n');
    box.write('repo/old.txt.dvc', `outs:\n- md5: ${unix}\n  size: 6\n  path: old.txt\n`);
    box.write('repo/.gitignore', '/old.txt\n');
    box.commit('repo', 'v1');
    await checkout(await at('repo'), []);
    expect(box.read('repo/old.txt')).toBe('a\r\nb\r\n');
    expect(box.dvcStatus('repo')).toEqual({});
    await push(await at('repo'));
    expect(box.dvcStatus('repo', '--cloud')).toEqual({});
    await add(await at('repo'), ['old.txt']);
    expect(box.read('repo/old.txt.dvc')).not.toContain('hash');
    appendFileSync(box.path('repo/old.txt'), 'c');
    await add(await at('repo'), ['old.txt']);
    expect(box.read('repo/old.txt.dvc')).toMatch(/path: old.txt\n {2}hash: md5\n$/);
    expect(box.dvcStatus('repo')).toEqual({});
    box.commit('repo', 'v2');
    // Either version is saved, though under another hash than the other one.
    for (const [revision, text] of [
      ['HEAD~1', 'a\r\nb\r\n'],
      ['main', 'a\r\nb\r\nc'],
    ] as const) {
      box.git('repo', 'checkout', '-q', revision);
      await checkout(await at('repo'), []);
      expect(box.read('repo/old.txt')).toBe(text);
      expect(box.dvcStatus('repo')).toEqual({});
    }
    // The object under the older hash has CRLF: these bytes are saved nowhere.
    box.git('repo', 'checkout', '-q', 'HEAD~1');
    await checkout(await at('repo'), []);
    box.git('repo', 'checkout', '-q', 'main');
    box.write('repo/old.txt', 'a\nb\n');
    await expect(checkout(await at('repo'), [])).rejects.toMatchObject({ code: 'changes-unsaved' });
  });

  test('verify finds a flipped bit and names the file; pull refuses to believe it', async () => {
    box.repository();
    box.write('repo/data/a', 'whole');
    box.write('repo/data/b', 'other');
    await add(await at('repo'), ['data']);
    await push(await at('repo'));
    box.commit('repo', 'v1');
    expect((await verify(await at('repo'))).damage).toEqual([]);
    const key = 'files/md5/30/01edc48a96c4ce4e2a4fe94bbafc8c';
    const file = box.run('.', 'sh', '-c', 'printf whole | md5sum').slice(0, 32);
    const object = `files/md5/${file.slice(0, 2)}/${file.slice(2)}`;
    expect(object).not.toBe(key);
    for (const place of ['repo/.dvc/cache', 'remote']) {
      chmodSync(box.path(place, object), 0o644);
      writeFileSync(box.path(place, object), 'whalf');
    }
    const roots = [{ path: 'data', files: ['a'] }];
    expect((await verify(await at('repo'))).damage).toMatchObject([{ key: object, roots }]);
    expect((await verify(await at('repo'), { remote: 'origin' })).damage).toMatchObject([
      { key: object, roots },
    ]);
    box.git('.', 'clone', '-q', 'repo', 'clone');
    await expect(pull(await at('clone'))).rejects.toMatchObject({ code: 'digest-mismatch' });
    expect(lstatSync(box.path('clone/data'), { throwIfNoEntry: false })).toBeUndefined();
  });

  test('other remotes and settings are refused in a sentence that names them', async () => {
    box.repository();
    box.write('repo/a', 'a');
    await add(await at('repo'), ['a']);
    for (const [url, words] of [
      ['oss://b/p', /oss:\/\//],
      ['gdrive://h/p', /gdrive:\/\//],
      ['hdfs://c/p', /hdfs:\/\//],
      ['ssh://h/p\npassword = hush', /password/],
      ['webhdfs://h/p\nkerberos = true', /kerberos/],
      ['https://h/p\nauth = basic', /auth/],
      ['azure://c/p\nclient_secret = hush', /client_secret/],
    ] as const) {
      box.write('repo/.dvc/config', `[core]\nremote = x\n['remote "x"']\nurl = ${url}\n`);
      await expect(push(await at('repo'))).rejects.toMatchObject({
        code: 'dvc-unsupported',
        message: expect.stringMatching(words),
      });
    }
    box.write(
      'repo/.dvc/config',
      `[core]\nremote = x\n['remote "x"']\nurl = s3://b/p\nversion_aware = true\n`,
    );
    await expect(push(await at('repo'))).rejects.toMatchObject({
      message: expect.stringMatching(/version_aware/),
    });
    box.write('repo/.dvc/config', '');
    await expect(push(await at('repo'))).rejects.toMatchObject({ code: 'remote-unset' });
  });
});

describeWithMinio('S3 remotes of DVC', (server) => {
  describeWithDvc('on a real server', () => {
    test('what one tool pushes the other pulls, with keys from config.local', async () => {
      const bucket = await server.makeBucket();
      box.repository('repo', `s3://${bucket}/some/prefix`);
      box.dvc('repo', 'remote', 'modify', 'origin', 'endpointurl', server.endpoint);
      for (const [key, value] of [
        ['access_key_id', server.accessKey],
        ['secret_access_key', server.secretKey],
      ] as const) {
        box.dvc('repo', 'remote', 'modify', '--local', 'origin', key, value);
      }
      for (let index = 0; index < 150; index++)
        box.write(`repo/data/d${index % 3}/f${index}`, `content ${index}`);
      box.write('repo/data/large', Buffer.alloc(9 * 1024 * 1024, 'large'));
      await add(await at('repo'), ['data']);
      box.commit('repo', 'v1');
      expect(await push(await at('repo'))).toMatchObject({ objects: 152 });
      expect(await push(await at('repo'))).toMatchObject({ objects: 0 });
      expect(box.dvcStatus('repo', '--cloud')).toEqual({});
      for (const tool of ['dvc', 'varve']) {
        box.git('.', 'clone', '-q', 'repo', tool);
        writeFileSync(box.path(tool, '.dvc/config.local'), readFileSync(box.path('repo/.dvc/config.local')));
      }
      box.dvc('dvc', 'pull', '-q');
      await pull(await at('varve'));
      expect(contents(box.path('dvc/data'))).toEqual(contents(box.path('repo/data')));
      expect(contents(box.path('varve/data'))).toEqual(contents(box.path('repo/data')));
      expect(box.dvcStatus('varve')).toEqual({});
      expect((await verify(await at('varve'), { remote: 'origin' })).damage).toEqual([]);
    });
  });
});

describe('without DVC', () => {
  test('a folder with .dvc is DVC’s until .varve is there', async () => {
    mkdirSync(box.path('plain/.dvc'), { recursive: true });
    box.git('plain', 'init', '-q');
    expect((await at('plain')).backend).toBeInstanceOf(DvcBackend);
    box.write('plain/.varve/config.yaml', 'version: 1\n');
    expect((await at('plain')).backend).toBeInstanceOf(VarveBackend);
  });
});
