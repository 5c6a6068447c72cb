import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import {
  Decimal,
  Dictionary,
  Field,
  Float64,
  Int32,
  Int64,
  List,
  Table,
  TimestampMicrosecond,
  tableToIPC,
  Utf8,
  vectorFromArray,
} from 'apache-arrow';
// @ts-expect-error it has no types
import parquet from 'parquetjs-lite';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { openEngine } from '../../src/engine/duckdb.ts';
import { formatOf, isTabular } from '../../src/engine/formats/format.ts';
import { profileFiles } from '../../src/profile/dataset/profile-files.ts';
import type { TableProfile } from '../../src/profile/model/model.ts';
import { processReader } from '../../src/profile/reading/process-reader.ts';
import { dataFiles, feature, folder, tableOf } from '../profile/profiling.ts';

const types = (table: TableProfile) => table.features.map(({ path, type }) => `${path.join('.')}: ${type}`);

describe('CSV as found in the wild', () => {
  test.each([
    ['semicolons', 'a;b\n1;x\n2;y\n'],
    ['pipes', 'a|b\n1|x\n2|y\n'],
    ['tabs', 'a\tb\n1\tx\n2\ty\n'],
    ['a byte order mark', '\uFEFFa,b\n1,x\n2,y\n'],
    ['CRLF', 'a,b\r\n1,x\r\n2,y\r\n'],
    ['no newline at the end', 'a,b\n1,x\n2,y'],
  ])('%s', async (_, text) => {
    const table = await tableOf('a.csv', text);
    expect([table.rows, ...types(table)]).toEqual([2, 'a: integer', 'b: string']);
  });

  test('quotes, embedded newlines and delimiters, doubled quotes', async () => {
    const table = await tableOf('a.csv', 'a,b\n1,"line one\nline ""two"", still"\n2,plain\n3,"x"\n');
    expect(table.rows).toBe(3);
    expect(feature(table, 'b').values.values.map(([value]) => value)).toContain(
      'line one\nline "two", still',
    );
  });

  test('nulls spelled in many ways are null; NaN is a state of a number', async () => {
    const spelled = ['NA', 'N/A', 'null', 'NULL', 'None', '#N/A', '', '\\N', '1.5', 'NaN'];
    const table = await tableOf(
      'a.csv',
      `id,v\n${spelled.map((value, id) => `${id},${value}`).join('\n')}\n`,
    );
    expect(feature(table, 'v')).toMatchObject({ type: 'float', nulls: 8, present: 2, numeric: { nan: 1 } });
  });

  test('UTF-16 is read by its byte order mark', async () => {
    const table = await tableOf('a.csv', Buffer.from('\uFEFFname,n\nZoë,1\nÅsa,2\n', 'utf16le'));
    expect(
      feature(table, 'name')
        .values.values.map(([value]) => value)
        .sort(),
    ).toEqual(['Zoë', 'Åsa']);
  });

  test('other encodings are reported, with the way out', async () => {
    const latin = tableOf('a.csv', Buffer.from('name,n\nZoë,1\n', 'latin1'));
    await expect(latin).rejects.toMatchObject({
      code: 'text-not-utf-8',
      remedy: expect.stringContaining('iconv'),
    });
  });

  test('UTF-16 is read without a mark too, if it is mostly Latin', async () => {
    const table = await tableOf('a.csv', Buffer.from('name,n\nZoë,1\n東京,2\n', 'utf16le'));
    expect([table.rows, ...types(table)]).toEqual([2, 'name: string', 'n: integer']);
    await expect(tableOf('a.json', Buffer.from('[{"a":1}]', 'utf16le'))).rejects.toMatchObject({
      code: 'text-not-utf-8',
      remedy: expect.stringContaining('iconv -f utf-16le'),
    });
  });

  test.each([
    ['UTF-16 in the other order of bytes', '\ufeffa,b\n1,2\n', 'utf-16be'],
    ['UTF-16 in that order, without a mark', 'a,b\n1,2\n', 'utf-16be'],
    ['UTF-32', '\ufeffa,b\n1,2\n', 'utf-32'],
  ])('%s is reported, not read as something else', async (_, text, encoding) => {
    const bytes = Buffer.from(text, 'utf16le');
    if (encoding === 'utf-16be') bytes.swap16();
    const wide =
      encoding === 'utf-32' ? Buffer.from(Uint32Array.from([...text], (c) => c.charCodeAt(0)).buffer) : bytes;
    const remedy = expect.stringContaining(`iconv -f ${encoding}`);
    await expect(tableOf('a.csv', wide)).rejects.toMatchObject({ code: 'text-not-utf-8', remedy });
    await expect(tableOf('a.json', wide)).rejects.toMatchObject({ code: 'text-not-utf-8', remedy });
  });

  test.each([
    [
      'late',
      'n,s\n',
      30_000,
      (row: number) => (row === 25_000 ? 'x,y,z' : `${row},a`),
      /line 25002: more fields than the 2/,
    ],
    [
      'among few',
      'n,s\n',
      3,
      (row: number) => (row === 1 ? 'x,y,z' : `${row},a`),
      /line 3: more fields than the 2/,
    ],
    [
      'a quote that is not closed',
      'n,s\n',
      900,
      (row: number) => (row === 500 ? `${row},"v` : `${row},"v"`),
      /line 502: a quote that is not closed/,
    ],
    [
      'the same with delimiters',
      'n,s\n',
      900,
      (row: number) => (row === 500 ? `${row},"v, w` : `${row},"v, w"`),
      /line 502: a quote that is not closed/,
    ],
  ])('a line at fault: %s', async (_, header, rows, line, message) => {
    const text = `${header}${Array.from({ length: rows }, (__, row) => line(row)).join('\n')}\n`;
    await expect(tableOf('a.csv', text)).rejects.toMatchObject({
      code: 'line-ragged',
      message: expect.stringMatching(message),
      path: 'a.csv',
    });
    const tabs = text.replaceAll(',', '\t');
    await expect(tableOf('a.tsv', tabs)).rejects.toMatchObject({ message: expect.stringMatching(message) });
  });

  test('quotes that values keep: doubled, escaped, and for inches', async () => {
    const doubled = await tableOf('a.csv', `a,b\n${'1,"""x"""\n'.repeat(3)}`);
    const escaped = await tableOf('a.csv', `a,b\n${'1,"say \\"x\\", y"\n'.repeat(30)}`);
    const inches = await tableOf('a.csv', `a,b\n${'1,6" pipe\n'.repeat(3)}`);
    const values = [doubled, escaped, inches].map((table) => feature(table, 'b').values.values[0]?.[0]);
    expect(values).toEqual(['"x"', 'say "x", y', '6" pipe']);
  });

  test('whole numbers beyond 64 bits keep every digit; longer ones are floats', async () => {
    const table = await tableOf(
      'a.csv',
      'u,h,f\n18446744073709551615,170141183460469231731687303715884105727,1\n1,2,1e60\n',
    );
    expect(['u', 'h', 'f'].map((name) => feature(table, name).numeric?.max)).toEqual([
      '18446744073709551615',
      '170141183460469231731687303715884105727',
      '1e+60',
    ]);
  });

  test('a line of three megabytes', async () => {
    const table = await tableOf('a.csv', `a,b\n1,${'x'.repeat(3_000_000)}\n2,y\n`);
    expect(feature(table, 'b').lengths).toMatchObject({ min: 1, max: 3_000_000 });
  });

  test('a ragged line is named with its number', async () => {
    const lines = Array.from({ length: 50 }, (_, row) => (row === 30 ? 'x,y,z,1,2' : `${row},a,b`));
    const ragged = tableOf('dir/a.csv', `n,s,t\n${lines.join('\n')}\n`);
    await expect(ragged).rejects.toMatchObject({
      code: 'line-ragged',
      message: expect.stringMatching(/dir\/a\.csv, line 32: more fields than the 3 of the header/),
    });
  });

  test('a type that only a late row contradicts', async () => {
    const rows = Array.from({ length: 30_000 }, (_, row) => String(row));
    const table = await tableOf('a.csv', `v\n${rows.join('\n')}\nlate\n`);
    expect([table.rows, feature(table, 'v').type]).toEqual([30_001, 'string']);
  });

  test('duplicate and empty column names stay apart; columns all null are unknown', async () => {
    const table = await tableOf('a.csv', 'a,a,,n\n1,2,3,\n4,5,6,NA\n');
    expect(new Set(table.features.map(({ path }) => path.join('.'))).size).toBe(4);
    expect(feature(table, 'n')).toMatchObject({
      type: 'unknown',
      nulls: 2,
      values: { exact: true, values: [] },
    });
  });

  test('column names that are SQL stay names', async () => {
    const name = 'x"); DROP TABLE source; --';
    const table = await tableOf('a.csv', `"${name.replaceAll('"', '""')}",b\n1,2\n`);
    expect(table.features[0]!.path).toEqual([name]);
    expect(table.features[0]!.present).toBe(1);
  });

  test('a header without rows', async () => {
    const table = await tableOf('a.csv', 'a,b\n');
    expect([table.rows, ...types(table)]).toEqual([0, 'a: unknown', 'b: unknown']);
  });
});

