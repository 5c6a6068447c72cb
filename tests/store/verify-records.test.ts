import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { VarveError } from '../../src/errors.ts';
import { FolderRemote } from '../../src/remote/folder/folder.ts';
import type { ByteRange, Remote } from '../../src/remote/remote.ts';
import { digestOf, hexDigestOf, toHex } from '../../src/store/format/digest.ts';
import { writeCloneRecord } from '../../src/store/gc/clones.ts';
import { markAndSweep } from '../../src/store/gc/collect.ts';
import {
  parsePendingDeletions,
  probeClock,
  readPendingDeletions,
  writePendingDeletions,
} from '../../src/store/gc/pending-deletions.ts';
import { writePurgeList } from '../../src/store/gc/purge-list.ts';
import { writeRef } from '../../src/store/gc/refs.ts';
import type { Root } from '../../src/store/gc/roots.ts';
import { verifyStore } from '../../src/store/repair/verify.ts';
import { Store } from '../../src/store/store.ts';
import { transfer } from '../../src/store/transfer/transfer.ts';
import { addFolder, CountingRemote, expectFolder, seededBytes } from '../support/stores.ts';

const work = mkdtempSync(join(tmpdir(), 'varve-records-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

const SELF = 'clone-of-this-test';
const OTHER = 'clone-of-somebody';
const parquet = (seed: number) => Buffer.concat([Buffer.from('PAR1'), seededBytes(seed, 70_000)]);
const files = new Map<string, Buffer>([
  ...Array.from({ length: 12 }, (_, at) => [`f${at}`, seededBytes(at, 2000)] as [string, Buffer]),
  ['large', seededBytes(99, 400_000)],
  ['w.parquet', parquet(5)],
]);
const good = join(work, 'good');
let root: Root;

/** A remote of which everything is read through its interface, as from a bucket. */
const far = (folder: string) => new CountingRemote(folder, { isFar: true });

/** Like a remote that two clones pushed to, and a gc cleaned: it has a file of every kind. */
beforeAll(async () => {
  const remote = far(good);
  const store = await Store.open(remote);
  root = await addFolder(store, 'data', files);
  await addFolder(
    store,
    'old',
    new Map([
      ['gone', seededBytes(500, 90_000)],
      ['gone.parquet', parquet(6)],
    ]),
  );
  await writeCloneRecord(remote, SELF, { user: 'ann', host: 'laptop', folder: 'work' });
  await writePurgeList(remote, { objects: [digestOf(seededBytes(77, 10))], keys: [] });
  await writeRef(remote, SELF, [root]);
  await writeRef(remote, OTHER, [root]);
  await markAndSweep(store, [root], { graceMs: 3_600_000 });
  await probeClock(remote);
});

/** Without the marker, which holds no record: that it is there says all. */
function keysOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'varve-store.json')
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(folder.length + 1))
    .sort();
}

function copyOfGood(): string {
  const folder = mkdtempSync(join(work, 'case-'));
  cpSync(good, folder, { recursive: true });
  return folder;
}

/** @param at in [0, 1), where in the file */
function flip(folder: string, key: string, at: number, bit: number): void {
  const bytes = readFileSync(join(folder, key));
  bytes[Math.floor(at * bytes.length)]! ^= 1 << bit;
  writeFileSync(join(folder, key), bytes);
}

const verified = async (folder: string, indexCache?: string) =>
  verifyStore(await Store.open(far(folder), indexCache === undefined ? {} : { indexCache }), [root], {
    clone: SELF,
  });

test('the remote of these tests has a file of every kind, and is whole', async () => {
  const kinds = new Set(keysOf(good).map((key) => key.split('/')[0]));
  expect([...kinds].sort()).toEqual([
    'clock',
    'clones',
    'condemned',
    'index',
    'objects',
    'packs',
    'purged',
    'refs',
  ]);
  const { damage, absent, objects } = await verified(good);
  expect({ damage, absent, objects }).toEqual({ damage: [], absent: [], objects: keysOf(good).length });
});

