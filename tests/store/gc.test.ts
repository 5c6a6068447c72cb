import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { markAndSweep } from '../../src/store/gc/collect.ts';
import { verifyStore } from '../../src/store/repair/verify.ts';
import { Store } from '../../src/store/store.ts';
import { pushToRemote } from '../../src/store/transfer/push.ts';
import { transfer } from '../../src/store/transfer/transfer.ts';
import { addFolder, CountingRemote, expectFolder, seededBytes } from '../support/stores.ts';

const work = mkdtempSync(join(tmpdir(), 'varve-gc-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

function filesOf(seed: number, count = 300): Map<string, Buffer> {
  const files = new Map<string, Buffer>(
    Array.from({ length: count }, (_, at) => [`f${at}`, seededBytes(seed * 1000 + at, 8192)]),
  );
  files.set('big', seededBytes(seed, 1_000_000));
  files.set('w.parquet', Buffer.concat([Buffer.from('PAR1'), seededBytes(seed + 5000, 1_200_000)]));
  return files;
}

const open = (folder: string) => Store.open(new CountingRemote(folder));

test('removes what nothing names, after the grace, and says so before', async () => {
  const folder = mkdtempSync(join(work, 'plain-'));
  const store = await open(folder);
  const [one, two] = [filesOf(1), filesOf(2)];
  await addFolder(store, 'old', one);
  const root = await addFolder(store, 'new', two);

  const dry = await markAndSweep(store, [root], { graceMs: 0, dryRun: true });
  expect(dry.freedBytes).toBeGreaterThan(4_500_000);
  const first = await markAndSweep(store, [root], { graceMs: 3_600_000 });
  expect(first).toMatchObject({ freedBytes: 0, condemnedBytes: dry.freedBytes });
  const second = await markAndSweep(store, [root], { graceMs: 3_600_000 });
  expect(second.freedBytes).toBe(0);
  const last = await markAndSweep(store, [root], { graceMs: 0 });
  expect(last).toMatchObject({ freedBytes: dry.freedBytes, keptBytes: first.keptBytes });

  const after = await open(folder);
  await expectFolder(after, root, two);
  expect((await verifyStore(after, [root])).damage).toEqual([]);
  expect((await markAndSweep(after, [root], { graceMs: 0 })).condemnedBytes).toBe(0);
});

test('what was condemned and is added again is kept', async () => {
  const folder = mkdtempSync(join(work, 'again-'));
  const store = await open(folder);
  const files = filesOf(3);
  await addFolder(store, 'data', files);
  await markAndSweep(store, [], { graceMs: 3_600_000 });
  const later = await open(folder);
  const root = await addFolder(later, 'data', files);
  await markAndSweep(await open(folder), [root], { graceMs: 0 });
  await expectFolder(await open(folder), root, files);
});

test('a batch that began before the gc keeps what it relies on', async () => {
  const folder = mkdtempSync(join(work, 'race-'));
  const files = filesOf(4);
  await addFolder(await open(folder), 'data', files);
  const writer = await open(folder);
  const batch = writer.batch();
  for (const bytes of files.values()) await batch.addBytes(bytes, 'data');
  await markAndSweep(await open(folder), [], { graceMs: 3_600_000 });
  await batch.commit();
  const root = await addFolder(await open(folder), 'data', files);
  await markAndSweep(await open(folder), [root], { graceMs: 0 });
  await expectFolder(await open(folder), root, files);
});

test('packs that are mostly garbage are repacked', async () => {
  const folder = mkdtempSync(join(work, 'sparse-'));
  const store = await open(folder);
  const files = filesOf(5, 1000);
  await addFolder(store, 'data', files);
  const few = new Map([...files].slice(0, 100));
  const root = await addFolder(store, 'data', few);
  const { repackedBytes, freedBytes, keptBytes } = await markAndSweep(store, [root], { graceMs: 0 });
  expect(repackedBytes).toBeGreaterThanOrEqual(100 * 8192);
  expect(keptBytes).toBeLessThan(1_000_000);
  expect(freedBytes).toBeGreaterThan(8_000_000);
  await expectFolder(await open(folder), root, few);
});

test('a clone with less history keeps what another pushed; its own old pushes go', async () => {
  const folder = mkdtempSync(join(work, 'clones-'));
  const [a, b] = [await open(join(folder, 'a')), await open(join(folder, 'b'))];
  const remote = join(folder, 'remote');
  const [first, second, other] = [filesOf(6), filesOf(7), filesOf(8)];
  const rootFirst = await addFolder(a, 'data', first);
  const rootSecond = await addFolder(a, 'data', second);
  const rootOther = await addFolder(b, 'other', other);
  await pushToRemote(async () => a, new CountingRemote(remote), [rootFirst], { clone: 'a' });
  await pushToRemote(async () => a, new CountingRemote(remote), [rootSecond], { clone: 'a' });
  await pushToRemote(async () => b, new CountingRemote(remote), [rootOther], { clone: 'b' });
  await markAndSweep(await open(remote), [rootSecond], { clone: 'a', graceMs: 0 });
  const there = await open(remote);
  await expectFolder(there, rootSecond, second);
  await expectFolder(there, rootOther, other);
  await expect(expectFolder(there, rootFirst, first)).rejects.toThrow();
  await pushToRemote(async () => a, new CountingRemote(remote), [rootFirst], { clone: 'a' });
  await expectFolder(await open(remote), rootFirst, first);
});

test('two pushes and gcs at once lose nothing', async () => {
  const folder = mkdtempSync(join(work, 'storm-'));
  const remote = join(folder, 'remote');
  const shared = filesOf(9);
  const seedStore = await open(join(folder, 'seed'));
  await transfer(seedStore, await open(remote), [await addFolder(seedStore, 'x', shared)]);
  const pushVersion = async (clone: string, seed: number) => {
    const cache = await open(join(folder, clone));
    const done = [];
    for (let version = 0; version < 4; version++) {
      const files = new Map([...shared, ...filesOf(seed + version, 50)]);
      const root = await addFolder(cache, clone, files);
      await pushToRemote(async () => cache, new CountingRemote(remote), [root], { clone });
      done.push({ root, files });
    }
    return done;
  };
  let pushing = true;
  const collect = async () => {
    while (pushing) await markAndSweep(await open(remote), [], { clone: 'cleaner', graceMs: 5_000 });
  };
  const collecting = collect();
  const pushed = await Promise.all([pushVersion('a', 20), pushVersion('b', 30)]).finally(() => {
    pushing = false;
  });
  await collecting;
  const there = await open(remote);
  for (const { root, files } of pushed.flat()) await expectFolder(there, root, files);
  expect(
    (
      await verifyStore(
        there,
        pushed.flat().map(({ root }) => root),
      )
    ).damage,
  ).toEqual([]);
});
