import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { FolderRemote } from '../../src/remote/folder/folder.ts';
import { digestOf, hexDigestOf, rawDigestOf, toDigest } from '../../src/store/format/digest.ts';
import { encodeIndex, type IndexContent } from '../../src/store/format/index-file.ts';
import { PACK_CAPACITY, PackBuilder } from '../../src/store/format/pack.ts';
import { RecipeBuilder } from '../../src/store/format/recipe.ts';
import type { Root } from '../../src/store/gc/roots.ts';
import { Store } from '../../src/store/store.ts';
import { transfer } from '../../src/store/transfer/transfer.ts';
import { seededBytes } from '../support/stores.ts';

const work = mkdtempSync(join(tmpdir(), 'varve-hostile-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

/** A remote that says of its blobs what its index, not its bytes, make true. */
async function remoteWith(
  blobs: { bytes: Buffer; digest?: Uint8Array }[],
  rest: Partial<Pick<IndexContent, 'wholeObjects' | 'recipes'>> = {},
): Promise<Store> {
  const remote = new FolderRemote(mkdtempSync(join(work, 'remote-')));
  const builder = new PackBuilder('data', Buffer.alloc(PACK_CAPACITY));
  for (const { bytes, digest } of blobs) builder.append(digest ?? rawDigestOf(bytes), bytes);
  const pack = builder.seal();
  await remote.write(`packs/${pack.name}.pack`, pack.bytes, { sha256: hexDigestOf(pack.bytes) });
  const index = encodeIndex({
    packs: [{ name: pack.name, size: pack.bytes.length, kind: 'data' }],
    blobs: builder.entries.map(({ digest, offset, length }) => ({ digest, pack: 0, offset, length })),
    wholeObjects: rest.wholeObjects ?? [],
    recipes: rest.recipes ?? [],
  });
  await remote.write(`index/${hexDigestOf(index)}.idx`, index, { sha256: hexDigestOf(index) });
  return Store.open(remote);
}

const target = (): string => join(mkdtempSync(join(work, 'out-')), 'file');
const root = (digest: Uint8Array, kind: Root['kind'] = 'file'): Root => ({
  path: 'data',
  kind,
  digest: toDigest(digest),
});

async function expectRefused(
  store: Store,
  digest: Uint8Array,
  code: RegExp,
  kind: Root['kind'] = 'file',
): Promise<void> {
  const clone = await Store.open(new FolderRemote(mkdtempSync(join(work, 'clone-'))));
  const refused = { code: expect.stringMatching(code) };
  await expect(transfer(store, clone, [root(digest, kind)])).rejects.toMatchObject(refused);
  if (kind === 'directory') return;
  const path = target();
  const again = await Store.open(store.core.remote);
  await expect(again.restore(toDigest(digest), path)).rejects.toMatchObject(refused);
  expect(readdirSync(join(path, '..'))).toEqual([]);
}

const wanted = rawDigestOf(Buffer.from('what was asked for'));

test('a blob with other bytes than its digest says', async () => {
  await expectRefused(
    await remoteWith([{ bytes: Buffer.from('something else'), digest: wanted }]),
    wanted,
    /digest-mismatch/,
  );
});

test('a recipe whose chunks are whole but make another object', async () => {
  const chunk = seededBytes(1, 5000);
  const builder = new RecipeBuilder();
  builder.add(rawDigestOf(chunk), chunk.length);
  const recipe = Buffer.from(builder.finish(wanted));
  const store = await remoteWith([{ bytes: chunk }, { bytes: recipe }], {
    recipes: [{ digest: wanted, recipe: rawDigestOf(recipe), size: chunk.length }],
  });
  const path = target();
  await expect(store.restore(toDigest(wanted), path)).rejects.toMatchObject({ code: 'digest-mismatch' });
  expect(existsSync(path)).toBe(false);
});

test('recipes that lead round in circles', async () => {
  const [a, b] = [rawDigestOf(Buffer.from('a')), rawDigestOf(Buffer.from('b'))];
  const store = await remoteWith([], {
    recipes: [
      { digest: a, recipe: b, size: 100 },
      { digest: b, recipe: a, size: 100 },
    ],
  });
  await expectRefused(store, a, /recipe-damaged/);
});

test('a recipe that claims petabytes, and one that repeats a chunk a million times', async () => {
  const chunk = seededBytes(2, 60_000);
  const builder = new RecipeBuilder();
  for (let turn = 0; turn < 1000; turn++) builder.add(rawDigestOf(chunk), chunk.length);
  const recipe = Buffer.from(builder.finish(wanted));
  const claimed = { digest: wanted, recipe: rawDigestOf(recipe), size: 2 ** 50 };
  await expectRefused(
    await remoteWith([{ bytes: chunk }, { bytes: recipe }], { recipes: [claimed] }),
    wanted,
    /recipe-damaged/,
  );
  const bomb = { ...claimed, size: builder.size };
  const store = await remoteWith([{ bytes: chunk }, { bytes: recipe }], { recipes: [bomb] });
  await expect(store.readBytes(toDigest(wanted), 1_000_000)).rejects.toMatchObject({
    code: 'object-too-large',
  });
});

test('an object that is larger than its index says', async () => {
  const remote = await remoteWith([], { wholeObjects: [{ digest: wanted, size: 10, generation: 0 }] });
  const bytes = seededBytes(3, 2_000_000);
  const folder = remote.core.remote.url;
  const hex = toDigest(wanted).slice(7);
  mkdirSync(join(folder, 'objects', hex.slice(0, 2)), { recursive: true });
  writeFileSync(join(folder, 'objects', hex.slice(0, 2), hex.slice(2)), bytes);
  await expect(remote.readBytes(toDigest(wanted), 100_000)).rejects.toMatchObject({
    code: 'object-too-large',
  });
  await expectRefused(remote, wanted, /digest-mismatch|source-changed|object-too-large/);
});

test('a manifest that leads out of its folder', async () => {
  const digest = digestOf(Buffer.from('x'));
  const manifest = Buffer.from(`{"path":"../../etc/cron.d/x","size":1,"digest":"${digest}"}\n`);
  await expectRefused(
    await remoteWith([{ bytes: manifest }]),
    rawDigestOf(manifest),
    /manifest-damaged/,
    'directory',
  );
});

test('an index that names itself falsely, and one that points outside its packs', async () => {
  const remote = new FolderRemote(mkdtempSync(join(work, 'index-')));
  const pack = { name: 'a'.repeat(64), size: 100, kind: 'data' as const };
  const index = encodeIndex({
    packs: [pack],
    blobs: [{ digest: wanted, pack: 0, offset: 90, length: 5_000_000 }],
    wholeObjects: [],
    recipes: [],
  });
  await remote.write(`index/${hexDigestOf(index)}.idx`, index, { sha256: hexDigestOf(index) });
  const store = await Store.open(remote);
  expect(store.has(toDigest(wanted))).toBe(false);
});

test('a source that is a link, a folder or a pipe', async () => {
  const folder = mkdtempSync(join(work, 'sources-'));
  const store = await Store.open(new FolderRemote(join(folder, 'cache')));
  symlinkSync('/etc/passwd', join(folder, 'link'));
  execFileSync('sh', ['-c', `mkfifo "${join(folder, 'pipe')}"`]);
  const batch = store.batch();
  await expect(batch.addFile(join(folder, 'link'))).rejects.toMatchObject({ code: 'symlink-refused' });
  await expect(batch.addFile(join(folder, 'pipe'))).rejects.toMatchObject({ code: 'file-expected' });
  await expect(batch.addFile(folder)).rejects.toMatchObject({ code: 'file-expected' });
  await expect(batch.addFile(join(folder, 'absent'))).rejects.toMatchObject({ path: join(folder, 'absent') });
});
