import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { openEngine } from '../../src/engine/duckdb.ts';
import { typicalRows } from '../../src/engine/formats/text/typical-rows.ts';
import { openTableSource } from '../../src/engine/source.ts';

const folder = mkdtempSync(join(tmpdir(), 'varve-typical-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const rowsPath = join(folder, 'rows.jsonl');
const typicalPath = join(folder, 'typical.jsonl');
/** Written the same, and read by the engine's look at all rows. */
const wholePath = join(folder, 'rows.json');

const engine = openEngine([rowsPath, typicalPath, wholePath]);
afterAll(async () => (await engine).close());

const reader = (path: string) => `read_json('${path}', format = 'newline_delimited', sample_size = -1)`;

async function typesOf(path: string): Promise<readonly (readonly [string, string])[]> {
  const [names, types] = (await (await engine).query(`DESCRIBE FROM ${reader(path)}`)) as [
    string[],
    string[],
  ];
  return names.map((name, at) => [name, types[at]!] as const);
}

/** Values as they are written; few of a kind, so that rows have much in common. */
const VALUES = [
  ['null', 'true', 'false'],
  ['0', '-1', '999999999999999999', '1.0', '-2.5e3', '1E5'],
  ['-0', '9223372036854775808', '1e400', '1'],
  ['"2025-01-01"', '"2024-02-29"', '"2025-12-31"', 'null'],
  ['"2025-01-01"', '"2025-02-30"', '"2025-13-01"', '"0001-01-01"', '"25-01-01"'],
  ['"2025-01-01T00:00:00Z"', '"1999-12-31T23:59:59Z"'],
  ['"2025-01-01T00:00:00Z"', '"2025-01-01T23:59:59.123Z"', '"2025-01-01 00:00:00"', '"2025-01-01 24:00:00"'],
  ['"2025-01-01T00:00:00.1234567Z"', '"2025-01-01T00:00:00+02:00"', '"01/02/2025"', '"01-02-25"'],
  ['"12:30:00"', '"a"', '""', '"1"', '"\\u00e9"', '"é"', '"9f7c2c0e-1c5b-4d43-a0ad-0a1b2c3d4e5f"'],
];

test('types that typical rows are sure of are those that the engine finds when it looks at all rows', async () => {
  const value = fc.oneof(...VALUES.map((each) => fc.constantFrom(...each)));
  const column = fc.oneof(...VALUES.map((each) => fc.array(fc.constantFrom(...each), { minLength: 1 })));
  const columns = fc.dictionary(
    fc.constantFrom('a', 'b', 'c.d', 'é', 'A'),
    fc.oneof({ arbitrary: column, weight: 9 }, fc.array(value)),
    {
      minKeys: 1,
    },
  );
  let sure = 0;
  await fc.assert(
    fc.asyncProperty(columns, fc.nat({ max: 3 }), async (table, gap) => {
      const count = Math.max(...Object.values(table).map((each) => each.length));
      const lines = Array.from({ length: count }, (_, row) => {
        const fields = Object.entries(table).flatMap(([name, values], at) =>
          values[row] === undefined || (gap > 0 && row % 4 === gap && at % 2 === 0)
            ? []
            : [`"${name}": ${values[row]}`],
        );
        return `{${fields.join(', ')}}\n`;
      });
      writeFileSync(rowsPath, lines.join(''));
      const typical = await typicalRows({ absolutePath: rowsPath, path: 'rows.jsonl' }, undefined);
      if (typical === undefined) return;
      writeFileSync(typicalPath, typical.text, 'latin1');
      const types = await typesOf(typicalPath).catch(() => []);
      if (types.length === 0 || !types.every(([name, type]) => typical.isSure(name, type))) return;
      expect(types.map(([name]) => name)).toEqual(typical.names);
      const columnTypes = types.map(([name, type]) => `'${name}': '${type}'`).join(', ');
      const read = `read_json('${rowsPath}', format = 'newline_delimited', columns = {${columnTypes}})`;
      const { query } = await engine;
      const found = await query(`FROM ${read}`).catch(() => undefined);
      // What cannot be read is looked at as a whole.
      if (found === undefined) return;
      sure++;
      expect(types).toEqual(await typesOf(rowsPath));
      expect(found).toEqual(await query(`FROM ${reader(rowsPath)}`));
    }),
    { numRuns: 300 },
  );
  expect(sure).toBeGreaterThan(30);
});

describe('of many rows', () => {
  const row = (at: number) =>
    `{"id":${at},"at":"2025-01-01T00:00:${String(at % 60).padStart(2, '0')}Z","day":"2025-01-${String(1 + (at % 28)).padStart(2, '0')}","word":"${'w'.repeat(at % 40)}","share":${at / 7},"none":null}\n`;
  const rows = Array.from({ length: 12_000 }, (_, at) => row(at)).join('');

  test.each([
    ['like the others', row(5)],
    ['without an end', row(5).trimEnd()],
    ['with another name', '{"id":1,"other":2}\n'],
    ['of another type', '{"id":"x","none":1}\n'],
    ['with a number that is none of 64 bits', '{"id":18446744073709551615}\n'],
    ['with no such day', '{"day":"2025-02-30"}\n'],
    ['with a time of another form', '{"at":"2025-01-01 00:00:00","day":"2025-01-01T00:00:00Z"}\n'],
    ['with a list', '{"id":1,"none":[1,{"a":2}]}\n'],
    ['of lines that end otherwise', row(5).replace('\n', '\r\n')],
  ])('a last one %s makes of them what it makes of rows that are all looked at', async (_, last) => {
    const found = [];
    for (const path of [rowsPath, wholePath]) {
      writeFileSync(path, rows + last);
      const source = await openTableSource(await engine, [{ absolutePath: path, path }], undefined, 'found');
      found.push([source.columns, await (await engine).query('FROM found ORDER BY ALL')]);
      await (await engine).query('DROP TABLE found');
    }
    expect(found[0]).toEqual(found[1]);
  });

  test('names and texts of a megabyte are no trouble', async () => {
    for (const line of [`{"${'x'.repeat(900_000)}":1}\n`, `{"a":"${'\\\\'.repeat(450_000)}"}\n`]) {
      writeFileSync(rowsPath, line + line);
      const source = await openTableSource(await engine, [{ absolutePath: rowsPath, path: rowsPath }]);
      expect(source.columns).toHaveLength(1);
      await (await engine).query('DROP TABLE source');
    }
  });

  test.each([
    ['that is cut', '{"id":1,"wor'],
    ['with a comma too many', '{"id":1,}\n'],
    ['that has a name twice', '{"id":1,"id":2}\n'],
    ['with text that is no UTF-8', '{"word":"\xff"}\n'],
  ])('one %s is told of as where all are looked at', async (_, last) => {
    writeFileSync(rowsPath, Buffer.from(rows + last, 'latin1'));
    const open = async () =>
      openTableSource(await engine, [{ absolutePath: rowsPath, path: rowsPath }], undefined, 'found');
    await expect(open()).rejects.toMatchObject({ path: rowsPath });
  });
});
