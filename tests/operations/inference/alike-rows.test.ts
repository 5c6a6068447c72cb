import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AlikeRows } from '../../../src/operations/inference/alike-rows.ts';

const like = (...texts: string[]) => {
  const rows = new AlikeRows('at');
  for (const text of texts) rows.learn(JSON.parse(text), text);
  return rows;
};

test('rows of the names of one before are known again, and what stands in the field that was asked for', () => {
  const rows = like('{"a":1,"at":"x"}', '{"b.c":null}');
  for (const [text, asked] of [
    ['{"a":-0.5e+7,"at":12}', '12'],
    ['{"a":"\\"\\\\ é \\u00e9","at":"2025-01-01"}', '"2025-01-01"'],
    [' {\t"a" : true ,"at": null } ', 'null'],
    ['{"b.c":"{}"}', undefined],
  ] as const)
    expect(rows.find(text), text).toEqual({ asked });
});

test('what may be no row, or another one, is not known', () => {
  const rows = like('{"a":1,"at":"x"}', '{"b.c":null}', '{"list":[]}', '{"inner":{"a":1}}');
  for (const text of [
    '{}',
    '{"at":1,"a":1}',
    '{"a":1}',
    '{"a":1,"at":1,"at":2}',
    '{"a":1,"at":2,}',
    '{"a":1,"at":2}}',
    '[{"a":1,"at":2}]',
    '{"a":01,"at":2}',
    '{"a":.5,"at":2}',
    '{"a":NaN,"at":2}',
    '{"a":"\\ud800","at":2}',
    '{"a":"\\x","at":2}',
    '{"a":"\u0001","at":2}',
    '{"a":1,\n"at":2}',
    '{"a":[1],"at":2}',
    '{"b_c":1}',
    '{"list":[]}',
    '{"inner":{"a":1}}',
  ])
    expect(rows.find(text), text).toBeUndefined();
  rows.clear();
  expect(rows.find('{"b.c":null}')).toBeUndefined();
});

test('rows that are written otherwise than their pattern has them take no place of others', () => {
  for (const text of ['{"a":"\\ud83d\\ude00"}', '{"\\u00e9":1}', '{"b":1,"1":2}']) {
    const rows = like(...Array.from({ length: 40 }, () => text), '{"z":1}');
    expect(rows.find(text), text).toBeUndefined();
    expect(rows.find('{"z":2}'), text).toBeDefined();
  }
});

test('long rows and names are no trouble', () => {
  const names = Object.fromEntries(Array.from({ length: 256 }, (_, at) => [`${at}x`.padEnd(240, '(?:'), at]));
  const text = JSON.stringify(names);
  expect(like(text).find(text)).toEqual({ asked: undefined });
  const rows = like('{"a":1}', JSON.stringify({ ['x'.repeat(100_000)]: 1 }));
  expect(rows.find(`{"a":"${'\\'.repeat(8_000_000)}"}`)).toBeUndefined();
  expect(rows.find(`{"a":"${'\\'.repeat(30_000)}"}`)).toBeDefined();
});

test('whatever is known again is JSON with these names and plain values, and all that is written like it is', () => {
  const value = fc.oneof(fc.string({ unit: 'grapheme' }), fc.double(), fc.integer(), fc.boolean());
  const name = fc.string({ unit: 'grapheme', minLength: 1 }).filter((one) => !/^\d+$/.test(one));
  fc.assert(
    fc.property(fc.dictionary(name, value), fc.array(value), fc.nat(), (row, values, cut) => {
      const rows = like(JSON.stringify(row));
      const other = Object.fromEntries(Object.keys(row).map((one, at) => [one, values[at] ?? null]));
      const text = JSON.stringify(other);
      expect(rows.find(text)).toBeDefined();
      const broken = `${text.slice(0, cut % text.length)}${text.slice((cut % text.length) + 1)}`;
      if (rows.find(broken) !== undefined) expect(Object.keys(JSON.parse(broken))).toEqual(Object.keys(row));
    }),
  );
});