describe('other formats', () => {
  test('JSON and JSON Lines: leaves by their paths, lists with their lengths', async () => {
    const records = [{ a: { b: 1 }, l: [{ x: 1.5 }, { x: null }] }, { a: null, l: [] }, { l: null }];
    const lines = await tableOf('a.jsonl', `${records.map((record) => JSON.stringify(record)).join('\n')}\n`);
    const array = await tableOf('a.json', JSON.stringify(records));
    expect(array).toEqual(lines);
    expect(types(lines)).toEqual(['a.b: integer', 'l.[].x: float']);
    expect(feature(lines, 'l.[].x')).toMatchObject({
      present: 2,
      nulls: 1,
      count: 2,
      nullElements: 1,
      valency: { count: 2, min: 0, max: 2, sum: '2', zeros: 1 },
    });
  });

  test('gzip, and what was cut or damaged of it', async () => {
    const text = `a,b\n${Array.from({ length: 500 }, (_, row) => `${row},${row % 7}`).join('\n')}\n`;
    const whole = gzipSync(text);
    expect((await tableOf('a.csv.gz', whole)).rows).toBe(500);
    const twice = Buffer.concat([gzipSync('a,b\n1,x\n'), gzipSync('2,y\n')]);
    expect((await tableOf('a.csv.gz', twice)).rows).toBe(2);
    const damaged = Buffer.from(whole);
    damaged.writeUInt32LE(damaged.readUInt32LE(damaged.length - 8) ^ 1, damaged.length - 8);
    for (const bytes of [whole.subarray(0, 200), whole.subarray(0, -4), damaged])
      await expect(tableOf('a.csv.gz', bytes)).rejects.toMatchObject({
        code: 'table-unreadable',
        path: 'a.csv.gz',
      });
  });

  test('zstd, and what was cut of it', async () => {
    const path = join(folder(), 'a.csv.zst');
    const connection = await (await DuckDBInstance.create(':memory:')).connect();
    await connection.run(
      `COPY (SELECT range AS a, hash(range) AS b FROM range(30000)) TO '${path}' (FORMAT csv, COMPRESSION zstd)`,
    );
    const whole = readFileSync(path);
    expect((await tableOf('a.csv.zst', whole)).rows).toBe(30_000);
    const skippable = Buffer.from('502a4d1803000000616263', 'hex');
    expect((await tableOf('a.csv.zst', Buffer.concat([whole, skippable]))).rows).toBe(30_000);
    for (const cut of [3, 9, 200, whole.length >> 1, whole.length - 1])
      await expect(tableOf('a.csv.zst', whole.subarray(0, cut)), String(cut)).rejects.toMatchObject({
        code: 'table-unreadable',
      });
  });

  test('Feather by pyarrow, plain and compressed, has one profile; its first version is refused', async () => {
    const read = (name: string) =>
      readFileSync(join(import.meta.dirname, '../../fixtures/arrow', `${name}.feather`));
    const plain = await tableOf('a.feather', read('uncompressed'));
    expect([plain.rows, ...types(plain)]).toEqual([
      600,
      'id: integer',
      'name: string',
      'price: decimal',
      'at: timestamp',
      'tags.[]: string',
      'kind: string',
    ]);
    expect(feature(plain, 'id').numeric?.max).toBe(String(2n ** 62n + 599n));
    for (const name of ['lz4', 'zstd']) expect(await tableOf('a.feather', read(name)), name).toEqual(plain);
    await expect(tableOf('a.feather', read('version-1'))).rejects.toThrow(/Feather version 1/);
    await expect(tableOf('a.feather', read('lz4').subarray(0, 4000))).rejects.toMatchObject({
      code: 'table-unreadable',
    });
  });

  test('JSON with a byte order mark is refused in either form', async () => {
    for (const name of ['a.json', 'a.jsonl'])
      await expect(tableOf(name, '\ufeff[{"a": 1}]')).rejects.toThrow(/byte order mark/);
  });

  test('Parquet by a writer other than DuckDB', async () => {
    const path = join(folder(), 'a.parquet');
    const schema = new parquet.ParquetSchema({
      id: { type: 'INT64' },
      name: { type: 'UTF8', optional: true },
      at: { type: 'TIMESTAMP_MILLIS' },
    });
    const writer = await parquet.ParquetWriter.openFile(schema, path);
    for (let id = 0; id < 100; id++) {
      await writer.appendRow({
        id,
        ...(id % 4 === 0 ? {} : { name: `n${id % 3}` }),
        at: new Date(id * 3_600_000),
      });
    }
    await writer.close();
    const { tables } = await profileFiles([{ absolutePath: path, path: 'a.parquet', size: 0 }]);
    expect(types(tables[0]!)).toEqual(['id: integer', 'name: string', 'at: timestamp']);
    expect(feature(tables[0]!, 'name')).toMatchObject({ present: 75, nulls: 25 });
    expect(feature(tables[0]!, 'at').time).toMatchObject({
      days: [
        [0, 24],
        [1, 24],
        [2, 24],
        [3, 24],
        [4, 4],
      ],
    });
  });

  test('Parquet with zstd, and without rows', async () => {
    const path = join(folder(), 'a.parquet');
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    await connection.run(
      `COPY (SELECT 1 AS a, [1] AS l LIMIT 0) TO '${path}' (FORMAT parquet, COMPRESSION zstd)`,
    );
    const { tables } = await profileFiles([{ absolutePath: path, path: 'a.parquet', size: 0 }]);
    expect([tables[0]!.rows, ...types(tables[0]!)]).toEqual([0, 'a: unknown', 'l.[]: unknown']);
  });

  test('Arrow IPC, as a file and as a stream, with every digit kept', async () => {
    const vectors = {
      id: vectorFromArray([1n, 2n ** 62n, null], new Int64()),
      x: vectorFromArray([0.5, null, 2.5], new Float64()),
      name: vectorFromArray(['a', 'b', 'a'], new Dictionary(new Utf8(), new Int32())),
      price: vectorFromArray(
        [new Uint32Array([1234, 0, 0, 0]), null, new Uint32Array([5, 0, 0, 0])],
        new Decimal(2, 20),
      ),
      at: vectorFromArray([0, 3_600_000, 7_200_000], new TimestampMicrosecond('UTC')),
      tags: vectorFromArray([['x', 'y'], [], null], new List(new Field('item', new Utf8(), true))),
    };
    for (const form of ['file', 'stream'] as const) {
      const table = await tableOf('a.arrow', tableToIPC(new Table(vectors), form));
      expect([table.rows, ...types(table)]).toEqual([
        3,
        'id: integer',
        'x: float',
        'name: string',
        'price: decimal',
        'at: timestamp',
        'tags.[]: string',
      ]);
      expect(feature(table, 'id').numeric!.max).toBe(String(2n ** 62n));
      expect(feature(table, 'price').numeric).toMatchObject({ min: '0.05', max: '12.34' });
      expect(feature(table, 'tags.[]').valency).toMatchObject({ count: 2, sum: '2', zeros: 1 });
      expect(feature(table, 'at').time!.hour.slice(0, 4)).toEqual([1, 1, 1, 0]);
    }
  });

  test('a file that is not what its name says', async () => {
    await expect(tableOf('x/a.parquet', 'not parquet')).rejects.toMatchObject({
      code: 'table-unreadable',
      message: expect.stringContaining('x/a.parquet'),
    });
  });

  test('names tell formats', () => {
    expect(['a.csv', 'b/A.TSV.gz', 'c.parquet', 'd.jsonl.zst', 'e.feather'].every(isTabular)).toBe(true);
    expect(['a.parquet.gz', 'b.txt', 'csv', 'c.png', 'd.'].some(isTabular)).toBe(false);
    expect(formatOf('x/a.tsv.zst')).toBe('tsv');
  });
});