describe('a flipped bit', () => {
  test('is found at any place of any file, and nothing else is called damaged; a second run finds it put right or still there', async () => {
    const keys = keysOf(good);
    const place = fc.record({
      key: fc.constantFrom(...keys),
      at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      bit: fc.nat(7),
    });
    const everyFile = keys.map(
      (key) => [{ key, at: 0.37, bit: 3 }] as [{ key: string; at: number; bit: number }],
    );
    await fc.assert(
      fc.asyncProperty(place, async ({ key, at, bit }) => {
        const folder = copyOfGood();
        flip(folder, key, at, bit);
        const { damage } = await verified(folder);
        expect(damage.map((one) => one.key)).toEqual([key]);
        expect(damage[0]!.remedy).toMatch(/\.$/);
        const again = await verified(folder);
        if (damage[0]!.repaired) expect(again.damage).toEqual([]);
        rmSync(folder, { recursive: true });
      }),
      { numRuns: 60, examples: everyFile },
    );
  }, 120_000);

  test('in an index is mended from the copy of this clone, byte for byte', async () => {
    const folder = copyOfGood();
    const indexCache = join(work, 'memory');
    await Store.open(far(folder), { indexCache });
    for (const key of keysOf(folder).filter((one) => one.startsWith('index/'))) {
      flip(folder, key, 0.5, 1);
      expect((await verified(folder, indexCache)).damage).toMatchObject([{ key, repaired: true }]);
      expect(readFileSync(join(folder, key)).equals(readFileSync(join(good, key)))).toBe(true);
    }
  });

  test('in an index that nobody has whole is mended from the packs, also where a pack is damaged too', async () => {
    const folder = copyOfGood();
    for (const key of keysOf(folder).filter((one) => one.startsWith('index/'))) flip(folder, key, 0.6, 2);
    const { damage } = await verified(folder);
    expect(damage.every(({ repaired }) => repaired)).toBe(true);
    await expectFolder(await Store.open(far(folder)), root, files);
    expect((await verified(folder)).damage).toEqual([]);
    const packs = keysOf(folder).filter((one) => one.startsWith('packs/'));
    for (const key of packs) flip(folder, key, 0.3, 2);
    for (const key of keysOf(folder).filter((one) => one.startsWith('index/'))) flip(folder, key, 0.6, 2);
    await verified(folder);
    await transfer(await Store.open(far(good)), await Store.open(far(folder)), [root]);
    await expectFolder(await Store.open(far(folder)), root, files);
  });

  test('in every index loses no file, however large: recipes of recipes are found by their first chunks', async () => {
    const folder = mkdtempSync(join(work, 'large-'));
    const large = new Map([['large.csv', seededBytes(7, 180 * 1024 * 1024)]]);
    const kept = await addFolder(await Store.open(far(folder)), 'data', large);
    const [segment] = (await Store.open(far(folder))).core.catalog.segments;
    const recipes = [...segment!.allRecipes()].map(({ digest, recipe }) => [toHex(digest), toHex(recipe)]);
    expect(recipes.some(([, recipe]) => recipes.some(([digest]) => digest === recipe))).toBe(true);
    for (const key of keysOf(folder).filter((one) => one.startsWith('index/'))) flip(folder, key, 0.9, 2);
    const { damage } = await verifyStore(await Store.open(far(folder)), [kept]);
    expect(damage).toMatchObject([{ repaired: true }]);
    const again = await Store.open(far(folder));
    expect(again.size(`sha256:${hexDigestOf(large.get('large.csv')!)}`)).toBe(180 * 1024 * 1024);
    expect(await verifyStore(again, [kept])).toMatchObject({ damage: [], absent: [] });
  }, 60_000);

  test('in the ref of this clone is mended; in another’s, it says which clone can', async () => {
    for (const [clone, repaired] of [
      [SELF, true],
      [OTHER, false],
    ] as const) {
      const folder = copyOfGood();
      const key = keysOf(folder).find((one) => one.startsWith(`refs/${clone}/`))!;
      flip(folder, key, 0.4, 0);
      const { damage } = await verified(folder);
      expect(damage).toMatchObject([{ key, repaired }]);
      if (!repaired) expect(damage[0]!.remedy).toContain(OTHER);
      const refs = keysOf(folder).filter((one) => one.startsWith(`refs/${clone}/`));
      expect(refs).toEqual([key]);
      expect(hexDigestOf(readFileSync(join(folder, key))) === key.slice(-69, -5)).toBe(repaired);
    }
  });

  test('in a list of pending deletions stops writers and no reader, and verify puts a list in its place that names no less', async () => {
    const folder = copyOfGood();
    const before = (await readPendingDeletions(far(folder))).flatMap(({ keys }) => keys).sort();
    expect(before.length).toBeGreaterThan(0);
    const key = keysOf(folder).find((one) => one.startsWith('condemned/'))!;
    // In the middle of the only name, or of one of them.
    flip(folder, key, 0.6, 0);
    const store = await Store.open(far(folder));
    await expectFolder(store, root, files);
    const adding = addFolder(store, 'more', new Map([['a', Buffer.from('a')]]));
    await expect(adding).rejects.toMatchObject({ code: 'pending-deletions-damaged' });
    await expect(markAndSweep(store, [root], { graceMs: 0 })).rejects.toMatchObject({
      code: 'pending-deletions-damaged',
    });
    expect((await verified(folder)).damage).toMatchObject([{ key, repaired: true }]);
    const after = (await readPendingDeletions(far(folder))).flatMap(({ keys }) => keys);
    expect(before.filter((one) => !after.includes(one))).toEqual([]);
    await addFolder(await Store.open(far(folder)), 'more', new Map([['a', Buffer.from('a')]]));
  });

  test('is told of where this machine may only read, and nothing is written', async () => {
    const folder = copyOfGood();
    for (const key of keysOf(folder).filter((one) => !one.startsWith('objects/'))) flip(folder, key, 0.5, 3);
    const content = keysOf(folder).map((key) => readFileSync(join(folder, key)).toString('hex'));
    const readOnly: Remote = {
      ...reading(far(folder)),
      write: () => Promise.reject(refused()),
      remove: () => Promise.reject(refused()),
      claim: () => Promise.reject(refused()),
    };
    const { damage } = await verifyStore(await Store.open(readOnly), [root], { clone: SELF });
    expect(damage.length).toBeGreaterThanOrEqual(5);
    expect(damage.every(({ repaired }) => !repaired)).toBe(true);
    expect(keysOf(folder).map((key) => readFileSync(join(folder, key)).toString('hex'))).toEqual(content);
  });
});

