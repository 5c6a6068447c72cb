import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cloned } from '../../src/base/files/clone.ts';
import { FolderRemote } from '../../src/remote/folder/folder.ts';
import { singleBlockList } from '../../src/store/format/block-lists.ts';
import { toRaw } from '../../src/store/format/digest.ts';
import { verifyStore } from '../../src/store/repair/verify.ts';
import { Store } from '../../src/store/store.ts';
import { restoreThrough } from '../../src/store/transfer/restore-through.ts';
import { transfer } from '../../src/store/transfer/transfer.ts';
import { CountingRemote, seededBytes } from '../support/stores.ts';

const work = mkdtempSync(join(tmpdir(), 'varve-blocks-'));
const disk = join(work, 'disk');
const MIB = 1024 * 1024;
const LARGE = 24 * MIB;
/** What looks like a PNG is a whole object. */
const BYTES = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), seededBytes(1, LARGE - 8)]);
let mounted = false;

beforeAll(() => {
  try {
    mkdirSync(disk);
    const image = join(work, 'image');
    const make = `truncate -s 256M "${image}" && mkfs.btrfs -q "${image}" && mount -o loop "${image}" "${disk}"`;
    execFileSync('sh', ['-c', make], { stdio: 'ignore' });
    mounted = true;
  } catch {
    // Only root may mount, and not every machine has Btrfs; the test says so.
  }
});
afterAll(() => {
  if (mounted) execFileSync('sh', ['-c', `umount "${disk}"`]);
  rmSync(work, { recursive: true, force: true });
});

/** Bytes of the disk that are taken, once all that was written is there. */
function taken(): number {
  execFileSync('sh', ['-c', `sync -f "${disk}"`]);
  const { blocks, bfree, bsize } = statfsSync(disk);
  return (blocks - bfree) * bsize;
}

test('source, cache, checkout and a remote on one disk share the blocks of a whole object', async (context) => {
  if (!mounted) context.skip('needs root and mkfs.btrfs, to mount a file system whose copies share blocks');
  const source = join(disk, 'source.png');
  writeFileSync(source, BYTES, { mode: 0o600 });
  const before = taken();
  const cache = await Store.open(new FolderRemote(join(disk, 'cache')));
  const batch = cache.batch();
  const { digest, blocks } = await batch.addFile(source);
  await batch.commit();
  const root = { path: 'source.png', kind: 'file', digest, blocks: blocks! } as const;
  const remote = await Store.open(new FolderRemote(join(disk, 'remote')));
  await transfer(cache, remote, [root]);
  const copy = join(disk, 'copy.png');
  await cache.restore(digest, copy);
  expect(taken() - before).toBeLessThan(LARGE / 4);

  expect(readFileSync(copy).equals(BYTES)).toBe(true);
  for (const store of [cache, remote]) expect((await verifyStore(store, [root])).damage).toEqual([]);
  // What comes from afar is written once, too.
  const far = await Store.open(new CountingRemote(join(disk, 'remote'), { isFar: true }));
  const other = await Store.open(new FolderRemote(join(disk, 'other')));
  const alone = taken();
  const lists = singleBlockList(toRaw(digest), toRaw(blocks!));
  const file = { digest, size: LARGE, executable: true, target: join(disk, 'far.png') };
  await restoreThrough(far, other, [file], { lists });
  expect(taken() - alone).toBeLessThan(LARGE * 1.25);
  expect(readFileSync(file.target).equals(BYTES)).toBe(true);
  expect(statSync(file.target).mode & 0o100).toBe(0o100);

  // An edit in place is the copy's alone.
  writeFileSync(copy, 'edited', { flag: 'r+' });
  expect(readFileSync(source).equals(BYTES)).toBe(true);
  expect((await verifyStore(cache, [root])).damage).toEqual([]);
  for (const store of [cache, remote, far, other]) await store.close();
});

test('a copy that cannot share blocks is not made, and leaves nothing', async (context) => {
  const shared = '/dev/shm';
  let folder: string;
  try {
    folder = mkdtempSync(join(shared, 'varve-blocks-'));
  } catch {
    return context.skip(`needs ${shared}, a file system in memory`);
  }
  writeFileSync(join(folder, 'source'), 'bytes');
  expect(await cloned(join(folder, 'source'), join(folder, 'copy'))).toBe(false);
  expect(readdirSync(folder)).toEqual(['source']);
  rmSync(folder, { recursive: true });
});
