import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { BucketRemote } from '../../src/remote/bucket/bucket.ts';
import { openBucket } from '../../src/remote/open.ts';
import { collected, sha256, storesWhole } from '../remote/contract.ts';
import { describeWithAzurite } from '../support/azurite.ts';
import { type Fault, type FaultyS3, seededFaults, startFaultyS3 } from '../support/faulty-s3.ts';
import { describeWithGcs } from '../support/gcs.ts';

const MIB = 1024 * 1024;
const IMPATIENT = { attempts: 12, baseMs: 1, capMs: 10 };
const ONCE = { attempts: 1, baseMs: 1, capMs: 1 };
const NETWORK: readonly Fault[] = ['drop', 'drop-answer', 'delay', '503', 'truncate'];
const nothing = () => undefined;

interface Cloud {
  readonly kind: 'gs' | 'azure';
  /** The server, without a path. */
  readonly server: () => string;
  /** What stands behind the server in an endpoint. */
  readonly account: string;
  readonly makeBucket: () => Promise<string>;
  readonly isPart: (request: { method: string; url: string }) => boolean;
}

function throughFaults({ kind, server, account, makeBucket, isPart }: Cloud): void {
  let faulty: FaultyS3;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'varve-faulty-'));
    faulty = await startFaultyS3(server(), nothing);
  });
  afterEach(() => {
    faulty.choose = nothing;
  });
  afterAll(async () => {
    await faulty?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const openAt = async (bucket: string, policy = IMPATIENT) => {
    const client = await openBucket({ kind, bucket, prefix: 'p/' }, { endpoint: faulty.endpoint + account });
    return new BucketRemote(client, `${kind}://x`, 'p/', policy);
  };
  const file = (bytes: Uint8Array) => {
    const path = join(folder, 'file');
    writeFileSync(path, bytes);
    return { path, size: bytes.length };
  };

  test.each([1, 2])('what is stored is stored whole, what is read is right (seed %d)', async (seed) => {
    const remote = await openAt(await makeBucket());
    faulty.choose = seededFaults(seed, 0.3, NETWORK);
    await storesWhole(remote, { objects: 12, growth: 9000, jobs: 12 });
    expect(faulty.seen.some(({ fault }) => fault !== undefined)).toBe(true);
  });

  test('an upload that was cut off goes on where it ended', async () => {
    const bucket = await makeBucket();
    const bytes = randomBytes(70 * MIB);
    const body = file(bytes);
    let parts = 0;
    faulty.choose = (request) => (isPart(request) && ++parts === 5 ? 'drop' : undefined);
    const first = (await openAt(bucket, ONCE)).write('a', body, { sha256: sha256(bytes) });
    await expect(first).rejects.toMatchObject({ code: 'remote-unavailable' });
    faulty.choose = nothing;
    const before = faulty.seen.length;
    const remote = await openAt(bucket, ONCE);
    expect(await remote.write('a', body, { sha256: sha256(bytes) })).toBe('written');
    expect(faulty.seen.slice(before).filter(isPart)).toHaveLength(1);
    faulty.choose = seededFaults(3, 0.6, ['truncate']);
    expect(sha256(await collected((await openAt(bucket)).stream('a')))).toBe(sha256(bytes));
    faulty.choose = nothing;
    const left: string[] = [];
    for await (const { key } of remote.list('')) left.push(key);
    expect(left).toEqual(['a']);
  });

  test('a server that keeps failing is given up with words', async () => {
    const remote = await openAt(await makeBucket(), { ...IMPATIENT, attempts: 3 });
    for (const fault of ['503', 'drop'] as const) {
      faulty.choose = () => fault;
      const before = faulty.seen.length;
      await expect(remote.read('a')).rejects.toMatchObject({
        code: 'remote-unavailable',
        remedy: expect.stringMatching(/\.$/),
      });
      expect(faulty.seen.length - before).toBe(3);
    }
  });
}

describeWithGcs('Google Cloud Storage through a faulty network', (server) => {
  throughFaults({
    kind: 'gs',
    server: () => server.endpoint,
    account: '',
    makeBucket: () => server.makeBucket(),
    isPart: ({ method, url }) => method === 'POST' && url.startsWith('/upload/'),
  });
});

describeWithAzurite('Azure through a faulty network', (server) => {
  beforeAll(() => {
    for (const [name, value] of Object.entries(server.env)) vi.stubEnv(name, value);
  });
  afterAll(() => vi.unstubAllEnvs());
  describe('by its library', () => {
    throughFaults({
      kind: 'azure',
      server: () => new URL(server.endpoint).origin,
      account: '/devstoreaccount1',
      makeBucket: () => server.makeContainer(),
      isPart: ({ method, url }) => method === 'PUT' && url.includes('comp=block&'),
    });
  });
});

test('a server of Azure that accepts requests and says nothing is given up', async () => {
  const silent = createServer((socket) => sockets.push(socket));
  const sockets: Socket[] = [];
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const { port } = silent.address() as { port: number };
  // The minute that it is waited for passes at once.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const endpoint = `http://127.0.0.1:${port}/account`;
    const place = { kind: 'azure', bucket: 'container', prefix: '' } as const;
    const client = await openBucket(place, { endpoint, anonymous: true });
    const remote = new BucketRemote(client, 'azure://x', '', ONCE);
    for (const request of [() => remote.read('a'), () => remote.head('a'), () => remote.remove(['a'])]) {
      const before = sockets.length;
      const refusal = expect(request()).rejects.toMatchObject({ code: 'endpoint-unreachable' });
      while (sockets.length === before) await new Promise((resolve) => setImmediate(resolve));
      await vi.advanceTimersByTimeAsync(61_000);
      await refusal;
    }
  } finally {
    vi.useRealTimers();
    for (const socket of sockets) socket.destroy();
    silent.close();
  }
});
