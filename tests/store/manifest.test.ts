import fc from 'fast-check';
import { expect, test } from 'vitest';
import { problemOfDataPath } from '../../src/base/files/data-path.ts';
import { comparePaths } from '../../src/base/files/path-order.ts';
import { digestOf } from '../../src/store/format/digest.ts';
import { encodeManifest, type ManifestEntry, readManifest } from '../../src/store/format/manifest.ts';

const digest = digestOf(Buffer.from('x'));

async function read(bytes: Uint8Array, piece = 1000): Promise<ManifestEntry[]> {
  const pieces = [];
  for (let at = 0; at < bytes.length; at += piece) pieces.push(bytes.subarray(at, at + piece));
  const entries = [];
  for await (const entry of readManifest(pieces, 'test')) entries.push(entry);
  return entries;
}

const segment = fc
  .string({ minLength: 1, maxLength: 12, unit: 'grapheme' })
  .filter((text) => !text.includes('/') && problemOfDataPath(text) === undefined);

test('what is written is read, however it is cut', async () => {
  const names = fc.uniqueArray(segment, { maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(
      names,
      fc.boolean(),
      fc.integer({ min: 1, max: 200 }),
      async (files, executable, piece) => {
        const entries = files
          .sort(comparePaths)
          .map((name, size) => ({ path: `d/${name}`, size, digest, ...(executable ? { executable } : {}) }));
        const bytes = Buffer.concat([...encodeManifest(entries as ManifestEntry[])]);
        expect(await read(bytes, piece)).toEqual(entries);
      },
    ),
    { numRuns: 200 },
  );
});

const line = (path: string, rest = `"size":1,"digest":"${digest}"`) =>
  `{"path":${JSON.stringify(path)},${rest}}\n`;

test.each([
  ['parent', line('../x')],
  ['parent inside', line('a/../x')],
  ['absolute', line('/etc/passwd')],
  ['empty part', line('a//b')],
  ['dot', line('./a')],
  ['backslash', line('a\\b')],
  ['NUL', line('a\0b')],
  ['empty', line('')],
  ['.git', line('sub/.GIT/config')],
  ['.varve', line('.varve/config.local.yaml')],
  ['control character', line('a\nb')],
  ['long part', line('a'.repeat(256))],
  ['long path', line('a/'.repeat(3000))],
  ['lone surrogate', '{"path":"\\ud800","size":1}\n'],
  ['unsorted', line('b') + line('a')],
  ['twice', line('a') + line('a')],
  ['file and folder', line('a') + line('a-b') + line('a/b')],
  ['empty folder that is not', line('a/', '"size":0') + line('a/b')],
  ['folder with bytes', line('a/', '"size":4')],
  ['no digest', line('a', '"size":1')],
  ['negative size', line('a', `"size":-1,"digest":"${digest}"`)],
  ['huge size', line('a', `"size":1e300,"digest":"${digest}"`)],
  ['another key', line('a', `"size":1,"digest":"${digest}","mode":7`)],
  ['another form', line('a', `"size": 1,"digest":"${digest}"`)],
  ['bad digest', line('a', '"size":1,"digest":"md5:00"')],
  ['no newline', line('a').trimEnd()],
  ['not JSON', 'hello\n'],
  ['null', 'null\n'],
  ['prototype', '{"__proto__":{"path":"a"},"size":1}\n'],
  ['endless line', 'x'.repeat(100_000)],
])('refuses %s', async (_name, text) => {
  await expect(read(Buffer.from(text))).rejects.toMatchObject({
    code: expect.stringMatching(/^(manifest-damaged|digest-invalid)$/),
  });
});

test('keeps empty folders and executables', async () => {
  const entries: ManifestEntry[] = [
    { path: 'a-b', size: 1, digest },
    { path: 'a/', size: 0 },
    { path: 'run', size: 2, digest, executable: true },
  ];
  expect(await read(Buffer.concat([...encodeManifest(entries)]))).toEqual(entries);
});