describe('bytes that come damaged once', () => {
  test('are asked for again by every way of reading', async () => {
    const folder = copyOfGood();
    const unsure = flaky(far(folder));
    const store = await Store.open(unsure.remote);
    for (const [path, bytes] of files) {
      const digest = `sha256:${hexDigestOf(bytes)}` as const;
      unsure.reset();
      expect(Buffer.from(await store.readBytes(digest, bytes.length)).equals(bytes), path).toBe(true);
      unsure.reset();
      await store.restore(digest, join(work, 'out'));
      expect(readFileSync(join(work, 'out')).equals(bytes), path).toBe(true);
    }
    unsure.reset();
    const target = await Store.open(new FolderRemote(mkdtempSync(join(work, 'target-'))));
    await transfer(await Store.open(unsure.remote), target, [root]);
    await expectFolder(target, root, files);
    unsure.reset();
    const { damage } = await verifyStore(await Store.open(unsure.remote), [root], { clone: SELF });
    expect(damage).toEqual([]);
    unsure.reset();
    await markAndSweep(await Store.open(unsure.remote), [root], { graceMs: 3_600_000 });
    expect(unsure.struck()).toBeGreaterThan(0);
    expect((await verified(folder)).damage).toEqual([]);
  });
});

describe('what a store was never given', () => {
  test('is absent and not damaged', async () => {
    const store = await Store.open(far(copyOfGood()));
    const elsewhere: Root = { path: 'other', kind: 'file', digest: `sha256:${'ab'.repeat(32)}` };
    const { damage, absent } = await verifyStore(store, [root, elsewhere]);
    expect(damage).toEqual([]);
    expect(absent).toEqual([{ path: 'other', digest: elsewhere.digest, files: [] }]);
  });

  test('is told file by file where a part of a folder is here', async () => {
    const here = await Store.open(new FolderRemote(mkdtempSync(join(work, 'part-'))));
    await transfer(await Store.open(far(good)), here, [{ ...root, only: ['f1', 'large'] }]);
    const { damage, absent } = await verifyStore(here, [root]);
    expect(damage).toEqual([]);
    const [touched] = absent;
    expect([...touched!.files].sort()).toEqual(
      [...files.keys()].filter((path) => path !== 'f1' && path !== 'large').sort(),
    );
  });

  test('is damage where an index says that it is there', async () => {
    const folder = copyOfGood();
    for (const key of keysOf(folder).filter((one) => one.startsWith('objects/'))) rmSync(join(folder, key));
    const { damage, absent } = await verified(folder);
    expect(absent).toEqual([]);
    expect(damage.flatMap(({ roots }) => roots.flatMap((touched) => touched.files))).toEqual(['w.parquet']);
  });
});