test('columns that are too many for the memory of the engine get more, unless that was said', async () => {
  const names = Array.from({ length: 2200 }, (_, index) => `c${index}`);
  const row = names.map((_, index) => index).join(',');
  const path = join(folder(), 'a.csv');
  writeFileSync(path, `${names.join(',')}\n${`${row}\n`.repeat(2049)}`);
  const files = [{ absolutePath: path, path: 'a.csv', size: statSync(path).size }];
  await expect(processReader.profileFiles(files, { memory: '512MB' })).rejects.toMatchObject({
    code: 'engine-memory',
    remedy: expect.stringContaining('--memory'),
  });
  const { tables } = await processReader.profileFiles(files, {});
  expect(tables[0]!.features).toHaveLength(2200);
});

describe('the engine is a locked room', () => {
  test('it reads the given files and nothing else, and its settings are fixed', async () => {
    const [mine, other] = dataFiles({ 'mine.csv': 'a\n1\n', 'other.csv': 'a\n2\n' });
    const engine = await openEngine([mine!.absolutePath]);
    try {
      await engine.query(`FROM read_csv('${mine!.absolutePath}')`);
      await expect(engine.query(`FROM read_csv('${other!.absolutePath}')`)).rejects.toThrow(/Permission/);
      await expect(engine.query(`COPY (SELECT 1) TO '${mine!.absolutePath}.out'`)).rejects.toThrow(
        /Permission/,
      );
      await expect(engine.query('SET enable_external_access = true')).rejects.toThrow();
      await expect(engine.query('INSTALL httpfs')).rejects.toThrow();
      await expect(engine.query("ATTACH '/tmp/x.db'")).rejects.toThrow();
    } finally {
      engine.close();
    }
  });

  test('an abort stops the running query and leaves no folder behind', async () => {
    const temporary = folder();
    vi.stubEnv('TMPDIR', temporary);
    onTestFinished(() => void vi.unstubAllEnvs());
    const lines = Array.from({ length: 200_000 }, (_, row) => `${row},${row % 977},text ${row}`);
    const controller = new AbortController();
    const path = join(folder(), 'a.csv');
    writeFileSync(path, `a,b,c\n${lines.join('\n')}\n`);
    const files = [{ absolutePath: path, path: 'a.csv', digest: '', size: 0 }];
    const running = profileFiles(files, { signal: controller.signal, onProgress: () => controller.abort() });
    await expect(running).rejects.toThrow(/abort/i);
    expect(readdirSync(temporary).filter((name) => name.startsWith('varve-engine-'))).toEqual([]);
  });

  test('an error in the middle of a scan is no end of it', async () => {
    const engine = await openEngine([]);
    onTestFinished(() => engine.close());
    let seen = 0;
    const sql =
      "SELECT CASE WHEN i = 150000 THEN error('in the middle') ELSE i END AS v FROM range(200000) t(i)";
    await expect(
      engine.scan(sql, ({ rows }) => {
        seen += rows;
      }),
    ).rejects.toThrow('in the middle');
    expect(seen).toBeGreaterThan(0);
    await expect(engine.scan('SELECT i FROM range(5000) t(i)', () => undefined)).resolves.toBeUndefined();
  });

  test('slices and weights', async () => {
    const table = await tableOf('a.csv', 'c,w,x\nAT,2,1\nAT,3,6\nDE,10,100\nAT,,5\n', {
      slice: { feature: 'c', value: 'AT' },
      weight: 'w',
    });
    expect(table).toMatchObject({ rows: 3, weight: 'w', slice: { feature: 'c', value: 'AT' } });
    expect(feature(table, 'x').weighted).toEqual({
      present: 5,
      nulls: 0,
      mean: 4,
      standardDeviation: Math.sqrt(6),
      values: [
        ['6', 3],
        ['1', 2],
      ],
    });
    await expect(tableOf('a.csv', 'a\n1\n', { weight: 'w' })).rejects.toMatchObject({
      code: 'column-missing',
    });
  });
});
