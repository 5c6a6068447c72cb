import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { FolderRemote } from '../../src/remote/folder/folder.ts';
import { toRaw } from '../../src/store/format/digest.ts';
import { Store } from '../../src/store/store.ts';
import { seededBytes } from '../support/stores.ts';
import { parquetOfPages } from '../support/thrift-parquet.ts';

const work = mkdtempSync(join(tmpdir(), 'varve-store-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

const parquet = Buffer.concat([Buffer.from('PAR1'), seededBytes(7, 1_500_000)]);
const cases: [name: string, bytes: Buffer][] = [
  ['empty', Buffer.alloc(0)],
  ['one byte', Buffer.from('x')],
  ['just below chunking', seededBytes(1, 128 * 1024)],
  ['just above chunking', seededBytes(2, 128 * 1024 + 1)],
  ['chunked', seededBytes(3, 9_000_001)],
  ['all zeros', Buffer.alloc(3_000_000)],
  ['small Parquet', parquet.subarray(0, 400_000)],
  ['Parquet, whole', parquet],
  ['Parquet cut by content, chunked', parquetOfPages([new Array(100).fill(777)], 20_000)],
];

describe('what is added comes back', () => {
  test.each(cases)('%s', async (name, bytes) => {
    const folder = join(work, name);
    const source = `${folder}.source`;
    writeFileSync(source, bytes);
    const store = await Store.open(new FolderRemote(folder));
    const batch = store.batch();
    let seen = 0;
    const added = await batch.addFile(source, { onBytes: (count) => (seen += count) });
    await batch.commit();
    const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    expect({ digest: added.digest, size: added.size }).toEqual({ digest, size: bytes.length });
    expect(added.blocks !== undefined).toBe(bytes.length > 128 * 1024 && name !== 'small Parquet');
    expect(seen).toBe(bytes.length);

    const again = await Store.open(new FolderRemote(folder));
    expect(again.has(added.digest)).toBe(true);
    if (name.startsWith('Parquet'))
      expect(again.localPath(added.digest) === undefined, 'is cut').toBe(name.endsWith('chunked'));
    expect(again.size(added.digest)).toBe(bytes.length);
    expect(Buffer.from(await again.readBytes(added.digest, bytes.length)).equals(bytes)).toBe(true);
    await again.restore(added.digest, `${folder}.out`, { executable: true });
    expect(readFileSync(`${folder}.out`).equals(bytes)).toBe(true);
    if (added.blocks !== undefined) {
      await again.restore(added.digest, `${folder}.pinned`, { blocks: toRaw(added.blocks) });
      expect(readFileSync(`${folder}.pinned`).equals(bytes)).toBe(true);
    }
    expect(statSync(`${folder}.out`).mode & 0o100).toBe(0o100);
  });

  test('a stream is named and stored as the same bytes in a file are', async () => {
    const bytes = seededBytes(4, 700_000);
    const store = await Store.open(new FolderRemote(join(work, 'streams')));
    const source = join(work, 'streams.source');
    writeFileSync(source, bytes);
    const batch = store.batch();
    const pieces = Array.from({ length: 700 }, (_, at) => bytes.subarray(at * 1000, (at + 1) * 1000));
    const streamed = await batch.addBytes(pieces, 'data');
    expect(await batch.addFile(source)).toEqual(streamed);
    await batch.commit();
    const packed = store.core.catalog.segments.flatMap(({ packs }) => packs.map(({ size }) => size));
    expect(packed.reduce((sum, size) => sum + size, 0)).toBeLessThan(bytes.length + 20_000);
  });
});
