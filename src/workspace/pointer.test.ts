import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { VarveError } from '../errors.ts';
import type { Digest } from '../store/digest.ts';
import { formatPointer, type Pointer, parsePointer } from './pointer.ts';

const digest = fc.stringMatching(/^[0-9a-f]{64}$/).map((hex): Digest => `sha256:${hex}`);
const name = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
  .filter((text) => !/[\x00-\x1f\x7f/\\]/.test(text) && text !== '.' && text !== '..');
const count = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const pointer: fc.Arbitrary<Pointer> = fc.record(
  {
    path: name,
    kind: fc.constantFrom('file', 'directory'),
    digest,
    bytes: count,
    files: count,
    executable: fc.constant(true),
    rows: count,
    profile: digest,
  },
  { requiredKeys: ['path', 'kind', 'digest', 'bytes', 'files'] },
);

test('what is written is read back, with any line ends, and is YAML that says the same', () => {
  fc.assert(
    fc.property(pointer, (written) => {
      const text = formatPointer(written);
      const where = `data/${written.path}.varve`;
      expect(parsePointer(text, where)).toEqual(written);
      expect(parsePointer(`# a remark\n\n${text.replaceAll('\n', '\r\n')}`, where)).toEqual(written);
      expect(parse(text)).toEqual({ varve: 1, ...written });
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
    '\0',
    'path: "\\u0000"',
    'path: "a',
    '<<<<<<< x',
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
