import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { BucketClient, ListPage, ListRequest } from '../../src/remote/bucket/client.ts';
import { Requests } from '../../src/remote/bucket/requests.ts';
import { PATIENT } from '../../src/remote/bucket/retry.ts';
import { listTree } from '../../src/remote/bucket/tree.ts';

const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** Lists as S3's documentation says that ListObjectsV2 does, in pages of `pageSize`. */
class ListedKeys {
  readonly bucket = 'bucket';
  readonly server = 'server';
  readonly #keys: readonly string[];
  readonly #pageSize: number;
  requests = 0;

  constructor(keys: readonly string[], pageSize: number) {
    this.#keys = [...keys].sort(byBytes);
    this.#pageSize = pageSize;
  }

  async list({ prefix, folders, after, token }: ListRequest): Promise<ListPage> {
    this.requests++;
    const start = token ?? after;
    const entries: { name: string; isFolder: boolean }[] = [];
    for (const key of this.#keys) {
      if (!key.startsWith(prefix) || (start !== undefined && byBytes(key, start) <= 0)) continue;
      const slash = folders ? key.indexOf('/', prefix.length) : -1;
      const name = slash < 0 ? key : key.slice(0, slash + 1);
      if (entries.at(-1)?.name !== name) entries.push({ name, isFolder: slash >= 0 });
    }
    const page = entries.slice(0, this.#pageSize);
    return {
      objects: page
        .filter(({ isFolder }) => !isFolder)
        .map(({ name }) => ({ key: name, size: 1, modified: new Date(0) })),
      folders: page.filter(({ isFolder }) => isFolder).map(({ name }) => name),
      ...(entries.length > page.length ? { token: page.at(-1)?.name ?? '' } : {}),
    };
  }
}

async function listedBy(keys: ListedKeys, prefix: string): Promise<string[]> {
  const requests = new Requests(keys as unknown as BucketClient, 's3://bucket/', PATIENT);
  const found: string[] = [];
  for await (const { key } of listTree(requests, prefix)) found.push(key);
  return found;
}

const segment = fc.constantFrom('a', 'b', 'c', 'd', '0', 'ab', 'a.b', '~', '\u{1F600}', '\uFF5E', '');
const key = fc.array(segment, { minLength: 1, maxLength: 5 }).map((segments) => segments.join('/'));

test('every key is listed exactly once, however the tree is shaped and paged', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(key, { maxLength: 120 }),
      fc.integer({ min: 1, max: 7 }),
      fc.constantFrom('', 'a/', 'a/b/', 'a'),
      async (keys, pageSize, prefix) => {
        const expected = keys.filter((name) => name !== '' && name.startsWith(prefix)).sort();
        const given = keys.filter((name) => name !== '');
        expect((await listedBy(new ListedKeys(given, pageSize), prefix)).sort()).toEqual(expected);
      },
    ),
    { numRuns: 500 },
  );
});

test.each([
  ['a few large folders', 5, 2000],
  ['many small folders', 2000, 5],
  ['one flat folder', 1, 10_000],
])('%s cost few requests beyond one a page', async (_, folders, each) => {
  const keys = Array.from({ length: folders * each }, (_, index) => {
    return `top/${String(index % folders).padStart(6, '0')}/${String(index).padStart(8, '0')}`;
  });
  const listed = new ListedKeys(keys, 100);
  expect(await listedBy(listed, '')).toHaveLength(keys.length);
  expect(listed.requests).toBeLessThan((keys.length / 100) * 3);
});
