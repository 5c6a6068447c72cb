import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cloned } from '../../src/base/files/clone.ts';
import { FolderRemote } from '../../src/remote/folder/folder.ts';
import { verifyStore } from '../../src/store/repair/verify.ts';
import { Store } from '../../src/store/store.ts';
import { transfer } from '../../src/store/transfer/transfer.ts';
import { seededBytes } from '../support/stores.ts';

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
    execFileSync('truncate', ['-s', '256M', image]);
    execFileSync('mkfs.btrfs', ['-q', image], { stdio: 'ignore' });
    execFileSync('mount', ['-o', 'loop', image, disk], { stdio: 'ignore' });
    mounted = true;
  } catch {
    // Only root may mount, and not every machine has Btrfs; the test says so.
  }
});
afterAll(() => {
  if (mounted) execFileSync('umount', [disk]);
  rmSync(work, { recursive: true, force: true });
});

/** Bytes of the disk that are taken, once all that was written is there. */
function taken(): number {
  execFileSync('sync', ['-f', disk]);
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
  // An edit in place is the copy's alone.
  writeFileSync(copy, 'edited', { flag: 'r+' });
  expect(readFileSync(source).equals(BYTES)).toBe(true);
  expect((await verifyStore(cache, [root])).damage).toEqual([]);
  for (const store of [cache, remote]) await store.close();
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
