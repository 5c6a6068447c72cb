import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { FolderRemote } from '../../src/remote/folder/folder.ts';
import { DATA_CHUNKS, findCut } from '../../src/store/chunking/chunker.ts';
import { markAndSweep } from '../../src/store/gc/collect.ts';
import { Store } from '../../src/store/store.ts';
import { pushToRemote } from '../../src/store/transfer/push.ts';
import { transfer } from '../../src/store/transfer/transfer.ts';
import { CompletedPushesFile } from '../../src/workspace/completed-pushes.ts';
import { addFolder, expectFolder, seededBytes } from '../support/stores.ts';

const work = mkdtempSync(join(tmpdir(), 'varve-history-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

const edit = fc.oneof(
  fc.record({
    kind: fc.constant('insert' as const),
    at: fc.nat(1000),
    seed: fc.nat(50),
    length: fc.nat(30_000),
  }),
  fc.record({
    kind: fc.constant('remove' as const),
    at: fc.nat(1000),
    seed: fc.constant(0),
    length: fc.nat(90_000),
  }),
  fc.record({ kind: fc.constant('small' as const), at: fc.nat(8), seed: fc.nat(50), length: fc.nat(5000) }),
  fc.record({
    kind: fc.constant('delete' as const),
    at: fc.nat(8),
    seed: fc.constant(0),
    length: fc.constant(0),
  }),
);

type Edit = { kind: 'insert' | 'remove' | 'small' | 'delete'; at: number; seed: number; length: number };

function apply(files: ReadonlyMap<string, Buffer>, { kind, at, seed, length }: Edit): Map<string, Buffer> {
  const next = new Map(files);
  const large = files.get('large')!;
  const place = Math.floor((large.length * at) / 1001);
  if (kind === 'insert') {
    next.set(
      'large',
      Buffer.concat([large.subarray(0, place), seededBytes(seed, length), large.subarray(place)]),
    );
  } else if (kind === 'remove') {
    next.set('large', Buffer.concat([large.subarray(0, place), large.subarray(place + length)]));
  } else if (kind === 'small') next.set(`dir/${at}`, seededBytes(seed, length));
  else next.delete(`dir/${at}`);
  return next;
}

test('random histories come back byte for byte at every version, through push, gc and pull', async () => {
  let run = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(edit, { minLength: 1, maxLength: 6 }),
      fc.nat(6),
      fc.boolean(),
      async (edits, dropped, emptied) => {
        const folder = join(work, String(run++));
        const open = (name: string) => Store.open(new FolderRemote(join(folder, name)));
        const cache = await open('cache');
        let files = new Map([['large', seededBytes(1, 500_000)]]);
        const versions = [];
        for (const change of edits) {
          files = apply(files, change);
          versions.push({ files, root: await addFolder(cache, 'data', files) });
        }
        const kept = versions.filter((_, at) => at !== dropped);
        const roots = kept.map(({ root }) => root);
        await markAndSweep(cache, roots, { graceMs: 0 });
        const pushKept = () =>
          pushToRemote(() => open('cache'), new FolderRemote(join(folder, 'remote')), roots, {
            clone: 'a',
            indexCache: join(folder, 'memory'),
            completed: new CompletedPushesFile(join(folder, 'memory/pushed.json')),
          });
        await pushKept();
        await markAndSweep(await open('remote'), emptied ? [] : roots, { clone: 'a', graceMs: 0 });
        await pushKept();
        const clone = await open('clone');
        await transfer(await open('remote'), clone, roots);
        for (const { root, files: own } of kept) await expectFolder(clone, root, own);
        rmSync(folder, { recursive: true });
      },
    ),
    { numRuns: 25 },
  );
}, 60_000);

test('an edit moves few chunk ends, whatever its place and length', () => {
  const ends = (bytes: Uint8Array): Set<string> => {
    const chunks = new Set<string>();
    for (let start = 0; start < bytes.length; ) {
      const end = findCut(bytes, start, bytes.length, DATA_CHUNKS);
      expect(end - start).toBeLessThanOrEqual(DATA_CHUNKS.maximum);
      expect(end - start >= DATA_CHUNKS.minimum || end === bytes.length).toBe(true);
      chunks.add(Buffer.from(bytes.subarray(start, end)).toString('latin1').slice(0, 64) + (end - start));
      start = end;
    }
    return chunks;
  };
  const base = seededBytes(5, 6_000_000);
  const known = ends(base);
  fc.assert(
    fc.property(fc.nat(5_999_999), fc.nat(2000), fc.nat(2000), (at, removed, inserted) => {
      const next = Buffer.concat([
        base.subarray(0, at),
        seededBytes(6, inserted),
        base.subarray(at + removed),
      ]);
      expect([...ends(next)].filter((chunk) => !known.has(chunk)).length).toBeLessThanOrEqual(8);
    }),
    { numRuns: 30 },
  );
});
