import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { comparePaths } from '../../../../src/base/files/path-order.ts';
import { sortedByPath } from '../../../../src/operations/varve/in-place/external-sort.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'varve-sort-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('sorts what does not fit into memory as it sorts what does', async () => {
  const item = fc.record({ path: fc.string({ unit: 'grapheme', maxLength: 6 }), size: fc.nat() });
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(item, { selector: ({ path }) => path, maxLength: 60 }),
      fc.integer({ min: 1, max: 70 }),
      async (items, run) => {
        async function* each() {
          yield* items;
        }
        const sorted = [];
        for await (const next of sortedByPath(each(), folder, run)) sorted.push(next);
        expect(sorted).toEqual([...items].sort((a, b) => comparePaths(a.path, b.path)));
      },
    ),
    { numRuns: 200 },
  );
});
