import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { FolderRemote } from '../../src/remote/folder/folder.ts';
import { hexDigestOf, rawDigestOf, toDigest } from '../../src/store/format/digest.ts';
import {
  hasName,
  isIntact,
  PACK_CAPACITY,
  PackBuilder,
  packKey,
  readTrailer,
} from '../../src/store/format/pack.ts';
import { rebuildIndex } from '../../src/store/index/rebuild.ts';
import { verifyStore } from '../../src/store/repair/verify.ts';
import { Store } from '../../src/store/store.ts';
import { transfer } from '../../src/store/transfer/transfer.ts';
import { seededBytes } from '../support/stores.ts';

const work = mkdtempSync(join(tmpdir(), 'varve-pack-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

function builderOf(blobs: readonly Uint8Array[], capacity = PACK_CAPACITY): PackBuilder {
  const builder = new PackBuilder('data', Buffer.alloc(capacity));
  for (const blob of blobs) builder.append(rawDigestOf(blob), blob);
  return builder;
}

test('the name of a pack and the digests of its blobs pin every byte', () => {
  const blobs = fc.array(fc.uint8Array({ minLength: 1, maxLength: 50 }), { maxLength: 5 });
  fc.assert(
    fc.property(blobs, fc.nat(), fc.integer({ min: 1, max: 255 }), (parts, place, change) => {
      const { name, bytes } = builderOf(parts, 4096).seal();
      expect(hasName(bytes, readTrailer(bytes, name), name)).toBe(true);
      expect(isIntact(bytes, name)).toBe(true);
      bytes[place % bytes.length]! ^= change;
      expect(isIntact(bytes, name)).toBe(false);
    }),
  );
});

test('a salt gives the same blobs another name', () => {
  const blobs = [seededBytes(1, 1000)];
  const plain = builderOf(blobs).seal();
  const salted = builderOf(blobs).seal(Buffer.from('salty'));
  expect(salted.name).not.toBe(plain.name);
  expect(isIntact(salted.bytes, salted.name)).toBe(true);
});

test('packs of version 1, which are named by all their bytes, are read, sent as they are, verified and indexed', async () => {
  const blobs = Array.from({ length: 80 }, (_, seed) => seededBytes(seed, 100_000));
  const builder = builderOf(blobs);
  const bytes = Buffer.from(builder.seal().bytes);
  bytes.writeUInt16LE(1, 8);
  const name = hexDigestOf(bytes);
  const old = await Store.open(new FolderRemote(join(work, 'old')));
  await old.core.remote.write(packKey(name), bytes, { sha256: name });
  await old.core.writeIndex({
    packs: [{ name, size: bytes.length, kind: 'data' }],
    blobs: builder.entries.map((entry) => ({ ...entry, pack: 0 })),
    wholeObjects: [],
    recipes: [],
  });
  const roots = blobs.map((blob, at) => ({
    path: `${at}`,
    kind: 'file' as const,
    digest: toDigest(rawDigestOf(blob)),
  }));
  expect(Buffer.from(await old.readBytes(roots[3]!.digest, 100_000)).equals(blobs[3]!)).toBe(true);
  const other = await Store.open(new FolderRemote(join(work, 'other')));
  await transfer(old, other, roots);
  expect(other.core.catalog.segments.flatMap(({ packs }) => packs.map((pack) => pack.name))).toEqual([name]);
  expect((await verifyStore(other, roots)).damage).toEqual([]);
  const { segment } = await rebuildIndex(other.core.remote);
  expect(segment.packs.map((pack) => pack.name)).toEqual([name]);

  bytes[20]! ^= 1;
  await old.core.remote.write(packKey(name), bytes, { sha256: hexDigestOf(bytes), overwrite: true });
  expect((await verifyStore(old, roots)).damage[0]?.problem).toBe('1 of its 80 blobs are damaged');
  for (const store of [old, other]) await store.close();
});
