import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { type BlockLists, singleBlockList } from '../../src/store/format/block-lists.ts';
import { type Digest, toRaw } from '../../src/store/format/digest.ts';
import { Store } from '../../src/store/store.ts';
import { restoreThrough } from '../../src/store/transfer/restore-through.ts';
import { transfer } from '../../src/store/transfer/transfer.ts';
import { CountingRemote, seededBytes } from '../support/stores.ts';

const work = mkdtempSync(join(tmpdir(), 'varve-through-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

/** Some of it twice, so that a chunk has two places. */
const twice = seededBytes(1, 3_000_000);
const BYTES = Buffer.concat([twice, seededBytes(2, 40_000_000), twice]);

interface Added {
  readonly digest: Digest;
  readonly blocks: Digest;
  readonly lists: BlockLists;
}

async function added(remote: CountingRemote, bytes: Buffer): Promise<Added> {
  const source = join(work, 'source.bin');
  writeFileSync(source, bytes);
  const store = await Store.open(remote);
  const batch = store.batch();
  const { digest, blocks } = await batch.addFile(source);
  await batch.commit();
  await store.close();
  return { digest, blocks: blocks!, lists: singleBlockList(toRaw(digest), toRaw(blocks!)) };
}

test('a file arrives in its place and in the cache, and nothing that comes is read back', async () => {
  const far = new CountingRemote(join(work, 'far'), { isFar: true });
  const cache = new CountingRemote(join(work, 'cache'));
  const before = await added(far, BYTES.subarray(0, 8_000_000));
  const whole = await added(far, BYTES);
  const [from, to] = [await Store.open(far), await Store.open(cache)];
  // The cache has the beginning of it.
  await transfer(from, to, [{ path: 'a', kind: 'file', digest: before.digest, blocks: before.blocks }]);
  const folder = join(work, 'tree');
  mkdirSync(folder);
  const file = { digest: whole.digest, size: BYTES.length, executable: false };
  const files = ['a.bin', 'twin.bin'].map((name) => ({ ...file, target: join(folder, name) }));
  let told = 0;
  far.readBytes = 0;
  const onBytes = (count: number): void => {
    told += count;
  };
  const { bytes } = await restoreThrough(from, to, files, { lists: whole.lists, onBytes });

  for (const { target } of files) expect(readFileSync(target).equals(BYTES)).toBe(true);
  expect(readdirSync(folder)).toHaveLength(2);
  expect(told).toBe(2 * BYTES.length);
  // What the cache had, and what comes twice in the file, did not come again.
  expect(bytes).toBeLessThan(BYTES.length - 9_000_000);
  expect(far.readBytes).toBeLessThan(BYTES.length - 9_000_000);
  const kept = await to.readBytes(whole.digest, BYTES.length);
  expect(Buffer.from(kept).equals(BYTES)).toBe(true);
  // Most of it came in packs as they are: they have the names that they have there.
  const packs = readdirSync(join(work, 'far', 'packs'));
  expect(
    readdirSync(join(work, 'cache', 'packs')).filter((name) => packs.includes(name)).length,
  ).toBeGreaterThan(0);
  await from.close();
  await to.close();
});

test('of a file that is damaged on its way nothing gets its name, and what arrived is kept', async () => {
  const folder = join(work, 'torn');
  mkdirSync(folder);
  const far = new CountingRemote(join(work, 'torn-far'), { isFar: true });
  const { digest, lists } = await added(far, BYTES);
  const packs = readdirSync(join(work, 'torn-far', 'packs')).map((name) =>
    join(work, 'torn-far', 'packs', name),
  );
  const largest = packs.reduce((a, b) => (statSync(a).size >= statSync(b).size ? a : b));
  const intact = readFileSync(largest);
  const torn = Buffer.from(intact);
  torn[torn.length >> 1]! ^= 1;
  writeFileSync(largest, torn);
  const cache = new CountingRemote(join(work, 'torn-cache'));
  const file = { digest, size: BYTES.length, executable: false, target: join(folder, 'a.bin') };
  const attempt = async (): Promise<number> => {
    const [from, to] = [await Store.open(far), await Store.open(cache)];
    try {
      return (await restoreThrough(from, to, [file], { lists })).bytes;
    } finally {
      await from.close();
      await to.close();
    }
  };
  await expect(attempt()).rejects.toMatchObject({ code: 'digest-mismatch' });
  expect(readdirSync(folder)).toEqual([]);
  writeFileSync(largest, intact);
  expect(await attempt()).toBeLessThan(BYTES.length / 2);
  expect(readFileSync(file.target).equals(BYTES)).toBe(true);
});
