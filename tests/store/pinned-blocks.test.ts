import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FolderRemote } from '../../src/remote/folder/folder.ts';
import { encodeBlockLists, parseBlockLists } from '../../src/store/format/block-lists.ts';
import { type Digest, toDigest, toRaw } from '../../src/store/format/digest.ts';
import { encodeManifest, type ManifestEntry } from '../../src/store/format/manifest.ts';
import { RecipeBuilder } from '../../src/store/format/recipe.ts';
import { markAndSweep } from '../../src/store/gc/collect.ts';
import type { Root } from '../../src/store/gc/roots.ts';
import { Store } from '../../src/store/store.ts';
import { transfer } from '../../src/store/transfer/transfer.ts';
import type { AddedFile } from '../../src/store/writing/add-file.ts';
import { putRecipe } from '../../src/store/writing/add-stream.ts';
import { CountingRemote, seededBytes } from '../support/stores.ts';

const work = mkdtempSync(join(tmpdir(), 'varve-pinned-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

// Enough that threads write them.
const chunkedBytes = seededBytes(1, 40 * 1024 * 1024 + 77);
const wholeBytes = Buffer.concat([Buffer.from('PAR1'), seededBytes(2, 40 * 1024 * 1024)]);
const MIB = 1024 * 1024;

async function added(store: Store, name: string, bytes: Buffer): Promise<AddedFile> {
  const source = join(work, `${name}.source`);
  writeFileSync(source, bytes);
  const batch = store.batch();
  const file = await batch.addFile(source);
  await batch.commit();
  return file;
}

async function rangeOf(store: Store, object: Digest, offset: number, length: number, blocks?: Digest) {
  const pieces: Uint8Array[] = [];
  for await (const piece of store.readRange(object, { offset, length }, blocks)) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** Flip a byte in the middle of each file under `folder` that is larger than a MiB. */
function damage(folder: string): () => void {
  const undone: (() => void)[] = [];
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const path = join(folder, name);
    if (!/\.pack$|^[0-9a-f]{2}\/[0-9a-f]{62}$/.test(name)) continue;
    const bytes = readFileSync(path);
    const damaged = Buffer.from(bytes);
    damaged[bytes.length >> 1]! ^= 1;
    writeFileSync(path, damaged);
    undone.push(() => writeFileSync(path, bytes));
  }
  return () => {
    for (const undo of undone) undo();
  };
}

describe('with what is pinned', () => {
  let remote: CountingRemote;
  let store: Store;
  let chunked: AddedFile;
  let whole: AddedFile;
  beforeAll(async () => {
    remote = new CountingRemote(join(work, 'store'));
    store = await Store.open(remote);
    chunked = await added(store, 'chunked', chunkedBytes);
    whole = await added(store, 'whole', wholeBytes);
  });
  afterAll(() => store.close());
  const samples = (): [AddedFile, Buffer][] => [
    [chunked, chunkedBytes],
    [whole, wholeBytes],
  ];

  test('large files are restored by threads, block by block, to the same bytes', async () => {
    for (const [{ digest, blocks }, bytes] of samples()) {
      const target = join(work, 'restored');
      let seen = 0;
      await store.restore(digest, target, {
        blocks: toRaw(blocks!),
        onBytes: (count) => {
          seen += count;
        },
      });
      expect(readFileSync(target).equals(bytes)).toBe(true);
      expect(seen).toBe(bytes.length);
    }
  });

  test('the first range costs the blocks that it touches', async () => {
    for (const [{ digest, blocks }, bytes] of samples()) {
      const fresh = await Store.open(remote);
      remote.reset();
      const read = await rangeOf(fresh, digest, 30 * MIB - 5, 10, blocks);
      expect(read.equals(bytes.subarray(30 * MIB - 5, 30 * MIB + 5))).toBe(true);
      expect(remote.readBytes).toBeLessThan(2.2 * MIB);
      await fresh.close();
    }
  });

  test('damage is met, wherever it is read', async () => {
    const undo = ['packs', 'objects'].map((folder) => damage(join(work, 'store', folder)));
    for (const [{ digest, blocks }, bytes] of samples()) {
      const target = join(work, 'damaged');
      const fresh = await Store.open(remote);
      await expect(fresh.restore(digest, target, { blocks: toRaw(blocks!) })).rejects.toThrow(/damaged/);
      const again = await Store.open(remote);
      await expect(rangeOf(again, digest, 0, bytes.length, blocks)).rejects.toThrow(/damaged/);
      await Promise.all([fresh.close(), again.close()]);
    }
    for (const one of undo) one();
  });

  test('another list than the store has changes nothing: the whole is verified', async () => {
    const other = toRaw(`sha256:${'0'.repeat(64)}`);
    for (const [{ digest, blocks }, bytes] of samples()) {
      for (const wrong of [
        other,
        toRaw(digest),
        toRaw(blocks === chunked.blocks ? whole.blocks! : chunked.blocks!),
      ]) {
        const target = join(work, 'otherwise');
        await store.restore(digest, target, { blocks: wrong });
        expect(readFileSync(target).equals(bytes)).toBe(true);
        const fresh = await Store.open(remote);
        const read = await rangeOf(fresh, digest, 5, 100, toDigest(wrong));
        expect(read.equals(bytes.subarray(5, 105))).toBe(true);
        await fresh.close();
      }
    }
  });
});

test('a recipe that a remote made up is refused, and hinders nobody who has the real data', async () => {
  const store = await Store.open(new FolderRemote(join(work, 'made-up')));
  const real = seededBytes(3, 500_000);
  const reference = await added(await Store.open(new FolderRemote(join(work, 'reference'))), 'real', real);
  const batch = store.batch();
  const recipe = new RecipeBuilder();
  const fake = await batch.addBytes(seededBytes(4, 100_000), 'data');
  for (let chunk = 0; chunk < 5; chunk++) recipe.add(toRaw(fake.digest), 100_000);
  await putRecipe(batch, toRaw(reference.digest), recipe);
  await batch.commit();
  const target = join(work, 'made-up.out');
  await expect(store.restore(reference.digest, target)).rejects.toThrow(/damaged/);
  await expect(rangeOf(store, reference.digest, 0, 10)).rejects.toThrow(/damaged/);
  await expect(rangeOf(store, reference.digest, 0, 10, reference.blocks)).rejects.toThrow(/damaged/);

  expect(await added(store, 'real', real)).toEqual(reference);
  await store.restore(reference.digest, target, { blocks: toRaw(reference.blocks!) });
  expect(readFileSync(target).equals(real)).toBe(true);
  const read = await rangeOf(store, reference.digest, 400_000, 10, reference.blocks);
  expect(read.equals(real.subarray(400_000, 400_010))).toBe(true);
  await store.close();
});

test('what pins a directory is sent with it, and a gc keeps it', async () => {
  const from = await Store.open(new FolderRemote(join(work, 'from')));
  const files = new Map([
    ['a.csv', await added(from, 'a', seededBytes(5, 300_000))],
    ['b.parquet', await added(from, 'b', wholeBytes.subarray(0, 3 * MIB))],
  ]);
  const batch = from.batch();
  const entries = [...files].map(([path, { digest, size }]): ManifestEntry => ({ path, digest, size }));
  const { digest } = await batch.addBytes(encodeManifest(entries), 'meta');
  const pins = new Map([...files.values()].map((file) => [file.digest, file.blocks!]));
  const { digest: blocks } = await batch.addBytes(encodeBlockLists(pins), 'meta');
  await batch.commit();
  const root: Root = { path: 'data', kind: 'directory', digest, blocks };

  const far = new CountingRemote(join(work, 'far'), { isFar: true });
  const to = await Store.open(far);
  await transfer(from, to, [root]);
  await markAndSweep(to, [root], { clone: 'me', graceMs: 0 });
  const later = await Store.open(far);
  await markAndSweep(later, [root], { clone: 'me', graceMs: 0 });
  const there = await Store.open(far);
  const lists = await there.blockLists(root);
  for (const file of files.values()) {
    expect(toDigest(lists.of(toRaw(file.digest))!)).toBe(file.blocks);
    expect(there.has(file.blocks!)).toBe(true);
  }
  expect(lists.of(toRaw(digest))).toBeUndefined();

  const near = await Store.open(new FolderRemote(join(work, 'near')));
  await transfer(there, near, [{ ...root, only: ['b.parquet'] }]);
  expect(near.has(files.get('b.parquet')!.blocks!)).toBe(true);
  expect(near.has(files.get('a.csv')!.blocks!)).toBe(false);
  await Promise.all([from, to, later, there, near].map((store) => store.close()));
});

const digests = fc.stringMatching(/^[0-9a-f]{64}$/).map((hex): Digest => `sha256:${hex}`);

test('lists of block lists are read back, whatever the order they were noted in', () => {
  fc.assert(
    fc.property(fc.dictionary(digests, digests), digests, (noted, other) => {
      const pairs = Object.entries(noted) as [Digest, Digest][];
      const bytes = encodeBlockLists(new Map(pairs));
      expect(bytes).toEqual(encodeBlockLists(new Map(pairs.reverse())));
      const lists = parseBlockLists(bytes, 'x');
      for (const [object, list] of pairs) expect(toDigest(lists.of(toRaw(object))!)).toBe(list);
      if (noted[other] === undefined) expect(lists.of(toRaw(other))).toBeUndefined();
    }),
  );
});
