import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FolderRemote } from '../../src/remote/folder/folder.ts';
import { type Digest, digestOf } from '../../src/store/format/digest.ts';
import { Store } from '../../src/store/store.ts';
import { addFolder, seededBytes } from '../support/stores.ts';

/** The three layouts of an object: a blob, chunks that a recipe lists, a file of its own. */
const OBJECTS = {
  blob: seededBytes(1, 50_000),
  chunked: seededBytes(2, 3_000_000),
  whole: Buffer.concat([Buffer.from('PAR1'), seededBytes(3, 2_000_000)]),
  empty: Buffer.alloc(0),
};
type Layout = keyof typeof OBJECTS;

const work = mkdtempSync(join(tmpdir(), 'varve-reader-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));
beforeAll(async () => {
  await addFolder(await open(), 'data', new Map(Object.entries(OBJECTS)));
});

const open = (): Promise<Store> => Store.open(new FolderRemote(join(work, 'store')));

/** Pieces are copied as they come: each is only good until the next one is asked for. */
async function read(
  store: Store,
  layout: Layout,
  range?: { offset: number; length: number },
  pieceBytes = 64 * 1024,
): Promise<Buffer> {
  const pieces: Buffer[] = [];
  const digest = digestOf(OBJECTS[layout]);
  for await (const piece of store.readPieces(digest, range, pieceBytes)) {
    pieces.push(Buffer.from(piece));
    // Whoever reads may take a while; what is read ahead meanwhile goes elsewhere.
    await new Promise((resolve) => setImmediate(resolve));
  }
  return Buffer.concat(pieces);
}

test('any range of any layout, in pieces of any size, is that part of the object', {
  timeout: 60_000,
}, async () => {
  const layout = fc.constantFrom<Layout>('blob', 'chunked', 'whole');
  await fc.assert(
    fc.asyncProperty(
      layout,
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.nat(400_000),
      fc.integer({ min: 10_000, max: 300_000 }),
      fc.boolean(),
      async (name, at, most, pieceBytes, isFresh) => {
        const bytes = OBJECTS[name];
        const offset = Math.floor(at * (bytes.length - 1));
        const length = Math.max(1, Math.min(most, bytes.length - offset));
        const store = isFresh ? await open() : shared;
        expect(
          (await read(store, name, { offset, length }, pieceBytes)).equals(
            bytes.subarray(offset, offset + length),
          ),
        ).toBe(true);
        if (isFresh) await store.close();
      },
    ),
    { numRuns: 60 },
  );
});

let shared: Store;
beforeAll(async () => {
  shared = await open();
});
afterAll(() => shared.close());

test('every layout is read whole, the first time and again', async () => {
  const store = await open();
  for (const layout of Object.keys(OBJECTS) as Layout[])
    for (let time = 0; time < 2; time++)
      expect((await read(store, layout)).equals(OBJECTS[layout])).toBe(true);
  const missing = digestOf(Buffer.from('missing'));
  await expect(store.readPieces(missing, undefined, 1024).next()).rejects.toMatchObject({
    code: 'object-missing',
  });
  await store.close();
});

/** Changes a byte in the middle of each file below a folder of the store, as a disk does: the same size, and no program told. */
async function withDamage(folder: string, check: () => Promise<void>): Promise<void> {
  const root = join(work, 'store', folder);
  const files = readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile())
    .map((one) => join(one.parentPath, one.name));
  const before = files.map((file) => readFileSync(file));
  const write = (file: string, bytes: Buffer): void => {
    writeFileSync(`${file}.new`, bytes);
    renameSync(`${file}.new`, file);
  };
  for (const [index, file] of files.entries()) {
    const damaged = Buffer.from(before[index]!);
    for (let at = 5000; at < damaged.length; at += 5000) damaged[at]! ^= 1;
    chmodSync(file, 0o600);
    write(file, damaged);
  }
  try {
    await check();
  } finally {
    for (const [index, file] of files.entries()) write(file, before[index]!);
  }
}

test('of a damaged object nothing comes in a range, and of the whole never the last piece', async () => {
  for (const [layout, folder] of [
    ['blob', 'packs'],
    ['chunked', 'packs'],
    ['whole', 'objects'],
  ] as const) {
    // Known as sound from before: the file is another by now.
    const store = await open();
    await read(store, layout);
    await withDamage(folder, async () => {
      const fresh = await open();
      for (const one of layout === 'blob' ? [fresh] : [store, fresh]) {
        const digest: Digest = digestOf(OBJECTS[layout]);
        await expect(one.readPieces(digest, { offset: 10, length: 10 }, 4096).next()).rejects.toMatchObject({
          code: 'digest-mismatch',
        });
        const pieces: Uint8Array[] = [];
        const whole = async (): Promise<void> => {
          for await (const piece of one.readPieces(digest, undefined, 4096)) pieces.push(Buffer.from(piece));
        };
        // What was met as damaged counts as missing from then on.
        await expect(whole()).rejects.toMatchObject({
          code: expect.stringMatching(/^(digest-mismatch|object-missing)$/),
        });
        expect(pieces.reduce((sum, { length }) => sum + length, 0)).toBeLessThan(OBJECTS[layout].length);
      }
      await fresh.close();
    });
    await store.close();
  }
});

test('who asks for several ranges at once waits for one verification', async () => {
  const store = await open();
  const all = await Promise.all(
    Array.from({ length: 20 }, (_, at) =>
      read(store, at % 2 === 0 ? 'whole' : 'chunked', { offset: at * 1000, length: 500 }),
    ),
  );
  for (const [at, bytes] of all.entries())
    expect(
      bytes.equals(OBJECTS[at % 2 === 0 ? 'whole' : 'chunked'].subarray(at * 1000, at * 1000 + 500)),
    ).toBe(true);
  await store.close();
});
