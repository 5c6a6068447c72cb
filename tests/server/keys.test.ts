import fc from 'fast-check';
import { expect, test } from 'vitest';
import { comparePaths } from '../../src/base/files/path-order.ts';
import type { ReadableFile } from '../../src/operations/backend/version-reader.ts';
import { FileTable } from '../../src/server/versions/file-table.ts';
import {
  findKey,
  type KeyNode,
  type KeyQuery,
  listKeys,
  sequenceOf,
  withBase,
} from '../../src/server/versions/keys.ts';

const NAME = fc.stringMatching(/^[ab~\u00e9\u{1f600}-]{1,3}$/u);
const PATH = fc.array(NAME, { minLength: 1, maxLength: 3 }).map((names) => names.join('/'));
const TEXT = fc.oneof(PATH, fc.constantFrom('', '/', 'a/', 'a', '~'));

/** Keys as three sequences within one another, as revisions, datasets and files are. */
function nested(paths: readonly string[], depth = 0): KeyNode<string>[] {
  const groups = new Map<string, string[]>();
  for (const path of paths) {
    const slash = depth < 2 ? path.indexOf('/') + 1 : 0;
    const group = path.slice(0, slash);
    groups.set(group === '' ? path : group, [...(groups.get(group) ?? []), path.slice(slash)]);
  }
  return [...groups]
    .sort(([a], [b]) => comparePaths(a, b))
    .map(([name, rest]): KeyNode<string> => {
      if (rest[0] === name) return { key: name, object: name };
      return { prefix: name, open: async () => withBase(sequenceOf(nested(rest, depth + 1)), name) };
    });
}

/** What S3 lists, by its definition. */
function naive(paths: readonly string[], { prefix, delimiter, after }: KeyQuery): string[] {
  const lines = paths.flatMap((path) => {
    if (!path.startsWith(prefix)) return [];
    const end = delimiter === '' ? -1 : path.indexOf(delimiter, prefix.length);
    const line = end < 0 ? path : path.slice(0, end + delimiter.length);
    // What was the last line of a page is behind it with all that it stands for.
    return line === after || comparePaths(path, after) <= 0 ? [] : [line];
  });
  return [...new Set(lines)];
}

async function listed(paths: readonly string[], query: KeyQuery): Promise<string[]> {
  const lines: string[] = [];
  for await (const one of listKeys(sequenceOf(nested(paths)), query))
    lines.push('key' in one ? one.key : one.commonPrefix);
  return lines;
}

test('a listing of nested sequences is what the definition of S3 gives', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(PATH, { maxLength: 30 }),
      TEXT,
      fc.constantFrom('', '/', 'a', '-', 'a/', '\u{1f600}'),
      TEXT,
      async (paths, prefix, delimiter, after) => {
        const sorted = [...paths].sort(comparePaths);
        const query = { prefix, delimiter, after };
        expect(await listed(sorted, query)).toEqual(naive(sorted, query));
      },
    ),
    { numRuns: 2000 },
  );
});

test('pages of any size, each behind the last line of the one before, are the whole', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(PATH, { maxLength: 20 }),
      fc.constantFrom('', '/', 'a'),
      fc.integer({ min: 1, max: 3 }),
      async (paths, delimiter, size) => {
        const sorted = [...paths].sort(comparePaths);
        const all: string[] = [];
        for (let page = ['']; page.length > 0; ) {
          page = (await listed(sorted, { prefix: '', delimiter, after: all.at(-1) ?? '' })).slice(0, size);
          all.push(...page);
        }
        expect(all).toEqual(naive(sorted, { prefix: '', delimiter, after: '' }));
      },
    ),
  );
});

test('a key is found where it is, and nowhere else', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(PATH, { maxLength: 20 }), PATH, async (paths, key) => {
      const found = await findKey(sequenceOf(nested(paths)), key);
      expect(found !== undefined).toBe(paths.includes(key));
    }),
  );
});

test('a table gives back the files that it was made of', async () => {
  const file = fc.record({
    path: PATH,
    size: fc.maxSafeNat(),
    digest: fc.option(
      fc.stringMatching(/^[1-9a-f]{64}$/).map((hex) => `sha256:${hex}`),
      { nil: undefined },
    ),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(file, { selector: ({ path }) => path, maxLength: 40 }),
      PATH,
      async (files, path) => {
        const sorted = files
          .map(({ digest, ...rest }): ReadableFile => ({ ...rest, ...(digest !== undefined && { digest }) }))
          .sort((a, b) => comparePaths(a.path, b.path));
        const table = await FileTable.from(
          (async function* () {
            yield* sorted;
          })(),
        );
        expect(Array.from({ length: table.length }, (_, at) => table.file(at))).toEqual(sorted);
        expect(table.isComplete).toBe(files.every(({ digest }) => digest !== undefined));
        expect(table.lowerBound(path)).toBe(sorted.filter((one) => comparePaths(one.path, path) < 0).length);
      },
    ),
  );
});
