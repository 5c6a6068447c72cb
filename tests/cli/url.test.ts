import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeParquet } from '../support/parquet.ts';
import { refused } from '../support/refused.ts';
import { Sandbox } from '../support/sandbox.ts';

let box: Sandbox;
beforeAll(async () => {
  box = new Sandbox().repository().withRemote();
  await writeParquet({
    [box.path('repo/data/trips.parquet')]: 'SELECT range AS id, hash(range) AS text FROM range(200000)',
  });
  box.write('repo/data/notes.txt', 'small');
  box.ok(['add', 'data']);
  box.commit('one');
});
afterAll(() => box.remove());

test('what was not pushed has no place yet', () => {
  refused(box, ['url', 'data'], 'object-missing', 'data');
});

test('a URL leads to the whole file, where the remote keeps it alone', () => {
  box.ok(['push']);
  const { code, out, err } = box.varve(['url', 'data']);
  expect([code, err]).toEqual([0, expect.stringContaining('1 file of data has no URL')]);
  const original = readFileSync(box.path('repo/data/trips.parquet'));
  expect(readFileSync(fileURLToPath(out.trimEnd())).equals(original)).toBe(true);
  const { files } = box.json<{ files: { path: string; url: string | null }[] }>(['url', 'data@HEAD']);
  expect(files).toMatchObject([
    { path: 'notes.txt', url: null },
    { path: 'trips.parquet', size: original.length },
  ]);
  expect(box.ok(['url', 'data/trips.parquet'])).toBe(out);
  expect(box.varve(['url', 'data/notes.txt'])).toMatchObject({ code: 2, out: '' });
});

test('addresses are signed by buckets alone, and for a week at most', () => {
  refused(box, ['url', 'data', '--presign', '1h'], 'presign-unsupported', box.path('remote'));
  expect(box.varve(['url', 'data', '--presign', '8d']).err).toContain('7d at most');
});
