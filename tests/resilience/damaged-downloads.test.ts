import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { BucketRemote } from '../../src/remote/bucket/bucket.ts';
import { FolderRemote } from '../../src/remote/folder/folder.ts';
import { openBucket } from '../../src/remote/open.ts';
import { hexDigestOf } from '../../src/store/format/digest.ts';
import { writePendingDeletions } from '../../src/store/gc/pending-deletions.ts';
import { writeRef } from '../../src/store/gc/refs.ts';
import type { Root } from '../../src/store/gc/roots.ts';
import { verifyStore } from '../../src/store/repair/verify.ts';
import { Store } from '../../src/store/store.ts';
import { transfer } from '../../src/store/transfer/transfer.ts';
import { type FaultyS3, startFaultyS3 } from '../support/faulty-s3.ts';
import { describeWithMinio } from '../support/minio.ts';
import { addFolder, expectFolder, seededBytes } from '../support/stores.ts';

const nothing = () => undefined;
const IMPATIENT = { attempts: 4, baseMs: 1, capMs: 10 };
const files = new Map<string, Buffer>([
  ...Array.from({ length: 30 }, (_, at) => [`f${at}`, seededBytes(at, 9000)] as [string, Buffer]),
  ['large', seededBytes(99, 3_000_000)],
  ['w.parquet', Buffer.concat([Buffer.from('PAR1'), seededBytes(5, 2_000_000)])],
]);

describeWithMinio('a network that damages what it carries', (server) => {
  let faulty: FaultyS3;
  let work: string;
  beforeAll(async () => {
    for (const [name, value] of Object.entries(server.env)) vi.stubEnv(name, value);
    work = mkdtempSync(join(tmpdir(), 'varve-damaged-'));
    faulty = await startFaultyS3(server.endpoint, nothing);
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await faulty?.close();
    rmSync(work, { recursive: true, force: true });
  });

  /** Damages the first download of each object, however much of it was asked for. */
  const damageFirst = () => {
    const seen = new Set<string>();
    faulty.choose = ({ method, url }) => {
      const object = url.split('?')[0]!;
      if (method !== 'GET' || seen.has(object)) return undefined;
      seen.add(object);
      return 'corrupt-download';
    };
  };

  describe.each(['s3', 'minio'] as const)('by %s', (kind) => {
    let root: Root;
    let open: (endpoint: string) => Promise<BucketRemote>;
    beforeAll(async () => {
      const bucket = await server.makeBucket();
      const place =
        kind === 's3' ? { kind, bucket, prefix: 'p/' } : { kind, alias: 'any', bucket, prefix: 'p/' };
      open = async (endpoint) =>
        new BucketRemote(await openBucket(place, { endpoint }), `${kind}://x`, 'p/', IMPATIENT);
      const remote = await open(server.endpoint);
      root = await addFolder(await Store.open(remote), 'data', files);
      await writeRef(remote, 'clone', [root]);
      await writePendingDeletions(remote, [`packs/${'a'.repeat(64)}.pack`]);
      await remote.close();
    });

    test('costs another request each, and neither a fetch nor the judgement of verify', async () => {
      damageFirst();
      const remote = await open(faulty.endpoint);
      const here = await Store.open(new FolderRemote(mkdtempSync(join(work, 'cache-'))));
      await transfer(await Store.open(remote), here, [root]);
      await expectFolder(here, root, files);
      const struck = faulty.seen.filter(({ fault }) => fault === 'corrupt-download').map(({ url }) => url);
      for (const part of ['/index/', '/packs/', '/objects/', '/condemned/'])
        expect(
          struck.some((url) => url.includes(part)),
          part,
        ).toBe(true);
      damageFirst();
      const again = await Store.open(remote);
      expect(await verifyStore(again, [root])).toMatchObject({ damage: [], absent: [] });
      damageFirst();
      const whole = files.get('w.parquet')!;
      const digest = `sha256:${hexDigestOf(whole)}` as const;
      expect(Buffer.from(await again.readBytes(digest, whole.length)).equals(whole)).toBe(true);
      await remote.close();
    }, 60_000);

    test('is told of where it never ends, and nothing false is kept', async () => {
      faulty.choose = ({ method, url }) =>
        method === 'GET' && /\/(packs|objects)\//.test(url) ? 'corrupt-download' : undefined;
      const remote = await open(faulty.endpoint);
      const folder = mkdtempSync(join(work, 'cache-'));
      const here = await Store.open(new FolderRemote(folder));
      await expect(transfer(await Store.open(remote), here, [root])).rejects.toMatchObject({
        code: 'digest-mismatch',
      });
      faulty.choose = nothing;
      expect((await verifyStore(await Store.open(new FolderRemote(folder)), [])).damage).toEqual([]);
      // Not even the folder of unfinished files.
      expect(readdirSync(folder)).toEqual([]);
      await remote.close();
    }, 60_000);
  });
});
