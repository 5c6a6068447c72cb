import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sha256 } from '../remote/contract.ts';
import { describeWithMinio } from '../support/minio.ts';
import { Sandbox } from '../support/sandbox.ts';

const CSV = 'id,name\n1,a\n2,b\n';
/** More than fits a pack's blob, so that it passes through a file and is cut into chunks. */
const LARGE = Buffer.alloc(700_000, 'all work and no play makes jack a dull boy\n').toString();

describeWithMinio('data that stays in a bucket', (server) => {
  let box: Sandbox;
  let bucket: string;
  beforeEach(async () => {
    box = new Sandbox().repository();
    Object.assign(box.env, server.env);
  });
  afterEach(() => box.remove());

  const put = (key: string, content: string) => server.client.putObject(bucket, key, Buffer.from(content));
  const putWithChecksum = (key: string, content: string, digest = sha256(content)) =>
    server.client.makeRequestAsyncOmit(
      {
        method: 'PUT',
        bucketName: bucket,
        objectName: key,
        headers: { 'x-amz-checksum-sha256': Buffer.from(digest, 'hex').toString('base64') },
      },
      content,
    );
  const keysInBucket = async () =>
    (await server.client.listObjectsV2(bucket, '', true).toArray()).map(({ name }) => name);
  const remove = (key: string) => server.client.removeObject(bucket, key);
  const fill = async (options: { versioned: boolean }) => {
    bucket = await server.makeBucket(options);
    await put('raw/a.csv', CSV);
    await put('raw/sub/large.csv', LARGE);
    await putWithChecksum('raw/sub/ü b.txt', 'known');
    await put('raw/sub/', '');
    await put('rawer/no.csv', 'not of it');
  };
  const url = () => `s3://${bucket}/raw`;
  const add = () => box.json<Added>(['add', url(), '--to', 'data/raw']).datasets[0]!;
  const pointer = (folder = 'repo') => readFileSync(box.path(folder, 'data/raw.varve'), 'utf8');
  const data = (path: string, folder = 'repo') => readFileSync(box.path(folder, 'data/raw', path), 'utf8');
  const bytesIn = (folder: string) =>
    readdirSync(box.path(folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(`${entry.parentPath}/${entry.name}`, 'latin1'))
      .join('');
  interface Added {
    readonly datasets: readonly { change: string; files: number; bytes: number; digest: string }[];
  }
  interface Refusal {
    readonly error: {
      readonly code: string;
      readonly message: string;
      readonly path: string;
      remedy: string;
    };
  }
  const refused = (args: readonly string[], folder = 'repo') => box.json<Refusal>(args, folder, 2).error;

  test('add lists, push sends the list alone, pull reads from the bucket', async () => {
    await fill({ versioned: false });
    box.withRemote();
    expect(add()).toMatchObject({ change: 'new', files: 3, bytes: CSV.length + LARGE.length + 5 });
    expect(pointer()).toContain(`source: "s3://${bucket}/raw"\n`);
    expect(pointer()).not.toContain(server.endpoint);
    expect(bytesIn('repo/.varve')).not.toContain('jack');
    expect(add().change).toBe('unchanged');
    expect(box.json(['status'])).toMatchObject({ datasets: [{ path: 'data/raw', state: 'missing' }] });
    const commit = box.commit('in place');
    expect(box.json<{ versions: object[] }>(['log', 'data/raw']).versions).toMatchObject([
      { commit, snapshot: { files: 3 } },
    ]);

    const pushed = box.ok(['push']);
    expect(pushed).toContain(`data/raw lies in s3://${bucket}/raw`);
    expect(bytesIn('remote')).toContain('large.csv');
    expect(bytesIn('remote')).not.toContain('jack');

    box.clone('repo', 'clone');
    expect(refused(['checkout'], 'clone')).toMatchObject({ code: 'object-missing' });
    expect(box.ok(['pull'], 'clone')).toContain(`data/raw: 3 objects`);
    expect(data('a.csv', 'clone')).toBe(CSV);
    expect(data('sub/large.csv', 'clone')).toBe(LARGE);
    expect(data('sub/ü b.txt', 'clone')).toBe('known');
    expect(existsSync(box.path('clone/data/raw/no.csv'))).toBe(false);
    expect(box.json(['status'], 'clone')).toMatchObject({ datasets: [{ state: 'unchanged' }] });
    expect(box.git(['status', '--porcelain'], 'clone')).toBe('');

    // From now on neither remote nor bucket is asked.
    rmSync(box.path('remote'), { recursive: true });
    rmSync(box.path('clone/data/raw'), { recursive: true });
    box.ok(['gc', '--grace', '0'], 'clone');
    expect(box.ok(['pull'], 'clone')).toContain('nothing had to be read');
    expect(data('sub/large.csv', 'clone')).toBe(LARGE);
    expect(box.ok(['verify'], 'clone')).toContain('is whole');
    expect(box.ok(['profile', 'data/raw'], 'clone')).toContain('name');
  });

  test('verify and gc of a remote look after the list, and leave what lies in the bucket alone', async () => {
    await fill({ versioned: false });
    box.withRemote();
    box.write('repo/other.csv', CSV);
    box.ok(['add', 'other.csv']);
    add();
    box.commit('in place');
    box.ok(['push']);
    const gc = () => box.ok(['gc', '--remote', 'origin', '--grace', '0']);
    gc();
    expect(box.ok(['verify', '--remote', 'origin'])).toContain('is whole');
    box.clone('repo', 'clone');
    box.ok(['pull', 'data/raw'], 'clone');
    expect(data('a.csv', 'clone')).toBe(CSV);
    const keys = await keysInBucket();

    rmSync(box.path('repo/data/raw.varve'));
    box.git(['add', '-A']);
    box.git(['commit', '-q', '--amend', '-m', 'no raw data']);
    box.git(['reflog', 'expire', '--expire=now', '--all']);
    gc();
    gc();
    expect(bytesIn('remote')).not.toContain('large.csv');
    expect(box.ok(['verify', '--remote', 'origin'])).toContain('is whole');
    expect(await keysInBucket()).toEqual(keys);
  });

  test('a pull that is killed at any instant leaves no half of a file, and the next one goes on', {
    timeout: 120_000,
  }, async () => {
    await fill({ versioned: false });
    for (let at = 0; at < 60; at++) await put(`raw/many/${at}`, `${at},`.repeat(4000));
    add();
    for (let round = 0; round < 8; round++) {
      await box.killed(['pull'], 200 + round * 60);
      for (let at = 0; at < 60 && existsSync(box.path('repo/data/raw/many', String(at))); at++)
        expect(data(`many/${at}`)).toBe(`${at},`.repeat(4000));
      expect(box.varve(['verify'])).toMatchObject({ code: 0 });
    }
    box.ok(['pull']);
    for (let at = 0; at < 60; at++) expect(data(`many/${at}`)).toBe(`${at},`.repeat(4000));
    expect(data('sub/large.csv')).toBe(LARGE);
    expect(box.json(['status'])).toMatchObject({ datasets: [{ state: 'unchanged' }] });
    expect(readdirSync(box.path('repo/data/raw')).sort()).toEqual(['a.csv', 'many', 'sub']);
  });

  test('a changed and a removed object fail by name where no versions are kept; what is right is kept', async () => {
    await fill({ versioned: false });
    add();
    await put('raw/a.csv', CSV.replace('a', 'z'));
    expect(refused(['pull', 'data/raw/a.csv'])).toMatchObject({
      code: 'source-changed',
      path: `s3://${bucket}/raw/a.csv`,
      remedy: expect.stringContaining('add the data again'),
    });
    await remove('raw/sub/large.csv');
    expect(refused(['pull', 'data/raw/sub/large.csv'])).toMatchObject({
      code: 'source-changed',
      message: expect.stringContaining('was removed'),
    });
    expect(refused(['pull'])).toMatchObject({ code: 'source-changed' });
    expect(existsSync(box.path('repo/data/raw'))).toBe(false);
    expect(box.ok(['pull', 'data/raw/sub/ü b.txt'])).toContain('nothing had to be read');
    expect(data('sub/ü b.txt')).toBe('known');
    expect(readdirSync(box.path('repo/.varve')).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  test('where versions are kept, an old snapshot is still there after its objects were replaced and removed', async () => {
    await fill({ versioned: true });
    add();
    box.commit('v1');
    await put('raw/a.csv', 'id,name\n3,c\n');
    await remove('raw/sub/large.csv');
    await put('raw/new.csv', CSV);
    expect(add()).toMatchObject({ change: 'changed', files: 3 });
    expect(box.json<{ datasets: object[] }>(['diff']).datasets).toMatchObject([
      {
        path: 'data/raw',
        change: 'modified',
        files: [
          { path: 'a.csv', change: 'modified' },
          { path: 'new.csv', change: 'added' },
          { path: 'sub/large.csv', change: 'removed' },
        ],
      },
    ]);
    box.commit('v2');
    box.ok(['pull']);
    expect(data('a.csv')).toBe('id,name\n3,c\n');
    box.git(['checkout', '-q', 'HEAD~1', '--', 'data/raw.varve']);
    expect(box.json(['status'])).toMatchObject({ datasets: [{ state: 'outdated' }] });
    box.ok(['pull']);
    expect(data('a.csv')).toBe(CSV);
    expect(data('sub/large.csv')).toBe(LARGE);
    expect(existsSync(box.path('repo/data/raw/new.csv'))).toBe(false);
    // What both snapshots have was read once.
    box.git(['checkout', '-q', 'HEAD', '--', 'data/raw.varve']);
    box.ok(['checkout']);
    expect(data('a.csv')).toBe('id,name\n3,c\n');
    const { datasets } = box.json<{ datasets: object[] }>(['diff', 'HEAD~1', 'HEAD']);
    expect(datasets).toMatchObject([
      { files: [{ path: 'a.csv' }, { path: 'new.csv' }, { path: 'sub/large.csv' }] },
    ]);
  });

  test('what was read is known by its SHA-256 from then on, here and, once added again, in every clone', async () => {
    await fill({ versioned: false });
    box.withRemote();
    add();
    box.ok(['pull']);
    box.commit('not read');
    const [before] = [pointer()];
    expect(add()).toMatchObject({ change: 'changed', files: 3 });
    expect(pointer()).not.toBe(before);
    expect(add().change).toBe('unchanged');
    expect(box.json(['status'])).toMatchObject({ datasets: [{ state: 'unchanged' }] });
    expect(box.json<{ datasets: { files: object[] }[] }>(['diff']).datasets[0]?.files).toEqual([]);
    box.commit('read');
    box.ok(['push']);
    // The same ETag and size, and other bytes: only the SHA-256 tells.
    const other = createServer((request, response) => {
      const content = Buffer.from(CSV.replace('a', 'z'));
      response.setHeader('ETag', `"${request.headers['if-match']?.replaceAll('"', '')}"`);
      response.end(content);
    });
    try {
      await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
      box.clone('repo', 'clone');
      const endpoint = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
      box.ok(['remote', 'source', `s3://${bucket}`, '--endpoint', endpoint], 'clone');
      const { code, out } = await box.later(['pull', 'data/raw/a.csv', '--json'], 'clone');
      expect(code).toBe(2);
      expect(JSON.parse(out)).toMatchObject({
        error: { code: 'source-damaged', path: `s3://${bucket}/raw/a.csv` },
      });
      expect(existsSync(box.path('clone/data/raw'))).toBe(false);
    } finally {
      other.close();
    }
  });

  test('a checksum that the server keeps is believed of nothing: bytes that do not have it are refused', async () => {
    await fill({ versioned: false });
    await expect(putWithChecksum('raw/lie', 'lie', sha256('truth'))).rejects.toThrow();
    add();
    box.ok(['pull', 'data/raw/sub']);
    expect(readdirSync(box.path('repo/data/raw'))).toEqual(['sub']);
    expect(box.json(['status'])).toMatchObject({ datasets: [{ state: 'unchanged', only: ['sub'] }] });
    expect(refused(['add', 'data/raw'])).toMatchObject({ code: 'data-not-read' });
    box.ok(['pull', 'data/raw']);
    expect(data('a.csv')).toBe(CSV);
    expect(box.json(['status'])).toMatchObject({ datasets: [{ state: 'unchanged' }] });
  });

  test('adding the data itself gives it statistics, and a change makes it a copy', async () => {
    await fill({ versioned: false });
    box.withRemote();
    add();
    box.ok(['pull']);
    expect(box.json(['add', 'data/raw'])).toMatchObject({
      datasets: [{ change: 'changed', source: url(), rows: expect.any(Number) }],
    });
    expect(pointer()).toContain('profile: sha256:');
    box.commit('profiled');
    box.ok(['push']);
    box.clone('repo', 'ci');
    box.ok(['fetch', '--profiles-only'], 'ci');
    expect(box.ok(['profile', 'data/raw'], 'ci')).toContain('name');
    expect(existsSync(box.path('ci/data/raw'))).toBe(false);
    box.write('repo/data/raw/a.csv', 'id,name\n9,z\n');
    expect(box.json(['status'])).toMatchObject({ datasets: [{ state: 'modified' }] });
    expect(box.json<Added>(['add', 'data/raw']).datasets[0]).not.toHaveProperty('source');
    expect(pointer()).not.toContain('source');
    box.ok(['push']);
    expect(bytesIn('remote')).toContain('jack');
  });

  test('a single object, by either client; without a remote', async () => {
    await fill({ versioned: true });
    const source = `minio://lab/${bucket}/raw/a.csv`;
    const { AWS_ENDPOINT_URL_S3: _, ...keys } = box.env;
    for (const name of Object.keys(box.env)) delete box.env[name];
    Object.assign(box.env, keys);
    box.ok(['add', source, '--to', 'data/one.csv', '--endpoint', server.endpoint]);
    const text = readFileSync(box.path('repo/data/one.csv.varve'), 'utf8');
    expect(text).toContain('kind: file');
    expect(text).not.toContain('127.0.0.1');
    expect(readFileSync(box.path('repo/.varve/config.local.yaml'), 'utf8')).toContain(server.endpoint);
    box.ok(['pull']);
    expect(readFileSync(box.path('repo/data/one.csv'), 'utf8')).toBe(CSV);
    expect(box.json(['status'])).toMatchObject({ datasets: [{ state: 'unchanged', kind: 'file' }] });
    expect(box.ok(['profile', 'data/one.csv'])).toContain('name');
    await put('raw/a.csv', 'changed');
    rmSync(box.path('repo/.git/varve/cache'), { recursive: true });
    rmSync(box.path('repo/data/one.csv'));
    expect(refused(['pull'])).toMatchObject({ code: 'remote-unset' });
    expect(box.json<Added>(['add', source, '--to', 'data/one.csv']).datasets[0]).toMatchObject({ bytes: 7 });
  });

  test('keys that no checkout could make are refused by name', async () => {
    for (const [key, what] of [
      ['raw/a\\b', 'backslash'],
      ['raw/.git/config', '.git'],
      ['raw/new\nline', 'control character'],
      ['raw/nested.varve', 'pointer'],
      ['raw/.varveignore', 'belongs'],
      ['raw/bytes/', 'slash'],
    ] as const) {
      bucket = await server.makeBucket();
      await put('raw/ok', 'ok');
      try {
        await put(key, 'x');
      } catch {
        continue;
      }
      expect(refused(['add', url(), '--to', 'data/raw']), key).toMatchObject({
        code: 'key-unsupported',
        message: expect.stringContaining(what),
      });
    }
    expect(existsSync(box.path('repo/data'))).toBe(false);
  });

  test('add refuses what it cannot make sense of', async () => {
    await fill({ versioned: false });
    expect(refused(['add', url()])).toMatchObject({ code: 'usage' });
    expect(refused(['add', 'x', '--to', 'data/raw'])).toMatchObject({ code: 'usage' });
    expect(refused(['add', url(), url(), '--to', 'data/raw'])).toMatchObject({ code: 'usage' });
    expect(refused(['add', `s3://${bucket}/nothing`, '--to', 'data/raw'])).toMatchObject({
      code: 'path-missing',
    });
    expect(refused(['add', 's3://varve-no-such-bucket/x', '--to', 'data/raw'])).toMatchObject({
      code: 'bucket-missing',
    });
    expect(refused(['add', url(), '--to', '../out'])).toMatchObject({ code: 'path-outside' });
    box.write('repo/data/raw/mine', 'mine');
    expect(refused(['add', url(), '--to', 'data/raw'])).toMatchObject({ code: 'path-taken' });
    rmSync(box.path('repo/data/raw'), { recursive: true });
    box.write('repo/.varveignore', 'sub/\n');
    expect(add()).toMatchObject({ files: 1 });
  });
});
