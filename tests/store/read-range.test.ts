import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import type { Digest } from '../../src/store/format/digest.ts';
import { Store } from '../../src/store/store.ts';
import { CountingRemote, seededBytes } from '../support/stores.ts';

const work = mkdtempSync(join(tmpdir(), 'varve-range-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

const samples: [name: string, bytes: Buffer][] = [
  ['empty', Buffer.alloc(0)],
  ['small', seededBytes(1, 50_000)],
  ['chunked', seededBytes(2, 6_000_001)],
  ['whole', Buffer.concat([Buffer.from('PAR1'), seededBytes(3, 9 * 1024 * 1024 + 5)])],
];

async function storeOf(name: string, bytes: Buffer): Promise<{ remote: CountingRemote; digest: Digest }> {
  const source = join(work, `${name}.source`);
  writeFileSync(source, bytes);
  const remote = new CountingRemote(join(work, name));
  const store = await Store.open(remote);
  const batch = store.batch();
  const { digest } = await batch.addFile(source);
  await batch.commit();
  await store.close();
  return { remote, digest };
}

async function rangeOf(store: Store, digest: Digest, offset: number, length: number): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of store.readRange(digest, { offset, length })) pieces.push(piece);
  return Buffer.concat(pieces);
}

describe('a range', () => {
  test.each(samples)('of an object that is %s is that of its bytes', async (name, bytes) => {
    const { remote, digest } = await storeOf(name, bytes);
    const store = await Store.open(remote);
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length + 10), fc.nat(3_000_000), async (offset, length) => {
        const read = await rangeOf(store, digest, offset, length);
        expect(read.equals(bytes.subarray(offset, offset + length))).toBe(true);
      }),
      { numRuns: 40 },
    );
    await store.close();
  });

  test.each(['chunked', 'whole'])('costs its blocks once an object that is %s is known', async (name) => {
    const [, bytes] = samples.find(([sample]) => sample === name)!;
    const { remote, digest } = await storeOf(`${name}-cost`, bytes);
    const store = await Store.open(remote);
    await rangeOf(store, digest, 0, 1);
    remote.reset();
    await rangeOf(store, digest, 4_000_000, 10);
    expect(remote.readBytes).toBeLessThan(1_100_000);
    await store.close();
  });
});
