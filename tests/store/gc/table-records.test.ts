import fc from 'fast-check';
import { expect, test } from 'vitest';
import { VarveError } from '../../../src/errors.ts';
import { hexDigestOf } from '../../../src/store/format/digest.ts';
import { parseTableRecord } from '../../../src/store/gc/table-records.ts';

const named = (text: string) =>
  [Buffer.from(text), `exports/${hexDigestOf(Buffer.from(text))}.json`] as const;

test('a record names whole objects, or is none', () => {
  const keys = [`objects/ab/${'0'.repeat(62)}`];
  expect(parseTableRecord(...named(JSON.stringify({ version: 1, table: 'tables/a', keys })))).toEqual({
    table: 'tables/a',
    keys,
  });
  const wrong = fc.oneof(
    fc.string(),
    fc.json(),
    fc.string().map((key) => JSON.stringify({ version: 1, table: 'a', keys: [key] })),
    fc.constant(JSON.stringify({ version: 2, table: 'a', keys: [] })),
  );
  fc.assert(
    fc.property(wrong, (text) => {
      expect(() => parseTableRecord(...named(text))).toThrow(VarveError);
    }),
  );
  expect(() => parseTableRecord(Buffer.from('{}'), named('[]')[1])).toThrow(/do not match its name/);
});
