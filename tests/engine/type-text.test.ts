import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { columnsTogether } from '../../src/engine/check-rows.ts';
import { openEngine } from '../../src/engine/duckdb.ts';
import { identifier } from '../../src/engine/quote.ts';
import { typeSql } from '../../src/engine/type-text.ts';

const SCALARS = [
  'INTEGER',
  'DECIMAL(18,3)',
  'TIMESTAMP WITH TIME ZONE',
  'TIME WITH TIME ZONE',
  'VARCHAR',
  'BLOB',
  'JSON',
  'UUID',
  'BIGNUM',
  'TIMESTAMP_NS',
  'INTERVAL',
  'BIT',
];
/** Names of fields and values of enumerations, which data may call what it likes. */
const name = fc
  .oneof(
    fc.constantFrom('a', 'A b', '"', "'", '--', '/*', ') AS x', 'ü', 'select', 'o\'b"x', ', b INTEGER'),
    fc.string({ minLength: 1, unit: 'grapheme' }),
  )
  .filter((text) => !text.includes('\0'));

const { type } = fc.letrec<{ type: string; scalar: string }>((tie) => ({
  scalar: fc.oneof(
    fc.constantFrom(...SCALARS),
    fc
      .uniqueArray(name, { minLength: 1, maxLength: 3 })
      .map((values) => `ENUM(${values.map((value) => `'${value.replaceAll("'", "''")}'`).join(', ')})`),
  ),
  type: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    tie('scalar'),
    tie('type').map((inner) => `${inner}[]`),
    tie('type').map((inner) => `${inner}[3]`),
    fc.tuple(tie('type'), tie('type')).map(([key, value]) => `MAP(${key}, ${value})`),
    fc
      .uniqueArray(fc.tuple(name, tie('type')), {
        minLength: 1,
        maxLength: 3,
        selector: ([field]) => field.toLowerCase(),
      })
      .chain((fields) =>
        fc
          .constantFrom('STRUCT', 'UNION')
          .map((kind) => `${kind}(${fields.map(([field, of]) => `${identifier(field)} ${of}`).join(', ')})`),
      ),
  ),
}));

test('every type is read as the engine writes it, and stays what it is', async () => {
  const engine = await openEngine([]);
  const written = async (sql: string) =>
    (await engine.describe(`(SELECT CAST(NULL AS ${sql}) AS x)`))[0]!.type.text;
  await fc.assert(
    fc.asyncProperty(type, async (sql) => {
      const text = await written(sql);
      const again = typeSql(text);
      expect([text, again === undefined]).toEqual([text, false]);
      expect(await written(again!)).toBe(text);
    }),
    { numRuns: 200 },
  );
  engine.close();
});

describe('what is no type is not run', () => {
  test.each([
    'INT) --',
    'INT) || CAST(1 AS INT',
    'INT), (SELECT 1',
    'INT) /*',
    'INT --',
    'INT; SELECT 1',
    'DECIMAL(1+1)',
    "ENUM('a', (SELECT 'b'))",
    'ENUM(SELECT 1)',
    'STRUCT("a" INT',
    'STRUCT()',
    'INT[(1)]',
    'INT COLLATE NOCASE',
    'TIMESTAMP WITH ZONE',
    '"a" INT',
    '',
    ' ',
  ])('%s', (text) => {
    expect(typeSql(text)).toBeUndefined();
  });

  test('nor what has more levels than any type', () => {
    expect(typeSql(`${'STRUCT(a '.repeat(10_000)}INT${')'.repeat(10_000)}`)).toBeUndefined();
    expect(typeSql(`INT${'[]'.repeat(10_000)}`)).toBeUndefined();
  });

  test('beside a column whose name goes on where it ends', async () => {
    for (const text of ['INT) --', 'INT) || CAST(1 AS INT'])
      await expect(
        columnsTogether([
          [
            { name: 'q', type: text },
            { name: "a\n, current_setting('memory_limit') AS leaked, 1 AS b --", type: 'INT' },
          ],
        ]),
      ).rejects.toMatchObject({ code: 'expression-invalid' });
  });

  test('nor a type that the engine has not, nor types that do not go together', async () => {
    await expect(columnsTogether([[{ name: 'x', type: 'NOTHING' }]])).rejects.toMatchObject({
      code: 'expression-invalid',
    });
    await expect(
      columnsTogether([
        [{ name: 'x', type: 'UNION("a" INTEGER, "b" VARCHAR)' }],
        [{ name: 'x', type: 'STRUCT("a" INTEGER)' }],
      ]),
    ).rejects.toMatchObject({ code: 'expression-invalid' });
  });

  test('and whoever gives up is heard', async () => {
    const columns = Array.from({ length: 50 }, (_, at) => ({ name: `c${at}`, type: 'INTEGER' }));
    await expect(
      columnsTogether([columns, columns], { signal: AbortSignal.abort(new Error('enough')) }),
    ).rejects.toThrow('enough');
  });
});
