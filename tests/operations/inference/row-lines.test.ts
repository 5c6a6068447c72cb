import fc from 'fast-check';
import { expect, test } from 'vitest';
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
