import fc from 'fast-check';
import { expect, test } from 'vitest';
import { judgeConditions } from '../../src/server/s3/conditions.ts';
import { parseListQuery } from '../../src/server/s3/listing.ts';
import { parseRange } from '../../src/server/s3/range.ts';
import { Refusal } from '../../src/server/s3/refusal.ts';
import { xmlDocument, xmlElement } from '../../src/server/s3/xml.ts';

test('every form of one range is read; what is none, and several, ask for the whole', () => {
  expect(parseRange('bytes=0-3', 10)).toEqual({ offset: 0, length: 4 });
  expect(parseRange('bytes=9-', 10)).toEqual({ offset: 9, length: 1 });
  expect(parseRange('bytes=4-400', 10)).toEqual({ offset: 4, length: 6 });
  expect(parseRange('Bytes = 4 - 5', 10)).toEqual({ offset: 4, length: 2 });
  expect(parseRange('bytes=-3', 10)).toEqual({ offset: 7, length: 3 });
  expect(parseRange('bytes=-300', 10)).toEqual({ offset: 0, length: 10 });
  const far = '18446744073709551616';
  for (const last of [far, '9'.repeat(400), '0'.repeat(40) + far])
    expect(parseRange(`bytes=2-${last}`, 10)).toEqual({ offset: 2, length: 8 });
  expect(parseRange(`bytes=-${far}`, 10)).toEqual({ offset: 0, length: 10 });
  for (const range of ['bytes=10-', 'bytes=10-12', 'bytes=-0', `bytes=${far}-`, `bytes=${far}-${far}0`])
    expect(parseRange(range, 10)).toBe('unsatisfiable');
  for (const range of ['bytes=0-', 'bytes=-1']) expect(parseRange(range, 0)).toBe('unsatisfiable');
  for (const range of [
    undefined,
    '',
    'bytes=',
    'bytes=-',
    'bytes=3-2',
    'bytes=0-1,3-4',
    'rows=0-1',
    'bytes=a-b',
    'bytes=1e3-',
  ])
    expect(parseRange(range, 10)).toBeUndefined();
});

test('a range is always within the object', () => {
  const header = fc.oneof(
    fc.string().map((text) => `bytes=${text}`),
    fc.tuple(fc.nat(), fc.option(fc.nat())).map(([a, b]) => `bytes=${a}-${b ?? ''}`),
    fc.nat().map((length) => `bytes=-${length}`),
    fc.stringMatching(/^[0-9,=-]{0,30}$/).map((text) => `bytes=${text}`),
  );
  fc.assert(
    fc.property(header, fc.nat(1000), (text, size) => {
      const range = parseRange(text, size);
      if (range === undefined || range === 'unsatisfiable') return;
      expect(range.offset).toBeGreaterThanOrEqual(0);
      expect(range.length).toBeGreaterThan(0);
      expect(range.offset + range.length).toBeLessThanOrEqual(size);
    }),
  );
});

test('conditions are judged as RFC 9110 has it', () => {
  const state = { etag: '"abc"', time: Date.parse('2026-01-01T00:00:00Z') / 1000 };
  const before = 'Wed, 31 Dec 2025 00:00:00 GMT';
  const after = 'Fri, 02 Jan 2026 00:00:00 GMT';
  const judge = (headers: Record<string, string>): string | undefined => judgeConditions(headers, state);
  expect(judge({})).toBeUndefined();
  expect(judge({ 'if-match': '"abc"' })).toBeUndefined();
  expect(judge({ 'if-match': 'abc' })).toBeUndefined();
  expect(judge({ 'if-match': '"x", "abc"' })).toBeUndefined();
  expect(judge({ 'if-match': '*' })).toBeUndefined();
  expect(judge({ 'if-match': '"x"' })).toBe('failed');
  expect(judge({ 'if-match': '"abc"', 'if-unmodified-since': before })).toBeUndefined();
  expect(judge({ 'if-unmodified-since': before })).toBe('failed');
  expect(judge({ 'if-unmodified-since': after })).toBeUndefined();
  expect(judge({ 'if-none-match': '"abc"' })).toBe('unmodified');
  expect(judge({ 'if-none-match': 'W/"abc"' })).toBe('unmodified');
  expect(judge({ 'if-none-match': '"x"', 'if-modified-since': after })).toBeUndefined();
  expect(judge({ 'if-modified-since': after })).toBe('unmodified');
  expect(judge({ 'if-modified-since': before })).toBeUndefined();
  expect(judge({ 'if-modified-since': 'yesterday', 'if-unmodified-since': 'never' })).toBeUndefined();
});

test('the parameters of a listing are read, and a page has a thousand keys at most', () => {
  const read = (text: string) => parseListQuery(new Map(new URLSearchParams(text)));
  expect(read('list-type=2&max-keys=5000&fetch-owner=true')).toMatchObject({
    version: 2,
    maxKeys: 1000,
    hasOwner: true,
  });
  expect(read('marker=a&max-keys=0')).toMatchObject({ version: 1, after: 'a', maxKeys: 0, hasOwner: true });
  for (const text of ['max-keys=many', 'max-keys=-1', 'max-keys=1.5', 'encoding-type=base64'])
    expect(() => read(text)).toThrow(Refusal);
  fc.assert(
    fc.property(
      fc.dictionary(fc.constantFrom('list-type', 'max-keys', 'encoding-type', 'prefix'), fc.string()),
      (query) => {
        try {
          expect(parseListQuery(new Map(Object.entries(query))).maxKeys).toBeLessThanOrEqual(1000);
        } catch (error) {
          expect(error).toBeInstanceOf(Refusal);
        }
      },
    ),
  );
});

test('text of anyone is text in a document', () => {
  expect(
    xmlDocument(
      xmlElement('A', [xmlElement('B', `<x a="1">&amp;\r\u0001`), undefined, xmlElement('C', 1)]),
      false,
    ),
  ).toBe(
    '<?xml version="1.0" encoding="UTF-8"?>\n<A><B>&lt;x a=&quot;1&quot;&gt;&amp;amp;&#13;\ufffd</B><C>1</C></A>',
  );
});
