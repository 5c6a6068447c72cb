import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { Body } from '../../src/remote/remote.ts';
import { digestOf } from '../../src/store/format/digest.ts';
import { markAndSweep } from '../../src/store/gc/collect.ts';
import { holdersOf, purgeObjects } from '../../src/store/gc/purge.ts';
import type { Root } from '../../src/store/gc/roots.ts';
import { verifyStore } from '../../src/store/repair/verify.ts';
import { Store } from '../../src/store/store.ts';
import { transfer } from '../../src/store/transfer/transfer.ts';
import { addFolder, CountingRemote, expectFolder, readFolder, seededBytes } from '../support/stores.ts';

const work = mkdtempSync(join(tmpdir(), 'varve-purge-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

/** In no other bytes, and in the middle of a chunk. */
const MARK = Buffer.from('these bytes have to go, and nothing else');
const large = seededBytes(3, 400_000);
const SECRETS = new Map<string, Buffer>([
  ['small', Buffer.concat([seededBytes(1, 500), MARK])],
  ['large', Buffer.concat([large.subarray(0, 200_000), MARK, large.subarray(200_000)])],
  ['whole.parquet', Buffer.concat([Buffer.from('PAR1'), seededBytes(2, 1_100_000), MARK])],
]);
const KEPT = new Map<string, Buffer>([
  ...Array.from({ length: 10 }, (_, at) => [`f${at}`, seededBytes(at + 10, 3000)] as [string, Buffer]),
  ['large', large],
  ['whole.parquet', Buffer.concat([Buffer.from('PAR1'), seededBytes(4, 1_100_000)])],
]);
const wanted = [...SECRETS.values()].map(digestOf);

/** Breaks off at the n-th change of the remote, as if it was killed there. */
class BrittleRemote extends CountingRemote {
  left = Number.POSITIVE_INFINITY;

  override async write(key: string, body: Body, options: { sha256: string; overwrite?: boolean }) {
    this.#spend();
    return super.write(key, body, options);
  }

  override async remove(keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      this.#spend();
      await super.remove([key]);
    }
  }

  #spend(): void {
    if (this.left-- <= 0) throw new Error('killed');
  }
}

async function filled() {
  const folder = mkdtempSync(join(work, 'case-'));
  const remote = new BrittleRemote(folder);
  const store = await Store.open(remote);
  const secret = await addFolder(store, 'data', new Map([...KEPT, ...SECRETS]));
  const kept = await addFolder(store, 'data', KEPT);
  return { folder, remote, store, roots: [secret, kept] as [Root, Root] };
}

function holding(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => readFileSync(file).includes(MARK));
}

test('a purge that is cut off anywhere loses nothing else, and the next one ends it', async () => {
  const options = { dryRun: false, remembers: true };
  for (let changes = 0; ; changes++) {
    const { folder, remote, store, roots } = await filled();
    expect(holding(folder)).not.toEqual([]);
    remote.left = changes;
    const isDone = await purgeObjects(store, wanted, roots, options).then(
      () => true,
      (error: Error) => {
        expect(error.message).toBe('killed');
        return false;
      },
    );
    const after = await Store.open(new CountingRemote(folder));
    await expectFolder(after, roots[1], KEPT);
    if (!isDone) await purgeObjects(after, wanted, roots, options);
    expect(holding(folder), `after ${changes} changes`).toEqual([]);
    const whole = await Store.open(new CountingRemote(folder));
    await expectFolder(whole, roots[1], KEPT);
    expect(await verifyStore(whole, roots)).toMatchObject({ damage: [], absent: [] });
    if (isDone) {
      expect(changes).toBeGreaterThan(5);
      return;
    }
  }
}, 120_000);

test('what a push that was cut off left without an index goes too', async () => {
  const { folder, roots } = await filled();
  for (const file of readdirSync(join(folder, 'index'))) rmSync(join(folder, 'index', file));
  const bare = await Store.open(new CountingRemote(folder));
  expect(bare.has(roots[0].digest)).toBe(false);
  await purgeObjects(bare, wanted, roots, { dryRun: false, remembers: true });
  expect(holding(folder)).toEqual([]);
});

test('what was purged is not sent again, and no gc waits for it', async () => {
  const { folder, store, roots } = await filled();
  const [secret] = roots;
  const other = (await filled()).store;
  expect(await holdersOf(store, roots, wanted)).toEqual([secret]);
  await purgeObjects(store, wanted, roots, { dryRun: false, remembers: true });
  await store.reload();
  await expect(transfer(other, store, [secret])).rejects.toMatchObject({ code: 'object-purged' });
  const left: string[] = [];
  await transfer(other, store, roots, { onPurged: (path) => left.push(path) });
  expect(left.sort()).toEqual(['data/large', 'data/small', 'data/whole.parquet']);
  expect(holding(folder)).toEqual([]);
  expect((await markAndSweep(store, roots, { graceMs: 0 })).postponed).toBeUndefined();
  const read = await readFolder(store, { ...secret, only: ['f0', 'f9'] });
  expect([...read.keys()]).toEqual(['f0', 'f9']);
});

test('an object whose bytes are a chunk of another file stays, and that file is named', async () => {
  const { folder, store, roots } = await filled();
  const { sharedWith, sharedBytes, objects } = await purgeObjects(store, [digestOf(large)], [roots[0]], {
    dryRun: false,
    remembers: false,
  });
  expect(objects).toBe(1);
  expect(sharedBytes).toBeGreaterThan(200_000);
  expect(sharedWith).toMatchObject([{ path: 'data', file: 'large', digest: roots[0].digest }]);
  await expectFolder(await Store.open(new CountingRemote(folder)), roots[0], new Map([...KEPT, ...SECRETS]));
  expect(readdirSync(join(folder, 'purged'))).toEqual([]);
});
