import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FolderRemote } from '../../src/remote/folder/folder.ts';
import { digestOf } from '../../src/store/format/digest.ts';
import type { Root } from '../../src/store/gc/roots.ts';
import { verifyStore } from '../../src/store/repair/verify.ts';
import { Store } from '../../src/store/store.ts';
import { transfer } from '../../src/store/transfer/transfer.ts';
import { addFolder, expectFolder, seededBytes } from '../support/stores.ts';

const work = mkdtempSync(join(tmpdir(), 'varve-verify-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

const files = new Map<string, Buffer>([
  ...Array.from({ length: 40 }, (_, at) => [`f${at}`, seededBytes(at, 3000)] as [string, Buffer]),
  ['large', seededBytes(90, 700_000)],
  ['w.parquet', Buffer.concat([Buffer.from('PAR1'), seededBytes(91, 300_000)])],
]);
const good = join(work, 'good');
let root: Root;

const open = (folder: string) => Store.open(new FolderRemote(folder));

beforeAll(async () => {
  root = await addFolder(await open(good), 'data', files);
});

/** Without the marker, which holds no data: that it is there says all. */
function storedFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'varve-store.json')
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

function copyOfGood(): string {
  const folder = mkdtempSync(join(work, 'case-'));
  cpSync(good, folder, { recursive: true });
  return folder;
}

function flipBit(path: string, at: number): void {
  const bytes = readFileSync(path);
  const byte = Math.floor(at * bytes.length);
  bytes[byte]! ^= 1 << (byte % 8);
  writeFileSync(path, bytes);
}

test('a whole store has no damage', async () => {
  const { damage, checkedBytes, objects } = await verifyStore(await open(good), [root]);
  expect(damage).toEqual([]);
  expect(checkedBytes).toBeGreaterThan(1_000_000);
  expect(objects).toBe(storedFiles(good).length);
});

test('each of 60 flipped bits is found, and a fetch mends it', async () => {
  const whole = await open(good);
  const names = storedFiles(good).map((path) => path.slice(good.length + 1));
  for (let turn = 0; turn < 60; turn++) {
    const folder = copyOfGood();
    const name = names[turn % names.length]!;
    flipBit(join(folder, name), ((turn * 7919) % 1000) / 1000);
    const store = await open(folder);
    const { damage } = await verifyStore(store, [root]);
    expect(
      damage.map(({ key }) => key),
      `${name} in turn ${turn}`,
    ).toContain(name);
    await transfer(whole, store, [root]);
    const mended = await open(folder);
    await expectFolder(mended, root, files);
    const again = await verifyStore(mended, [root]);
    // A flipped bit outside the blobs harms no file, so there is nothing to fetch.
    expect(
      again.damage.filter(({ roots }) => roots.length > 0),
      name,
    ).toEqual([]);
    rmSync(folder, { recursive: true });
  }
}, 60_000);

test('damage names the files that need the bytes', async () => {
  const folder = copyOfGood();
  const objects = storedFiles(folder).filter((path) => path.includes('/objects/'));
  expect(objects).toHaveLength(1);
  flipBit(objects[0]!, 0.5);
  const { damage } = await verifyStore(await open(folder), [root]);
  expect(damage).toHaveLength(1);
  expect(damage[0]!.roots).toEqual([{ path: 'data', digest: root.digest, files: ['w.parquet'] }]);
});

test.each(['removed', 'truncated'])('a pack that is %s is found', async (how) => {
  const folder = copyOfGood();
  const pack = storedFiles(folder)
    .filter((path) => path.includes('/packs/'))
    .sort((a, b) => readFileSync(b).length - readFileSync(a).length)[0]!;
  if (how === 'removed') unlinkSync(pack);
  else truncateSync(pack, 100_000);
  const { damage } = await verifyStore(await open(folder), [root]);
  expect(damage.flatMap(({ roots }) => roots.flatMap((touched) => touched.files))).toContain('large');
});

test('a reader mends what it finds damaged, and keeps the whole copy', async () => {
  for (const [turn, part] of ['/packs/', '/objects/', '/packs/'].entries()) {
    const folder = copyOfGood();
    for (const path of storedFiles(folder).filter((name) => name.includes(part))) {
      if (turn === 2) unlinkSync(path);
      else flipBit(path, 0.4);
    }
    const store = await Store.open(new FolderRemote(folder), { repair: () => open(good) });
    for (const [path, bytes] of files) {
      await store.restore(digestOf(bytes), join(work, 'out'));
      expect(readFileSync(join(work, 'out')).equals(bytes), path).toBe(true);
    }
    const later = await open(folder);
    for (const bytes of files.values()) await later.restore(digestOf(bytes), join(work, 'out'));
  }
});

test('a store whose every index is damaged is made readable from its packs', async () => {
  const folder = copyOfGood();
  for (const path of storedFiles(folder).filter((name) => name.includes('/index/'))) flipBit(path, 0.3);
  await expectFolder(await open(folder), root, files);
  await expectFolder(await open(folder), root, files);
});
