import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openRemote } from '../../src/remote/open.ts';
import { Store } from '../../src/store/store.ts';
import { type FaultyS3, startFaultyS3 } from '../support/faulty-s3.ts';
import { describeWithMinio } from '../support/minio.ts';
import { Sandbox } from '../support/sandbox.ts';

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox().repository();
});
afterEach(() => box.remove());

const pointerTo = (digest: string, extra = '') =>
  `varve: 1\npath: raw\nkind: directory\ndigest: ${digest}\nbytes: 1\nfiles: 1\nsource: "s3://bucket/raw"\n${extra}`;

/** Puts a list into the cache, as one that came from a hostile remote would lie there. */
async function listInCache(text: string): Promise<string> {
  const cache = await Store.open(await openRemote(box.path('repo/.git/varve/cache')));
  const batch = cache.batch();
  const { digest } = await batch.addBytes(Buffer.from(text), 'meta');
  await batch.commit();
  await cache.close();
  return digest;
}

test('a list from a stranger leads out of nothing, and no bucket is asked', async () => {
  for (const path of ['../../out', '/tmp/out', 'a\\u0000b', '.git/hooks/x', 'folder/', '']) {
    const digest = await listInCache(`{"path":"${path}","size":1,"etag":"e"}\n`);
    box.write('repo/data/raw.varve', pointerTo(digest));
    for (const command of [['pull'], ['checkout', '--force']]) {
      const { code, err } = box.varve([...command, 'data/raw']);
      expect(err, path).toMatch(/manifest/);
      expect(code, path).toBe(2);
    }
  }
  expect(readdirSync(box.path('repo/data'))).toEqual(['raw.varve']);
});

test('a pointer cannot say whom the credentials of this machine are shown to', async () => {
  let asked = 0;
  const evil = createServer((_, response) => {
    asked += 1;
    response.end();
  });
  const endpoint = await listening(evil);
  try {
    Object.assign(box.env, {
      AWS_ACCESS_KEY_ID: 'k',
      AWS_SECRET_ACCESS_KEY: 's',
      AWS_SESSION_TOKEN: 'secret',
      // Nobody listens there.
      AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:9',
    });
    const digest = await listInCache('{"path":"a","size":1,"etag":"e"}\n');
    const pull = async () => (await box.later(['pull', 'data/raw', '--json'])).out;
    for (const extra of [`endpoint: ${endpoint}\n`, `region: x\n`]) {
      box.write('repo/data/raw.varve', pointerTo(digest, extra));
      expect(await pull()).toContain('pointer-damaged');
    }
    box.write('repo/data/raw.varve', pointerTo(digest).replace('s3://', `s3://x@127.0.0.1/`));
    expect(await pull()).toContain('error');
    box.write('repo/data/raw.varve', pointerTo(digest));
    const shared = readFileSync(box.path('repo/.varve/config.yaml'), 'utf8');
    box.write('repo/.varve/config.yaml', `${shared}sources: {"s3://bucket": {endpoint: "${endpoint}"}}\n`);
    expect(await pull()).toContain('config-damaged');
    box.write(
      'repo/.varve/config.yaml',
      `${shared}remotes: {"s3://bucket/raw": {url: "s3://bucket/raw", endpoint: "${endpoint}"}}\n`,
    );
    expect(await pull()).toContain('endpoint-unreachable');
    expect(asked).toBe(0);
  } finally {
    evil.close();
  }
});

function listening(server: Server): Promise<string> {
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () =>
      resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    ),
  );
}

describeWithMinio('what comes from a bucket', (server) => {
  let faulty: FaultyS3;
  let bucket: string;
  beforeEach(async () => {
    Object.assign(box.env, server.env);
    bucket = await server.makeBucket();
    faulty = await startFaultyS3(server.endpoint, () => undefined);
  });
  afterEach(() => faulty.close());
  const put = (key: string, content: string) => server.client.putObject(bucket, key, Buffer.from(content));
  const add = () => box.ok(['add', `s3://${bucket}/raw`, '--to', 'data/raw']);
  const data = (path: string) => readFileSync(box.path('repo/data/raw', path), 'utf8');
  const reach = (endpoint: string) => box.ok(['remote', 'source', `s3://${bucket}`, '--endpoint', endpoint]);

  test('is read again where it was damaged, cut off or refused on its way', { timeout: 60_000 }, async () => {
    const large = 'abcdefgh'.repeat(100_000);
    await put('raw/large', large);
    await put('raw/small', 'small');
    add();
    reach(faulty.endpoint);
    let asked = 0;
    faulty.choose = ({ url }) =>
      url.includes('GetObject') ? (['corrupt-download', 'truncate', '503'] as const)[asked++] : undefined;
    expect(await box.later(['pull'])).toMatchObject({ code: 0 });
    expect(asked).toBeGreaterThan(3);
    expect(data('large')).toBe(large);
    expect(data('small')).toBe('small');
  });

  test('is asked about once: adding again costs a listing and what changed', {
    timeout: 60_000,
  }, async () => {
    for (let at = 0; at < 20; at++) await put(`raw/${at % 3}/${at}`, 'first');
    reach(faulty.endpoint);
    const asked = async () => {
      const before = faulty.seen.length;
      expect(await box.later(['add', `s3://${bucket}/raw`, '--to', 'data/raw'])).toMatchObject({ code: 0 });
      const methods = faulty.seen.slice(before).map(({ method }) => method);
      return { heads: methods.filter((method) => method === 'HEAD').length, all: methods.length };
    };
    const first = await asked();
    expect(first.heads).toBeGreaterThanOrEqual(20);
    const again = await asked();
    expect(again.heads).toBe(first.heads - 20);
    await put('raw/0/0', 'another');
    expect((await asked()).heads).toBe(again.heads + 1);
    expect(again.all).toBeLessThan(5);
  });

  test('is not kept where two readings differ; is kept where only its ETag is no MD5', async () => {
    await put('raw/differs', '0000');
    await put('raw/encrypted', '0000');
    await put('raw/fine', 'fine');
    add();
    let readings = 0;
    const other = createServer((request, response) => {
      response.setHeader('ETag', request.headers['if-match'] ?? '');
      const path = request.url?.split('?')[0] ?? '';
      if (path.endsWith('differs')) response.end(String(readings++).padStart(4, '0').replace('0000', 'zero'));
      else response.end(path.endsWith('fine') ? 'fine' : 'code');
    });
    reach(await listening(other));
    const pulled = await box.later(['pull', '--json']);
    expect(JSON.parse(pulled.out)).toMatchObject({
      error: { code: 'source-damaged', path: `s3://${bucket}/raw/differs` },
    });
    expect(existsSync(box.path('repo/data/raw'))).toBe(false);
    other.close();
    other.closeAllConnections();
    // Of the others, what had arrived is kept.
    expect(await box.later(['pull', 'data/raw/encrypted', 'data/raw/fine'])).toMatchObject({
      code: 0,
      out: expect.stringContaining('nothing had to be read'),
    });
    expect(data('encrypted')).toBe('code');
    rmSync(box.path('repo/.varve/config.local.yaml'));
    box.ok(['pull', 'data/raw']);
    expect(data('differs')).toBe('0000');
  });
});
