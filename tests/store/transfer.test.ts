import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { digestOf } from '../../src/store/format/digest.ts';
import { markAndSweep } from '../../src/store/gc/collect.ts';
import type { Root } from '../../src/store/gc/roots.ts';
import { Store } from '../../src/store/store.ts';
import { type PushOptions, pushToRemote } from '../../src/store/transfer/push.ts';
import { transfer } from '../../src/store/transfer/transfer.ts';
import { CompletedPushesFile } from '../../src/workspace/completed-pushes.ts';
import { addFolder, CountingRemote, readFolder, seededBytes } from '../support/stores.ts';

const work = mkdtempSync(join(tmpdir(), 'varve-transfer-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

const files = new Map<string, Buffer>(
  Array.from({ length: 3000 }, (_, at) => [
    `d${String(Math.floor(at / 100)).padStart(3, '0')}/f${String(at).padStart(5, '0')}.bin`,
    seededBytes(at, 4096 + ((at * 7919) % 8192)),
  ]),
);
files.set('large.csv', seededBytes(90, 5_000_000));
files.set('table.parquet', Buffer.concat([Buffer.from('PAR1'), seededBytes(91, 2_000_000)]));

async function pushed() {
  const folder = mkdtempSync(join(work, 'case-'));
  const cache = await Store.open(new CountingRemote(join(folder, 'cache')));
  const root = await addFolder(cache, 'data', files);
  const remote = new CountingRemote(join(folder, 'remote'), { isFar: true });
  const sent = await pushToRemote(async () => cache, remote, [root], { clone: 'a' });
  const there = await Store.open(remote);
  return { folder, cache, root, remote, there, sent };
}

test('push and pull of 3,000 files take few requests and give the same bytes', async () => {
  const { folder, root, remote, sent } = await pushed();
  expect(sent.bytes).toBeGreaterThan([...files.values()].reduce((sum, { length }) => sum + length, 0) * 0.99);
  expect(remote.counts.write).toBeLessThan(15);
  remote.reset();
  const clone = await Store.open(new CountingRemote(join(folder, 'clone')));
  await transfer(await Store.open(remote), clone, [root]);
  expect(remote.total).toBeLessThan(40);
  const read = await readFolder(clone, root);
  expect(read.size).toBe(files.size);
  for (const [path, bytes] of files) expect(read.get(path)!.equals(bytes), path).toBe(true);
}, 60_000);

/** Options of a push by a clone that keeps its notes in `memory`, read anew as a process would. */
function remembering(clone: string, memory: string): PushOptions {
  return { clone, indexCache: memory, completed: new CompletedPushesFile(join(memory, 'pushed.json')) };
}

test('pushing again sends nothing, asks three times and opens no cache', async () => {
  const { folder, cache, root, remote } = await pushed();
  const memory = join(folder, 'memory');
  const again = (openCache = async () => cache) =>
    pushToRemote(openCache, remote, [root], remembering('a', memory));
  expect(await again()).toEqual({ objects: 0, bytes: 0 });
  remote.reset();
  const noCache = () => Promise.reject(new Error('the cache was opened'));
  expect(await again(noCache)).toEqual({ objects: 0, bytes: 0 });
  expect(remote.total).toBe(3);
  expect(remote.readBytes).toBe(0);
  writeFileSync(join(memory, 'pushed.json'), '{"version":1,');
  await expect(again(noCache)).rejects.toThrow('the cache was opened');
});

test('what was found to be there is looked for again once the remote is another', async () => {
  const { folder, cache, root, remote, there } = await pushed();
  const memory = join(folder, 'memory');
  const options = remembering('a', memory);
  await pushToRemote(async () => cache, remote, [root], options);
  await markAndSweep(there, [], { clone: 'a', graceMs: 0 });
  expect((await pushToRemote(async () => cache, remote, [root], options)).objects).toBeGreaterThan(3000);
  const read = await readFolder(await Store.open(remote), root);
  for (const [path, bytes] of files) expect(read.get(path)!.equals(bytes), path).toBe(true);
}, 60_000);

test('a clone that holds a part of the data remembers nothing of the rest', async () => {
  const { folder, cache, root, remote } = await pushed();
  const options = remembering('b', join(folder, 'memory'));
  const clone = await Store.open(new CountingRemote(join(folder, 'empty')));
  await pushToRemote(async () => clone, remote, [root], options);
  const open = vi.fn(async () => cache);
  await pushToRemote(open, remote, [root], options);
  expect(open).toHaveBeenCalledOnce();
});

test('a partial pull reads only what it needs', async () => {
  const { folder, root, remote, there } = await pushed();
  remote.reset();
  const clone = await Store.open(new CountingRemote(join(folder, 'part')));
  const part: Root = { ...root, only: ['d001'] };
  await transfer(there, clone, [part]);
  const wanted = [...files].filter(([path]) => path.startsWith('d001/'));
  const bytes = wanted.reduce((sum, [, { length }]) => sum + length, 0);
  expect(remote.readBytes).toBeLessThan(bytes * 1.2 + 600_000);
  const read = await readFolder(clone, part);
  for (const [path, own] of wanted) expect(read.get(path)!.equals(own), path).toBe(true);
});

test('a second version of a file sends its changed part', async () => {
  const { cache, root, remote } = await pushed();
  const changed = new Map(files);
  const large = Buffer.from(files.get('large.csv')!);
  large.write('edited', 2_500_000);
  changed.set('large.csv', large);
  const next = await addFolder(cache, 'data', changed);
  const sent = await pushToRemote(async () => cache, remote, [next], { clone: 'a' });
  expect(sent.bytes).toBeLessThan(700_000);
  expect(next.digest).not.toBe(root.digest);
});

test('a push from a clone that holds a part of the data is no error', async () => {
  const { folder, root, remote } = await pushed();
  const clone = await Store.open(new CountingRemote(join(folder, 'empty')));
  expect(await pushToRemote(async () => clone, remote, [root], { clone: 'b' })).toEqual({
    objects: 0,
    bytes: 0,
  });
});

test('a stopped pull keeps what has arrived', async () => {
  const { folder, root, there } = await pushed();
  const stop = new AbortController();
  const clone = await Store.open(new CountingRemote(join(folder, 'stopped')));
  const stopped = transfer(there, clone, [root], {
    jobs: 1,
    signal: stop.signal,
    onProgress: ({ done }) => done > 10_000_000 && stop.abort(),
  });
  await expect(stopped).rejects.toThrow();
  const fresh = await Store.open(new CountingRemote(join(folder, 'stopped')));
  const rest = await transfer(there, fresh, [root]);
  expect(rest.bytes).toBeLessThan(24_000_000);
  expect((await readFolder(fresh, root)).size).toBe(files.size);
});

test('counting what the remote lacks of other versions reads its index no second time', async () => {
  const { cache, root, remote } = await pushed();
  const other = { ...root, path: 'other', digest: digestOf(Buffer.from('of no clone')) };
  const asked = async (others: Root[]) => {
    remote.reset();
    const { unknown } = await pushToRemote(async () => cache, remote, [root], { clone: 'a', others });
    return { unknown, lists: remote.counts.list, reads: remote.counts.read };
  };
  const alone = await asked([]);
  expect(alone.lists).toBeGreaterThan(0);
  expect(await asked([other, root])).toEqual({ ...alone, unknown: [other] });
});
