import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { problemOfDataPath } from '../../src/base/files/data-path.ts';
import { VarveError } from '../../src/errors.ts';
import type { Digest } from '../../src/store/format/digest.ts';
import { metaInOrder, problemOfMeta } from '../../src/workspace/meta.ts';
import { formatPointer, type Pointer, parsePointer } from '../../src/workspace/pointer.ts';

const digest = fc.stringMatching(/^[0-9a-f]{64}$/).map((hex): Digest => `sha256:${hex}`);
const name = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
  .filter((text) => !text.includes('/') && problemOfDataPath(text) === undefined);
const count = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const pointer: fc.Arbitrary<Pointer> = fc
  .record(
    {
      path: name,
      kind: fc.constantFrom('file', 'directory'),
      digest,
      bytes: count,
      files: count,
      executable: fc.constant(true),
      blocks: digest,
      rows: count,
      profile: digest,
      source: fc
        .tuple(fc.constantFrom('s3', 'minio'), fc.webSegment({ size: 'small' }), name)
        .map(
          ([scheme, bucket, prefix]) =>
            `${scheme}://b${bucket.replaceAll(/[@:]/g, '')}/${prefix.replaceAll(/[?#]/g, '')}`,
        ),
      meta: fc
        .dictionary(fc.stringMatching(/^[a-z][a-z-]{0,39}$/), fc.string({ unit: 'grapheme', minLength: 1 }), {
          minKeys: 1,
        })
        .map((meta) => metaInOrder(Object.entries(meta))!)
        .filter((meta) => problemOfMeta(meta) === undefined),
    },
    { requiredKeys: ['path', 'kind', 'digest', 'bytes', 'files'] },
  )
  .filter(({ blocks, source }) => blocks === undefined || source === undefined);

test('what is written is read back, with any line ends, and is YAML that says the same', () => {
  fc.assert(
    fc.property(pointer, (written) => {
      const text = formatPointer(written);
      const where = `data/${written.path}.varve`;
      expect(parsePointer(text, where)).toEqual(written);
      expect(parsePointer(`# a remark\n\n${text.replaceAll('\n', '\r\n')}`, where)).toEqual(written);
      const { meta = {}, ...facts } = written;
      const said = Object.entries(meta).map(([key, value]) => [`meta-${key}`, value]);
      const version = said.length > 0 ? 4 : written.blocks === undefined ? 1 : 3;
      expect(parse(text)).toEqual({ varve: version, ...facts, ...Object.fromEntries(said) });
    }),
  );
});

test('text from anywhere is a pointer or an error that names the file', () => {
  const lines = fc.constantFrom(
    'varve: 1',
    'path: a',
    'kind: file',
    'digest: x',
    `digest: sha256:${'0'.repeat(64)}`,
    'bytes: 1',
    'files: 1',
    'rows: -1',
    'varve: 3',
    'varve: 4',
    'meta-license: MIT',
    'meta-: x',
    `blocks: sha256:${'0'.repeat(64)}`,
    '\0',
    'path: "\\u0000"',
    'path: "a',
    '<<<<<<< x',
    'source: "s3://b/p"',
    'source: s3://b/p',
    'endpoint: http://evil',
  );
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(lines, { maxLength: 12 }).map((all) => all.join('\n')),
  );
  fc.assert(
    fc.property(text, (any) => {
      try {
        expect(parsePointer(any, 'a.varve').path).toBe('a');
      } catch (error) {
        if (!(error instanceof VarveError)) throw error;
        expect(error.message).toContain('a.varve');
      }
    }),
  );
});

test.each([
  'https://bucket.example.org/x',
  'file:///etc',
  '/etc',
  's3://',
  's3:///etc',
  's3://b?endpoint=http://evil',
  's3://b#x',
  's3://@b/x',
  's3://key:secret@b/x',
  's3://key@b/x',
  's3://b/\u0000',
  's3://b/\n',
])('a source is a place in a bucket and nothing else: %j', (source) => {
  const text = `varve: 1\npath: a\nkind: directory\ndigest: sha256:${'0'.repeat(64)}\nbytes: 1\nfiles: 1\n`;
  expect(() => parsePointer(`${text}source: ${JSON.stringify(source)}\n`, 'a.varve')).toThrow(
    /`source` is not/,
  );
  expect(() => parsePointer(`${text}source: "s3://b"\nendpoint: http://evil\n`, 'a.varve')).toThrow(
    /no use for/,
  );
});

const ZEROS = `sha256:${'0'.repeat(64)}` as Digest;
const plain: Pointer = { path: 'a', kind: 'file', digest: ZEROS, bytes: 1, files: 1 };

test('where a dataset was imported from is read back, in a version that varve without imports refuses', () => {
  const text = fc.stringMatching(/^[a-z0-9@{}~^][ -~]{0,30}$/);
  const imported = fc.record(
    {
      repository: fc.constantFrom(
        'https://example.org/x.git',
        'git@example.org:x',
        '../x',
        '/srv/x',
        'ssh://git@h/x',
      ),
      path: fc.constantFrom('a', 'data/a.csv', 'dä/a b'),
      revision: text,
      commit: fc.stringMatching(/^([0-9a-f]{40}|[0-9a-f]{64})$/),
    },
    { requiredKeys: ['repository', 'path', 'commit'] },
  );
  fc.assert(
    fc.property(imported, (from) => {
      const written = formatPointer({ ...plain, imported: from });
      expect(parsePointer(written, 'a.varve')).toEqual({ ...plain, imported: from });
      const { repository, path, revision, commit } = from;
      expect(parse(written)).toEqual({
        varve: 2,
        ...plain,
        'imported-from': repository,
        'imported-path': path,
        ...(revision === undefined ? {} : { 'imported-revision': revision }),
        'imported-commit': commit,
      });
    }),
  );
});

test.each([
  ['varve: 2', 'varve: 1'],
  ['imported-from: "../x"', 'imported-from: "ext::sh -c id"'],
  ['imported-from: "../x"', 'imported-from: "--upload-pack=id"'],
  ['imported-from: "../x"', 'imported-from: "https://token@example.org/x"'],
  ['imported-from: "../x"', 'imported-from: "ssh://git:secret@example.org/x"'],
  ['imported-from: "../x"', 'imported-from: "https://example.org/x?token=secret"'],
  ['imported-path: a', 'imported-path: "../a"'],
  ['imported-path: a', 'imported-path: ".git/hooks"'],
  ['imported-revision: main', 'imported-revision: "--all"'],
  ['imported-commit: c', 'imported-commit: C'],
  ['imported-path: a\n', ''],
])('an import that says %j as %j is refused', (fact, hostile) => {
  const from = { repository: '../x', path: 'a', revision: 'main', commit: 'c'.repeat(40) };
  const text = formatPointer({ ...plain, imported: from });
  expect(text).toContain(fact);
  expect(() => parsePointer(text.replace(fact, hostile), 'a.varve')).toThrow(VarveError);
});
