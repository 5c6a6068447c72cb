import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type ExportColumn,
  type ExportedRows,
  type ExportFormat,
  exportRows,
} from '../../src/engine/export-rows.ts';
import { isCutByContent } from '../../src/store/chunking/parquet-pages.ts';

let folder: string;
let files = 0;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'varve-export-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Row = readonly (string | null)[];
interface Exported extends Omit<ExportedRows, 'path'> {
  readonly path: string;
  readonly bytes: Buffer;
}

/** Export rows, each value as a database writes it, and keep the file. */
async function exported(
  columns: readonly ExportColumn[],
  rows: Iterable<Row>,
  { key = [], format = 'parquet' }: { key?: readonly string[]; format?: ExportFormat } = {},
): Promise<Exported> {
  const read = async ({ cells, endRow }: { cells: readonly Cell[]; endRow(): Promise<void> | undefined }) => {
    for (const row of rows) {
      for (const [at, value] of row.entries()) {
        const bytes = Buffer.from(value ?? '');
        if (value === null) cells[at]!.addNull();
        else cells[at]!.addBytes(bytes, 0, bytes.length);
      }
      await endRow();
    }
  };
  return exportRows(
    columns,
    (sink) => read({ cells: sink.cells, endRow: () => sink.endRow() }),
    { format, key },
    async ({ path, ...facts }) => {
      const kept = join(folder, `${files++}.${format}`);
      copyFileSync(path, kept);
      return { ...facts, path: kept, bytes: readFileSync(kept) };
    },
  );
}

interface Cell {
  addNull(): void;
  addBytes(source: Buffer, start: number, end: number): void;
}

async function ask(sql: string): Promise<string[][]> {
  const instance = await DuckDBInstance.create();
  const connection = await instance.connect();
  await connection.run("SET TimeZone = 'UTC'");
  const rows = (await connection.runAndReadAll(sql)).getRows();
  connection.closeSync();
  instance.closeSync();
  return rows.map((row) => row.map(String));
}

const COLUMNS = [
  { name: 'id', type: 'BIGINT' },
  { name: 'price', type: 'DECIMAL(10, 2)' },
  { name: 'note', type: 'VARCHAR' },
];
const KEY = { key: ['id'] };
const row = (id: number, note = `note of ${(id * 7919) % 99_991}`): Row => [
  String(id),
  `${id % 1000}.25`,
  note,
];
const rowsOf = (count: number): Row[] => Array.from({ length: count }, (_, at) => row(2 * at));
const groups = async ({ path }: Exported): Promise<number[]> =>
  (
    await ask(`SELECT DISTINCT row_group_id, row_group_num_rows FROM parquet_metadata('${path}') ORDER BY 1`)
  ).map(([, rows]) => Number(rows));

/** The share of bytes that stand in pieces of 16 KiB of the other file too, wherever. */
function sharedWith(one: Buffer, other: Buffer): number {
  const size = 16 * 1024;
  let shared = 0;
  for (let at = 0; at < one.length; at += size) {
    const piece = one.subarray(at, at + size);
    if (other.includes(piece)) shared += piece.length;
  }
  return shared / one.length;
}

test('many groups of rows are one file that others read, which says how it was cut', async () => {
  const file = await exported(COLUMNS, rowsOf(150_000), KEY);
  const counts = await groups(file);
  expect(counts.length).toBeGreaterThan(3);
  expect(new Set(counts).size).toBeGreaterThan(3);
  expect(await ask(`SELECT count(*), sum(id), sum(price), count(DISTINCT note) FROM '${file.path}'`)).toEqual(
    await ask(`SELECT count(*), sum(id), sum(price), count(DISTINCT note) FROM (SELECT 2 * i AS id, (2 * i % 1000 + 0.25)::DECIMAL(10, 2) AS price,
      'note of ' || 2 * i * 7919 % 99991 AS note FROM range(150000) t(i))`),
  );
  // Offsets of single pages, and bounds of single groups, are those of their places.
  expect(await ask(`SELECT note FROM '${file.path}' WHERE id = 299998`)).toEqual([[row(299_998)[2]]]);
  const read = async (offset: number, length: number) => file.bytes.subarray(offset, offset + length);
  expect(await isCutByContent(read, file.bytes.length)).toBe(true);
  expect((await exported(COLUMNS, rowsOf(150_000), KEY)).bytes.equals(file.bytes)).toBe(true);
});