test('lists of version 1, whose name is random, are read as before; those of version 2 vouch for themselves', async () => {
  const folder = mkdtempSync(join(work, 'lists-'));
  const remote = far(folder);
  const key = `condemned/${'0'.repeat(32)}.json`;
  const pack = `packs/${'a'.repeat(64)}.pack`;
  const old = Buffer.from(`${JSON.stringify({ version: 1, keys: [pack] })}\n`);
  await remote.write(key, old, { sha256: hexDigestOf(old) });
  await writePendingDeletions(remote, [pack]);
  await writePendingDeletions(remote, [pack]);
  expect((await readPendingDeletions(remote)).map(({ keys }) => keys)).toEqual([[pack], [pack], [pack]]);
  const young = keysOf(folder).find((one) => one !== key)!;
  expect(() => parsePendingDeletions(readFileSync(join(folder, young)), key)).toThrow(
    /its bytes do not match its name/,
  );
});

function refused(): Error {
  return new VarveError('access-denied', 'refused', { remedy: 'Ask.' });
}

function reading(remote: Remote): Pick<Remote, 'url' | 'list' | 'head' | 'read' | 'stream' | 'close'> {
  return {
    url: remote.url,
    list: (prefix) => remote.list(prefix),
    head: (key) => remote.head(key),
    read: (key, range) => remote.read(key, range),
    stream: (key, range) => remote.stream(key, range),
    close: () => remote.close(),
  };
}

/** The first read of each key or range since the last reset comes with one bit flipped. */
function flaky(remote: Remote): { remote: Remote; reset: () => void; struck: () => number } {
  const seen = new Set<string>();
  let count = 0;
  const spoil = (bytes: Uint8Array, key: string, range: ByteRange | undefined): Uint8Array => {
    const name = `${key} ${range?.offset}`;
    if (seen.has(name) || bytes.length === 0) return bytes;
    seen.add(name);
    count += 1;
    const copy = Buffer.from(bytes);
    copy[copy.length >> 1]! ^= 4;
    return copy;
  };
  return {
    reset: () => seen.clear(),
    struck: () => count,
    remote: {
      ...reading(remote),
      read: async (key, range) => spoil(await remote.read(key, range), key, range),
      stream: async function* (key, range) {
        for await (const piece of remote.stream(key, range)) yield spoil(piece, key, range);
      },
      write: (key, body, options) => remote.write(key, body, options),
      remove: (keys) => remote.remove(keys),
      claim: () => remote.claim(),
    },
  };
}
