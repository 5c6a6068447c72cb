import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { comparePaths, isWithin } from '../../../src/base/files/path-order.ts';
import { nextVersion, partsHere } from '../../../src/operations/varve/next-version.ts';
import type { ManifestEntry } from '../../../src/store/format/manifest.ts';
import type { RecordedFile } from '../../../src/workspace/tree/stat-cache.ts';

const DIGEST = `sha256:${'0'.repeat(64)}` as const;

function filesHere(paths: readonly string[]): RecordedFile[] {
  return paths.map((path) => ({
    file: { path, size: 1, modifiedMs: 0, changedMs: 0, inode: 0, executable: false },
    digest: path.endsWith('/') ? undefined : DIGEST,
  }));
}

async function* filesBefore(paths: readonly string[]): AsyncGenerator<ManifestEntry> {
  for (const path of paths) yield { path, size: 2, ...(path.endsWith('/') ? {} : { digest: DIGEST }) };
}

/** Paths that a folder could have: none is both a file and a folder, no folder is both empty and not. */
const tree = fc
  .uniqueArray(fc.stringMatching(/^[ab](\/[ab]){0,2}\/?$/), { maxLength: 8 })
  .map((paths) =>
    paths
      .filter((path) => !paths.some((other) => other !== path && isWithin(other, path.replace(/\/$/, ''))))
      .sort(comparePaths),
  );

describe('the version that follows', () => {
  it('has all that lies here, what never was here where there is room for it, and is a tree', async () => {
    await fc.assert(
      fc.asyncProperty(tree, tree, fc.array(fc.nat(7)), async (now, then, indexes) => {
        const gone = new Set(
          indexes.flatMap((index) => then[index] ?? []).filter((path) => !now.includes(path)),
        );
        const { entries, notHere } = await nextVersion(filesHere(now), filesBefore(then), {
          gone,
          keepsModes: true,
          parts: undefined,
        });
        const paths = entries.map(({ path }) => path);
        expect(paths).toEqual([...paths].sort(comparePaths));
        for (const path of now.filter((one) => !one.endsWith('/'))) expect(paths).toContain(path);
        for (const path of notHere) expect(gone.has(path) || now.includes(path)).toBe(false);
        for (const path of paths)
          expect(paths.filter((other) => other !== path && isWithin(other, path.replace(/\/$/, '')))).toEqual(
            [],
          );
        const lost = then.filter((path) => !paths.includes(path) && !gone.has(path));
        for (const path of lost)
          expect(
            [...now, ...paths].some((one) => isWithin(one, path.replace(/\/$/, '')) || isWithin(path, one)),
          ).toBe(true);
      }),
    );
  });

  it('takes from here only the parts that are added', async () => {
    const version = await nextVersion(filesHere(['b/y']), filesBefore(['a', 'b/x', 'c']), {
      gone: new Set(['b/x']),
      keepsModes: true,
      parts: ['b'],
    });
    expect(version).toMatchObject({ entries: [{ path: 'a' }, { path: 'b/y' }, { path: 'c' }], notHere: [] });
  });
});

it('names the fewest parts that hold what is here', () => {
  const entries = ['a/1', 'a/2', 'b/c/1', 'b/d/1', 'e'].map((path) => ({ path, size: 1 }));
  expect(partsHere(entries, ['b/d/1'])).toEqual(['a', 'b/c', 'e']);
  expect(partsHere(entries, [])).toEqual(['a', 'b', 'e']);
  expect(
    partsHere(
      entries,
      entries.map(({ path }) => path),
    ),
  ).toEqual([]);
});