test('where a row was edited, came or went, all groups but those around it are the same bytes', async () => {
  const rows = rowsOf(300_000);
  const { bytes } = await exported(COLUMNS, rows, KEY);
  const edited = rows.with(150_000, row(300_000, 'edited'));
  const first = [row(-1), ...rows];
  const inserted = rows.toSpliced(70_000, 0, row(139_999));
  const deleted = rows.toSpliced(200_000, 1);
  for (const changed of [edited, first, inserted, deleted])
    expect(sharedWith(bytes, (await exported(COLUMNS, changed, KEY)).bytes)).toBeGreaterThan(0.6);
});

test('rows without a key, of nulls alone, of one value, of large values, and none at all', async () => {
  const same = await exported(
    COLUMNS,
    Array.from({ length: 260_000 }, () => row(7)),
  );
  expect(await ask(`SELECT count(*), min(id), max(note) FROM '${same.path}'`)).toEqual([
    ['260000', '7', row(7)[2]],
  ]);
  const empty = await exported(
    COLUMNS,
    Array.from({ length: 200_000 }, () => [null, null, null]),
  );
  expect(await ask(`SELECT count(*), count(id), count(note) FROM '${empty.path}'`)).toEqual([
    ['200000', '0', '0'],
  ]);
  const large = await exported(
    COLUMNS,
    Array.from({ length: 40 }, (_, at) => row(at, 'ü'.repeat(500_000 + at))),
  );
  expect((await groups(large)).length).toBeGreaterThan(2);
  expect(await ask(`SELECT sum(length(note)) FROM '${large.path}'`)).toEqual([[String(40 * 500_000 + 780)]]);
  const none = await exported(COLUMNS, []);
  expect(await ask(`SELECT count(*) FROM '${none.path}'`)).toEqual([['0']]);
  const text = await exported(COLUMNS, rowsOf(100_000), { format: 'csv' });
  expect(await ask(`SELECT count(*), sum(id) FROM read_csv('${text.path}')`)).toEqual([
    ['100000', '9999900000'],
  ]);
  expect((await exported(COLUMNS, [], { format: 'csv' })).bytes.toString()).toBe('id,price,note\n');
});

test('a column with a value that is none of its type is text, wherever that value stands', async () => {
  const columns = [...COLUMNS, { name: 'day', type: 'DATE' }];
  const rows = rowsOf(60_000).map((one, at): Row => [...one, at === 59_998 ? '0000-00-00' : '2024-02-29']);
  const { asText, path } = await exported(columns, rows, KEY);
  expect(asText).toEqual([{ name: 'day', type: 'DATE', values: 1 }]);
  expect(await ask(`SELECT day, count(*) FROM '${path}' GROUP BY ALL ORDER BY 1`)).toEqual([
    ['0000-00-00', '1'],
    ['2024-02-29', '59999'],
  ]);
});

/** Values as databases write them, and others that have no place in the type. */
const VALUES: Readonly<Record<string, { fit: fc.Arbitrary<string>; unfit: readonly string[] }>> = {
  TINYINT: { fit: integers(-(2n ** 7n), 2n ** 7n - 1n), unfit: ['128', '-129', '', '1.5', 'x', '-'] },
  USMALLINT: { fit: integers(0n, 2n ** 16n - 1n), unfit: ['65536', '-1', ' 1'] },
  UINTEGER: { fit: integers(0n, 2n ** 32n - 1n), unfit: ['4294967296', '-1'] },
  BIGINT: {
    fit: integers(-(2n ** 63n), 2n ** 63n - 1n),
    unfit: ['9223372036854775808', '-9223372036854775809', '1e3', '9'.repeat(50)],
  },
  UBIGINT: { fit: integers(0n, 2n ** 64n - 1n), unfit: ['18446744073709551616', '-1'] },
  'DECIMAL(4, 2)': { fit: decimals(4, 2), unfit: ['100.00', '1.234', '1.', '.', '-', 'NaN', '', '1.0.0'] },
  'DECIMAL(18, 6)': { fit: decimals(18, 6), unfit: ['1000000000000.000000', '1e2'] },
  'DECIMAL(38, 10)': { fit: decimals(38, 10), unfit: [`1${'0'.repeat(28)}`, 'Infinity'] },
  DOUBLE: { fit: fc.double({ noNaN: true }).map(String), unfit: ['', ' ', 'x', '1,5'] },
  FLOAT: { fit: fc.float({ noNaN: true, noDefaultInfinity: true }).map(String), unfit: ['x'] },
  DATE: {
    fit: fc.tuple(fc.integer({ min: 1, max: 12_000 }), fc.nat(365)).map(([year, day]) => dateOf(year, day)),
    unfit: [
      '0000-00-00',
      '2023-02-29',
      '2024-00-10',
      '2024-13-01',
      '0044-03-15 BC',
      'infinity',
      '2024-1-1',
      '',
    ],
  },
  TIME: {
    fit: fc.tuple(fc.nat(86_399), fc.nat(999_999)).map(([at, micros]) => timeOf(at, micros)),
    unfit: ['24:00:01', '-01:00:00', '800:00:00', '10:60:00', '10:00:60', '10:00', '10:00:00.'],
  },
  TIMESTAMP: {
    fit: fc
      .tuple(fc.integer({ min: 1, max: 270_000 }), fc.nat(365), fc.nat(86_399), fc.nat(999_999))
      .map(([year, day, at, micros]) => `${dateOf(year, day)} ${timeOf(at, micros)}`),
    unfit: [
      '0000-00-00 00:00:00',
      'infinity',
      '2024-01-01',
      '2024-01-01 24:00:01',
      '294300-01-01 00:00:00',
      '2024-01-01 10:00:00 BC',
    ],
  },
  VARCHAR: { fit: fc.string({ unit: 'binary', maxLength: 40 }), unfit: [] },
};

