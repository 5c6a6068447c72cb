import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { FolderRemote } from '../../src/remote/folder/folder.ts';
import type { Digest } from '../../src/store/format/digest.ts';
import { readManifest } from '../../src/store/format/manifest.ts';
import { verifyStore } from '../../src/store/repair/verify.ts';
import { Store } from '../../src/store/store.ts';
import { transfer } from '../../src/store/transfer/transfer.ts';
import { describeWithMinio } from '../support/minio.ts';
import { Sandbox } from '../support/sandbox.ts';
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

const MIB = 1024 * 1024;

/** Mounts a disk of so many MiB in the sandbox. */
function mountDisk(box: Sandbox, name: string, mib: number): void {
  mkdirSync(box.path(name));
  execFileSync('sh', ['-c', `mount -t tmpfs -o size=${mib}m tmpfs "${box.path(name)}"`]);
  disks.push(box.path(name));
}

const disks: string[] = [];
afterEach(() => {
  for (const place of disks.splice(0)) execFileSync('sh', ['-c', `umount "${place}"`]);
});

/** Adds and sends more than the disk has room for twice, and uses a part of it where there is no room for all. */
function useMoreThanTheDisk(box: Sandbox, addRemote: (folder: string) => void): void {
  mountDisk(box, 'disk', 28);
  box.repository('disk/repo');
  addRemote('disk/repo');
  const files = new Map<string, Buffer>(
    Array.from({ length: 5 }, (_, at) => [`part${at}.bin`, seededBytes(at, 4 * MIB)]),
  );
  files.set('film.mp4', Buffer.concat([Buffer.from('\0\0\0\x18ftypmp42'), seededBytes(9, 2 * MIB)]));
  for (const [name, bytes] of files) box.write(`disk/repo/data/${name}`, bytes);

  const full = box.varve(['add', 'data'], 'disk/repo');
  expect(full.code).toBe(2);
  expect(full.err).toMatch(
    /data has 22\.\d MiB that may be new to the cache, whose disk has \d+(\.\d+)? MiB free/,
  );
  expect(full.err).toMatch(/the disk is full\n.*`varve add --to-remote data`/);
  box.ok(['gc', '--grace', '0'], 'disk/repo');
  box.ok(['add', '--to-remote', 'data'], 'disk/repo');
  box.commit('more than the disk', 'disk/repo');
  expect(box.ok(['push'], 'disk/repo')).toContain('nothing had to be pushed');
  box.clone('disk/repo', 'bare');

  mountDisk(box, 'small', 9);
  box.clone('bare', 'small/clone');
  addRemote('small/clone');
  box.write(
    'small/clone/.varve/config.local.yaml',
    `${readFileSync(box.path('small/clone/.varve/config.local.yaml'), 'utf8')}cache:\n  keep: unpushed\n`,
  );
  box.ok(['trust'], 'small/clone');
  box.ok(['pull', 'data/part1.bin'], 'small/clone');
  box.ok(['get', 'data/film.mp4', '-o', box.path('film.mp4')], 'small/clone');
  expect(readFileSync(box.path('small/clone/data/part1.bin')).equals(files.get('part1.bin')!)).toBe(true);
  expect(readFileSync(box.path('film.mp4')).equals(files.get('film.mp4')!)).toBe(true);
  expect(box.varve(['pull', 'data'], 'small/clone').err).toContain('the disk is full');
  expect(box.ok(['status'], 'small/clone')).toContain('here: part1.bin');
}

test('a dataset larger than the room that is left is added, sent and used in part', (context) => {
  if (!mounted) context.skip('needs the right to mount a small file system: run the tests as root');
  const box = new Sandbox();
  useMoreThanTheDisk(box, (folder) =>
    box.ok(['remote', 'add', 'origin', box.path('remote'), '--local'], folder),
  );
  for (const place of disks.splice(0)) execFileSync('sh', ['-c', `umount "${place}"`]);
  box.remove();
});

describeWithMinio('to a bucket', (server) => {
  test('the same', async (context) => {
    if (!mounted) context.skip('needs the right to mount a small file system: run the tests as root');
    const box = new Sandbox();
    Object.assign(box.env, server.env);
    const bucket = await server.makeBucket();
    useMoreThanTheDisk(box, (folder) =>
      box.ok(
        ['remote', 'add', 'origin', `s3://${bucket}/data`, '--endpoint', server.endpoint, '--local'],
        folder,
      ),
    );
    for (const place of disks.splice(0)) execFileSync('sh', ['-c', `umount "${place}"`]);
    box.remove();
  });
});

async function digestsOf(store: Store, root: { digest: Digest }): Promise<Set<Digest>> {
  const digests = new Set<Digest>();
  for await (const { digest } of readManifest(store.readStream(root.digest), 'test')) digests.add(digest!);
  return digests;
}
