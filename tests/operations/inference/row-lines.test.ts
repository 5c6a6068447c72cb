import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ANY_NAME, nestedName } from '../../../src/operations/inference/columns.ts';
import { NewNames, RowLines } from '../../../src/operations/inference/row-lines.ts';

const lines = () => new RowLines(new NewNames(new Set()));

test('a row keeps the text that it was written with, whatever its strings hold', () => {
  const text = fc.string({ unit: 'grapheme' });
  const row = fc.dictionary(
    text,
    fc.oneof(
      text,
      fc.integer(),
      fc.array(text),
      fc.dictionary(text, fc.constantFrom('":', '\\":', '"', '\\')),
    ),
  );
  fc.assert(
    fc.property(row, fc.constantFrom(0, 1), (value, indent) => {
      const written = JSON.stringify(value, undefined, indent).replaceAll('\n', '');
      fc.pre(!written.includes('\\u0000'));
      expect(lines().of(JSON.parse(written), written)).toBe(written);
    }),
  );
});

test('a row with a key twice is written anew, as it was understood', () => {
  for (const text of ['{"a":1,"a":2}', '{"b" : {"x":1, "x" : 2}}', '{"c":[{"y":"\\"","y":":"}]}'])
    expect(lines().of(JSON.parse(text), text)).toBe(JSON.stringify(JSON.parse(text)));
});

test('a row that the engine cannot read is refused', () => {
  const of = (text: string) => () => lines().of(JSON.parse(text), text);
  expect(of('{"a":"\\ud800"}')).toThrow('no Unicode');
  expect(of('{"a\\u0000":1}')).toThrow('no text');
  expect(of(`{"a":${'['.repeat(200)}${']'.repeat(200)}}`)).toThrow('nested');
});

test('names are counted at every depth, but within maps, and are not too long', () => {
  const known = new Set(['age', 'tags', nestedName('tags', ANY_NAME), 'trip', nestedName('trip', 'fare')]);
  const take = (...rows: object[]) => {
    const names = new NewNames(known);
    for (const row of rows) names.take(row as Record<string, unknown>);
  };
  const many = (count: number, from = 0) =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${from + at}`, at]));
  take({ age: many(999) }, { age: many(999), other: 1 });
  take({ tags: many(5000), trip: [{ fare: 1 }, many(1000)] });
  for (const rows of [
    [{ age: many(1001) }],
    [{ age: { deep: [[many(999)]] } }, { trip: { tip: 1 } }],
    Array.from({ length: 11 }, (_, at) => ({ trip: [many(100, at * 100)] })),
    [many(1001)],
  ])
    expect(() => take(...rows)).toThrow('more than 1000 names');
  expect(() => take({ ['x'.repeat(1001)]: 1 })).toThrow('longer than 1000 characters');
  expect(() => take({ trip: { ['x'.repeat(996)]: 1 } })).toThrow('longer than 1000 characters');
  // Of what is kept as it comes, the names within values are no concern.
  new NewNames(undefined).take({ a: many(5000) });
});