function integers(min: bigint, max: bigint): fc.Arbitrary<string> {
  return fc.oneof(fc.bigInt({ min, max }), fc.constantFrom(min, max, 0n)).map(String);
}

function decimals(precision: number, scale: number): fc.Arbitrary<string> {
  const max = 10n ** BigInt(precision) - 1n;
  return fc.bigInt({ min: -max, max }).map((value) => {
    const digits = String(value < 0n ? -value : value).padStart(scale + 1, '0');
    return `${value < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
  });
}

function dateOf(year: number, day: number): string {
  const date = new Date(Date.UTC(2000, 0, 1));
  date.setUTCFullYear(year, 0, 1 + day);
  const [, month, dayOfMonth] = /-(\d\d)-(\d\d)T/.exec(date.toISOString())!;
  return `${String(date.getUTCFullYear()).padStart(4, '0')}-${month}-${dayOfMonth}`;
}

function timeOf(seconds: number, micros: number): string {
  const time = [seconds / 3600, (seconds / 60) % 60, seconds % 60].map((part) =>
    String(Math.floor(part)).padStart(2, '0'),
  );
  const fraction = String(micros).padStart(6, '0').replace(/0+$/, '');
  return time.join(':') + (fraction === '' ? '' : `.${fraction}`);
}

test('each value of each type is the one that the engine makes of its text', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record(
        Object.fromEntries(
          Object.entries(VALUES).map(([type, { fit }]) => [
            type,
            fc.array(fc.option(fit, { freq: 9 }), { minLength: 30, maxLength: 30 }),
          ]),
        ),
      ),
      async (values) => {
        const columns = Object.keys(values).map((type) => ({ name: type, type }));
        const rows = Array.from(
          { length: 30 },
          (_, at): Row => columns.map(({ name }) => values[name]![at]!),
        );
        const { asText, path } = await exported(columns, rows);
        expect(asText).toEqual([]);
        const texts = join(folder, 'texts.json');
        writeFileSync(
          texts,
          JSON.stringify(rows.map((one) => Object.fromEntries(one.map((value, at) => [`c${at}`, value])))),
        );
        const shape = columns.map((_, at) => `c${at}: 'VARCHAR'`).join(', ');
        const cast = columns.map(({ type }, at) => `CAST(c${at} AS ${type}) AS "${type}"`).join(', ');
        const wanted = `SELECT ${cast} FROM read_json('${texts}', columns = {${shape}})`;
        expect(await ask(`FROM '${path}'`)).toEqual(await ask(wanted));
      },
    ),
    { numRuns: 15 },
  );
});

test('each value that its type cannot hold is counted, and kept as it was written', async () => {
  for (const [type, { unfit }] of Object.entries(VALUES)) {
    if (unfit.length === 0) continue;
    const { asText, path } = await exported(
      [{ name: 'v', type }],
      unfit.map((value) => [value]),
    );
    expect([type, asText.map(({ values }) => values)]).toEqual([type, [unfit.length]]);
    expect((await ask(`FROM '${path}'`)).map(([value]) => value)).toEqual(unfit);
  }
});
