import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { openSource } from '../../src/remote/source/open.ts';
import type { DataSource, SourceObject } from '../../src/remote/source/source.ts';
import { describeWithMinio, type MinioServer } from '../support/minio.ts';
import { collected, sha256 } from './contract.ts';

const STRANGE = ['a b', 'ü+%20/x', '007', '../up', "it's (1)!*", 'x&y<z>"q"', 'new\nline', 'folder/'];

async function listed(source: DataSource): Promise<Map<string, SourceObject>> {
  const objects = new Map<string, SourceObject>();
  for await (const object of source.list()) {
    expect(objects.has(object.key)).toBe(false);
    objects.set(object.key, object);
  }
  return objects;
}

function describeSource(
  server: MinioServer,
  open: (bucket: string, path: string) => Promise<DataSource>,
): void {
  const put = (bucket: string, key: string, content: string) =>
    server.client.putObject(bucket, key, Buffer.from(content));
  const text = async (pieces: AsyncIterable<Uint8Array>) => (await collected(pieces)).toString();

  test.each([false, true])(
    'lists whatever keys there are and reads them (versions kept: %s)',
    async (versioned) => {
      const bucket = await server.makeBucket({ versioned });
      for (const key of STRANGE.filter((name) => !name.startsWith('..'))) await put(bucket, `in/${key}`, key);
      await put(bucket, 'out/x', 'x');
      await put(bucket, 'in-too/x', 'x');
      if (versioned) {
        await put(bucket, 'in/replaced', 'old');
        await put(bucket, 'in/replaced', 'replaced');
        await put(bucket, 'in/removed', 'removed');
        await server.client.removeObject(bucket, 'in/removed');
      }
      const source = await open(bucket, 'in');
      const objects = await listed(source);
      const expected = STRANGE.filter((name) => !name.startsWith('..'));
      expect([...objects.keys()].sort()).toEqual([...expected, ...(versioned ? ['replaced'] : [])].sort());
      for (const [key, object] of objects) {
        expect(object.etag).toMatch(/^[0-9a-f]{32}$/);
        // MinIO keeps no versions of folder markers.
        if (key !== 'folder/') expect(object.version !== undefined).toBe(versioned);
        expect(object.size).toBe(Buffer.byteLength(key));
        expect(await text(source.read(object))).toBe(key);
      }
      await source.close();
    },
  );

  test('lists more than one page, folder by folder', { timeout: 60_000 }, async () => {
    const bucket = await server.makeBucket();
    const keys = Array.from({ length: 2300 }, (_, index) => `${index % 3}/${index % 11}/${index}`);
    for (let from = 0; from < keys.length; from += 50) {
      await Promise.all(keys.slice(from, from + 50).map((key) => put(bucket, key, '')));
    }
    expect([...(await listed(await open(bucket, ''))).keys()].sort()).toEqual(keys.sort());
  });

  test('knows the checksum where the server keeps one', async () => {
    const bucket = await server.makeBucket();
    await server.client.makeRequestAsyncOmit(
      {
        method: 'PUT',
        bucketName: bucket,
        objectName: 'with',
        headers: { 'x-amz-checksum-sha256': Buffer.from(sha256('hello'), 'hex').toString('base64') },
      },
      'hello',
    );
    await put(bucket, 'without', 'hello');
    const source = await open(bucket, '');
    const objects = await listed(source);
    expect((await source.withChecksum(objects.get('with')!)).sha256).toBe(sha256('hello'));
    const without = await source.withChecksum(objects.get('without')!);
    expect(without).toMatchObject({ size: 5 });
    expect(without.sha256).toBeUndefined();
    await put(bucket, 'with', 'another');
    await expect(source.withChecksum(objects.get('with')!)).rejects.toMatchObject({ code: 'source-changed' });
  });

  test('finds the single object that its URL names', async () => {
    const bucket = await server.makeBucket();
    await put(bucket, 'data/file.csv', 'a,b');
    const source = await open(bucket, 'data/file.csv');
    const single = await source.single();
    expect(single).toMatchObject({ key: '', size: 3 });
    expect(await text(source.read(single!))).toBe('a,b');
    expect((await listed(source)).size).toBe(0);
    expect(await (await open(bucket, 'data')).single()).toBeUndefined();
  });

  test('fails clearly when the source was replaced or removed', async () => {
    const bucket = await server.makeBucket();
    const keys = ['same-size', 'other-size', 'removed'];
    for (const key of keys) await put(bucket, `in/${key}`, 'first');
    const source = await open(bucket, 'in');
    const objects = await listed(source);
    await put(bucket, 'in/same-size', 'other');
    await put(bucket, 'in/other-size', 'longer than before');
    await server.client.removeObject(bucket, 'in/removed');
    for (const key of keys) {
      const changed = { code: 'source-changed', path: expect.stringContaining(`${bucket}/in/${key}`) };
      const object = objects.get(key)!;
      await expect(collected(source.read(object))).rejects.toMatchObject(changed);
      await expect(collected(source.read(object, { offset: 1, length: 2 }))).rejects.toMatchObject(changed);
    }
  });

  test('still reads the version that was listed after it was replaced', async () => {
    const bucket = await server.makeBucket({ versioned: true });
    await put(bucket, 'in/a', 'first');
    const source = await open(bucket, 'in');
    const object = (await listed(source)).get('a')!;
    await put(bucket, 'in/a', 'second');
    expect(await text(source.read(object))).toBe('first');
    expect(await text(source.read(object, { offset: 1, length: 3 }))).toBe('irs');
    await server.client.removeObject(bucket, 'in/a', { versionId: object.version! });
    await expect(collected(source.read(object))).rejects.toMatchObject({ code: 'source-changed' });
  });

  test('says that a bucket is missing', async () => {
    const source = await open('varve-no-such-bucket', 'in');
    await expect(listed(source)).rejects.toMatchObject({ code: 'bucket-missing' });
  });
}

describeWithMinio('data that lies in a bucket', (server) => {
  beforeAll(() => {
    for (const [name, value] of Object.entries(server.env)) vi.stubEnv(name, value);
  });
  afterAll(() => vi.unstubAllEnvs());

  describe('by the AWS SDK', () => {
    describeSource(server, (bucket, path) => openSource(`s3://${bucket}/${path}`));
  });
  describe('by the minio client', () => {
    const options = () => ({ endpoint: server.endpoint });
    describeSource(server, (bucket, path) => openSource(`minio://tests/${bucket}/${path}`, options()));
  });

  test('is not a local folder', async () => {
    await expect(openSource('/data')).rejects.toMatchObject({ code: 'remote-url-invalid' });
  });
});
