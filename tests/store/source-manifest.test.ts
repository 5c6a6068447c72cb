import fc from 'fast-check';
import { expect, test } from 'vitest';
import { problemOfDataPath } from '../../src/base/files/data-path.ts';
import { comparePaths } from '../../src/base/files/path-order.ts';
import { digestOf } from '../../src/store/format/digest.ts';
import {
  encodeSourceManifest,
  readSourceManifest,
  type SourceManifestEntry,
} from '../../src/store/format/source-manifest.ts';

const digest = digestOf(Buffer.from('x'));

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

async function encoded(files: readonly SourceManifestEntry[]): Promise<Buffer> {
  const pieces = [];
  for await (const piece of encodeSourceManifest(each(files))) pieces.push(piece);
  return Buffer.concat(pieces);
}

async function read(bytes: Uint8Array): Promise<SourceManifestEntry[]> {
  const files = [];
  for await (const file of readSourceManifest([bytes], 'test')) files.push(file);
  return files;
}

const path = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
  .filter((any) => problemOfDataPath(any) === undefined && !any.endsWith('/'));
const fields: fc.Arbitrary<SourceManifestEntry> = fc.record(
  {
    path,
    key: path,
    size: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
    etag: fc.stringMatching(/^[!#-~]{1,40}$/),
    version: fc.stringMatching(/^[!-~]{1,40}$/),
    digest: fc.constant(digest),
  },
  { requiredKeys: ['path', 'size', 'etag'] },
);
const file = fields.filter((any) => any.key !== any.path);

test('what is written is read, and is the same bytes again', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(file, { selector: ({ path }) => path, maxLength: 20 }), async (any) => {
      const files = any
        .filter(({ path }) => !any.some((other) => path.startsWith(`${other.path}/`)))
        .sort((a, b) => comparePaths(a.path, b.path));
      const bytes = await encoded(files);
      expect(await read(bytes)).toEqual(files);
      expect(await encoded(await read(bytes))).toEqual(bytes);
    }),
  );
});

test('a source that is a single object has one file without a name', async () => {
  const files = [{ path: '', size: 1, etag: 'e', digest }];
  expect(await read(await encoded(files))).toEqual(files);
});

test.each([
  ['leads out', '{"path":"../x","size":1,"etag":"e"}'],
  ['leads out in the middle', '{"path":"a/../../x","size":1,"etag":"e"}'],
  ['absolute', '{"path":"/etc/passwd","size":1,"etag":"e"}'],
  ['NUL', '{"path":"a\\u0000b","size":1,"etag":"e"}'],
  ['backslash', '{"path":"..\\\\x","size":1,"etag":"e"}'],
  ['half a character', '{"path":"\\ud800","size":1,"etag":"e"}'],
  ['Git folder', '{"path":".git/hooks/pre-push","size":1,"etag":"e"}'],
  ['folder', '{"path":"a/","size":0,"etag":"e"}'],
  ['key that leads out', '{"path":"a","key":"../x","size":1,"etag":"e"}'],
  ['key that leads out in the middle', '{"path":"a","key":"b/../../x","size":1,"etag":"e"}'],
  ['key that leads out at its end', '{"path":"a","key":"b/..","size":1,"etag":"e"}'],
  ['key of a dot', '{"path":"a","key":"./b","size":1,"etag":"e"}'],
  ['absolute key', '{"path":"a","key":"/b","size":1,"etag":"e"}'],
  ['key with a backslash', '{"path":"a","key":"..\\\\b","size":1,"etag":"e"}'],
  ['key of a folder', '{"path":"a","key":"b/","size":1,"etag":"e"}'],
  ['key that is the path', '{"path":"a","key":"a","size":1,"etag":"e"}'],
  ['key of a single object', '{"path":"","key":"a","size":1,"etag":"e"}'],
  ['no size', '{"path":"a","etag":"e"}'],
  ['negative', '{"path":"a","size":-1,"etag":"e"}'],
  ['endless', '{"path":"a","size":1e999,"etag":"e"}'],
  ['no identity', '{"path":"a","size":1}'],
  ['header in an ETag', '{"path":"a","size":1,"etag":"e\\r\\nX: y"}'],
  ['quoted ETag', '{"path":"a","size":1,"etag":"\\"e\\""}'],
  ['empty ETag', '{"path":"a","size":1,"etag":""}'],
  ['version of another type', '{"path":"a","size":1,"etag":"e","version":1}'],
  ['version with a line', '{"path":"a","size":1,"etag":"e","version":"v\\n"}'],
  ['no digest', '{"path":"a","size":1,"etag":"e","digest":"md5:0"}'],
  ['more', '{"path":"a","size":1,"etag":"e","endpoint":"http://evil"}'],
  ['other order', '{"size":1,"path":"a","etag":"e"}'],
  ['space', '{"path": "a","size":1,"etag":"e"}'],
  ['twice', '{"path":"a","size":1,"etag":"e"}\n{"path":"a","size":1,"etag":"e"}'],
  ['unsorted', '{"path":"b","size":1,"etag":"e"}\n{"path":"a","size":1,"etag":"e"}'],
  ['below a file', '{"path":"a","size":1,"etag":"e"}\n{"path":"a/b","size":1,"etag":"e"}'],
  ['an ordinary manifest', `{"path":"a","size":1,"digest":"${digest}"}`],
])('hostile: %s', async (_, text) => {
  await expect(read(Buffer.from(`${text}\n`))).rejects.toMatchObject({
    code: expect.stringMatching(/^(manifest-damaged|digest-invalid)$/),
  });
});

test('keys that cannot lie beside one another are named when they are listed', async () => {
  const at = (path: string) => ({ path, size: 1, etag: 'e' });
  await expect(encoded([at('a'), at('a/b')])).rejects.toMatchObject({ code: 'key-unsupported', path: 'a/b' });
  await expect(encoded([at('a'), at('a')])).rejects.toMatchObject({ code: 'source-changed', path: 'a' });
});
