import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FolderRemote } from '../../src/remote/folder/folder.ts';
import type { Digest } from '../../src/store/format/digest.ts';
import { readManifest } from '../../src/store/format/manifest.ts';
import { verifyStore } from '../../src/store/repair/verify.ts';
import { Store } from '../../src/store/store.ts';
import { transfer } from '../../src/store/transfer/transfer.ts';
import { addFolder, expectFolder, seededBytes, versionOf } from '../support/stores.ts';

const work = mkdtempSync(join(tmpdir(), 'varve-full-'));
const disk = join(work, 'disk');
let mounted = false;

beforeAll(() => {
  try {
    execFileSync('mkdir', [disk]);
    execFileSync('sh', ['-c', `mount -t tmpfs -o size=4m tmpfs "${disk}"`], { stdio: 'ignore' });
    mounted = true;
  } catch {
    // Only root may mount; the test says so.
  }
});
afterAll(() => {
  if (mounted) execFileSync('sh', ['-c', `umount "${disk}"`]);
  rmSync(work, { recursive: true, force: true });
});

test('a full disk is said to be full, and what was whole before stays whole', async (context) => {
  if (!mounted) context.skip('needs the right to mount a small file system: run the tests as root');
  const cache = await Store.open(new FolderRemote(join(disk, 'cache')));
  const files = versionOf(1);
  const root = await addFolder(cache, 'data', files);
  const large = new Map([['large', seededBytes(9, 6_000_000)]]);
  await expect(addFolder(cache, 'more', large)).rejects.toMatchObject({
    code: 'disk-full',
    path: expect.any(String),
  });

  const roomy = await Store.open(new FolderRemote(join(work, 'roomy')));
  const more = await addFolder(roomy, 'more', large);
  await expect(transfer(roomy, cache, [more])).rejects.toMatchObject({ code: 'disk-full' });
  writeFileSync(join(disk, 'filler'), '');
  const target = join(disk, 'checkout');
  const [digest] = [...(await digestsOf(roomy, more))];
  await expect(roomy.restore(digest!, target)).rejects.toMatchObject({ code: 'disk-full', path: target });
  expect(readdirSync(disk).sort()).toEqual(['cache', 'filler']);

  const again = await Store.open(new FolderRemote(join(disk, 'cache')));
  await expectFolder(again, root, files);
  expect((await verifyStore(again, [root])).damage).toEqual([]);
  // The disk is taken away after this.
  for (const store of [cache, roomy, again]) await store.close();
});

async function digestsOf(store: Store, root: { digest: Digest }): Promise<Set<Digest>> {
  const digests = new Set<Digest>();
  for await (const { digest } of readManifest(store.readStream(root.digest), 'test')) digests.add(digest!);
  return digests;
}
