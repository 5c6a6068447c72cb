import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { BucketRemote } from '../../src/remote/bucket/bucket.ts';
import { openBucket } from '../../src/remote/open.ts';
import { collected, sha256, storesWhole } from '../remote/contract.ts';
import { type Fault, type FaultyS3, seededFaults, startFaultyS3 } from '../support/faulty-s3.ts';
import { describeWithMinio } from '../support/minio.ts';

const MIB = 1024 * 1024;
const IMPATIENT = { attempts: 12, baseMs: 1, capMs: 10 };
const ONCE = { attempts: 1, baseMs: 1, capMs: 1 };
const NETWORK: readonly Fault[] = [
  'drop',
  'drop-answer',
  'delay',
  '503',
  'slow-down',
  'truncate',
  'corrupt-upload',
];
const nothing = () => undefined;

describeWithMinio('through a faulty network', (server) => {
  let faulty: FaultyS3;
  let folder: string;
  beforeAll(async () => {
    for (const [name, value] of Object.entries(server.env)) vi.stubEnv(name, value);
    folder = mkdtempSync(join(tmpdir(), 'varve-faulty-'));
    faulty = await startFaultyS3(server.endpoint, nothing);
  });
  afterEach(() => {
    faulty.choose = nothing;
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await faulty?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const file = (name: string, bytes: Uint8Array) => {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    return { path, size: bytes.length };
  };

  describe.each(['s3', 'minio'] as const)('by %s', (kind) => {
    const open = async (policy = IMPATIENT) => {
      const bucket = await server.makeBucket();
      const place =
        kind === 's3' ? { kind, bucket, prefix: 'p/' } : { kind, alias: 'any', bucket, prefix: 'p/' };
      const remote = async (patience: typeof IMPATIENT) =>
        new BucketRemote(
          await openBucket(place, { endpoint: faulty.endpoint }),
          `${kind}://x`,
          'p/',
          patience,
        );
      return { remote: await remote(policy), again: remote };
    };
    test.each([1, 2, 3, 4, 5])(
      'what is stored is stored whole, what is read is right (seed %d)',
      async (seed) => {
        const { remote } = await open();
        faulty.choose = seededFaults(seed, 0.3, NETWORK);
        await storesWhole(remote, { objects: 20, growth: 9000, jobs: 20 });
        expect(faulty.seen.some(({ fault }) => fault !== undefined)).toBe(true);
        await remote.close();
      },
    );

    test('a large file goes in parts and comes back whole', async () => {
      const { remote } = await open();
      const bytes = randomBytes(40 * MIB);
      faulty.choose = seededFaults(7, 0.25, NETWORK);
      const body = file(`large-${kind}`, bytes);
      await remote.write('large', body, { sha256: sha256(bytes) });
      expect(sha256(await collected(remote.stream('large')))).toBe(sha256(bytes));
    });

    test('an upload that was cut off goes on where it ended', async () => {
      const { remote, again } = await open(ONCE);
      const bytes = randomBytes(70 * MIB);
      const body = file(`resumed-${kind}`, bytes);
      const isPart = ({ method, url }: { method: string; url: string }) =>
        method === 'PUT' && url.includes('partNumber=');
      faulty.choose = (request) =>
        isPart(request) && request.url.includes('partNumber=5') ? 'drop' : undefined;
      await expect(remote.write('a', body, { sha256: sha256(bytes) })).rejects.toMatchObject({
        code: 'remote-unavailable',
      });
      faulty.choose = nothing;
      const before = faulty.seen.length;
      expect(await (await again(ONCE)).write('a', body, { sha256: sha256(bytes) })).toBe('written');
      expect(faulty.seen.slice(before).filter(isPart)).toHaveLength(1);
      expect(sha256(await collected(remote.stream('a')))).toBe(sha256(bytes));
    });

    test('a lost answer to what was done is no failure', async () => {
      const { remote } = await open();
      const bytes = randomBytes(33 * MIB);
      let lost = 0;
      faulty.choose = ({ method, url }) =>
        method === 'POST' && url.includes('uploadId=') && lost++ === 0 ? 'drop-answer' : undefined;
      const body = file(`lost-${kind}`, bytes);
      expect(await remote.write('a', body, { sha256: sha256(bytes), overwrite: true })).toBe('written');
      expect(lost).toBeGreaterThan(1);
      expect(await remote.head('a')).toMatchObject({ size: bytes.length });
    });

    test('a body that keeps breaking off is read on from where it broke', async () => {
      const { remote } = await open({ ...IMPATIENT, attempts: 3 });
      const bytes = randomBytes(8 * MIB);
      await remote.write('a', bytes, { sha256: sha256(bytes) });
      faulty.choose = seededFaults(3, 0.8, ['truncate']);
      expect(sha256(await collected(remote.stream('a')))).toBe(sha256(bytes));
    });

    test('an object that is replaced while it is read is never mixed with the new one', async () => {
      const { remote } = await open();
      const old = randomBytes(4 * MIB);
      await remote.write('a', old, { sha256: sha256(old) });
      let reads = 0;
      faulty.choose = ({ method }) => (method === 'GET' && reads++ === 0 ? 'truncate' : undefined);
      const reading = async () => {
        for await (const piece of remote.stream('a')) {
          if (piece.length > 0 && reads === 1) {
            reads = 2;
            const fresh = randomBytes(4 * MIB);
            await remote.write('a', fresh, { sha256: sha256(fresh), overwrite: true });
          }
        }
      };
      await expect(reading()).rejects.toMatchObject({ code: 'object-changed' });
    });

    test('one server of many with a wrong clock is no failure', async () => {
      const { remote } = await open();
      const bytes = randomBytes(1000);
      let puts = 0;
      faulty.choose = ({ method }) => (method === 'PUT' && puts++ === 0 ? 'skew' : undefined);
      expect(await remote.write('a', bytes, { sha256: sha256(bytes) })).toBe('written');
      expect(puts).toBeGreaterThan(1);
    });

    test.each([
      ['503', 'remote-unavailable'],
      ['slow-down', 'remote-unavailable'],
      ['drop', 'remote-unavailable'],
    ] as const)('%s for ever is given up with words', async (fault, code) => {
      const { remote } = await open({ ...IMPATIENT, attempts: 3 });
      faulty.choose = () => fault;
      const before = faulty.seen.length;
      await expect(remote.read('a')).rejects.toMatchObject({ code, remedy: expect.stringMatching(/\.$/) });
      expect(faulty.seen.length - before).toBe(3);
    });

    test('damage to an upload is noticed by the server, every time', async () => {
      const { remote } = await open({ ...IMPATIENT, attempts: 2 });
      faulty.choose = ({ method }) => (method === 'PUT' ? 'corrupt-upload' : undefined);
      const bytes = randomBytes(100_000);
      for (const body of [bytes, file(`damaged-${kind}`, bytes)]) {
        const written = remote.write('a', body, { sha256: sha256(bytes) });
        await expect(written).rejects.toMatchObject({ code: 'upload-damaged' });
      }
      faulty.choose = nothing;
      expect(await remote.head('a')).toBeUndefined();
    });
  });
});
