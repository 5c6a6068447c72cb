import { mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openTableRows, profileDirectory } from '../../src/profile/dataset/profile-directory.ts';
import type { DataFile } from '../../src/profile/dataset/profile-files.ts';
import { profileFiles } from '../../src/profile/dataset/profile-files.ts';
import { decodeProfile, encodeProfile } from '../../src/profile/format/encode.ts';
import { mergeProfiles } from '../../src/profile/model/merge.ts';
import type { Profile, TableProfile } from '../../src/profile/model/model.ts';
import { directReader } from '../../src/profile/reading/direct-reader.ts';
import { dataFiles, feature, folder } from './profiling.ts';

/** The tables of a folder without the table of its files. */
async function tablesOf(files: readonly DataFile[], options = {}): Promise<readonly TableProfile[]> {
  return (await profileDirectory(files, directReader, options)).tables.slice(0, -1);
}

async function parquetFiles(queries: Readonly<Record<string, string>>): Promise<DataFile[]> {
  const root = folder();
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const files: DataFile[] = [];
  for (const [path, query] of Object.entries(queries)) {
    const absolutePath = join(root, path);
    mkdirSync(dirname(absolutePath), { recursive: true });
    await connection.run(`COPY (${query}) TO '${absolutePath}' (FORMAT parquet)`);
    files.push({ path, absolutePath, digest: `sha256:${path}`, size: statSync(absolutePath).size });
  }
  connection.closeSync();
  instance.closeSync();
  return files;
}

const facts = (table: TableProfile) =>
  table.features.map(({ path, type, engineType, present, nulls }) => [
    path.join('.'),
    type,
    engineType,
    present,
    nulls,
  ]);

describe('files of one folder are one table, as with pyarrow.dataset and union_by_name', () => {
  test('Parquet: other orders, columns more, wider types, and nulls', async () => {
    const files = await parquetFiles({
      'a.parquet': `SELECT 1::INTEGER AS i, 2 AS x, DATE '2024-01-02' AS d, NULL AS n, NULL AS l FROM range(2)`,
      'b.parquet': `SELECT [1, 2] AS l, TIMESTAMP '2024-01-03 04:00:00' AS d, 1099511627776 AS i, 1.5::DOUBLE AS x, 'a' AS n, true AS more
        FROM range(3)`,
    });
    const [table, ...others] = await tablesOf(files);
    expect(others).toEqual([]);
    expect([table!.name, table!.rows]).toEqual(['', 5]);
    expect(facts(table!)).toEqual([
      ['i', 'integer', 'BIGINT', 5, 0],
      ['l.[]', 'integer', 'INTEGER', 3, 2],
      ['d', 'timestamp', 'TIMESTAMP', 5, 0],
      ['x', 'float', 'DOUBLE', 5, 0],
      ['n', 'string', 'VARCHAR', 3, 2],
      ['more', 'boolean', 'BOOLEAN', 3, 2],
    ]);
    expect(feature(table!, 'i').numeric).toMatchObject({ min: '1', max: '1099511627776' });
    expect(feature(table!, 'd').time).toMatchObject({
      min: '2024-01-02T00:00:00.000000',
      max: '2024-01-03T04:00:00.000000',
    });
    expect(feature(table!, 'd').values.values).toHaveLength(2);
  });

  test('CSV: a column that is text in one file is text in all, as it is written', async () => {
    const files = dataFiles({
      'a.csv': 'code,n,flag,at\n007,1,true,2024-01-02\n',
      'b.csv': 'n,code,flag,at\n2.5,7a,0,2024-01-03 04:00:00\n',
      'c.csv': 'code;n;flag;more;at\n;;;x;\n',
    });
    const [table, ...others] = await tablesOf(files);
    expect(others).toEqual([]);
    expect(facts(table!).map(([name, type, , present]) => [name, type, present])).toEqual([
      ['code', 'string', 2],
      ['n', 'float', 2],
      ['flag', 'string', 2],
      ['at', 'timestamp', 2],
      ['more', 'string', 1],
    ]);
    expect(feature(table!, 'code').values.values.map(([value]) => value)).toEqual(['007', '7a']);
    expect(feature(table!, 'flag').values.values.map(([value]) => value)).toEqual(['0', 'true']);
  });

  test('rows can be asked over all of them', async () => {
    const files = [
      ...dataFiles({
        'a.csv': 'code,n\n007,1\n',
        'b.csv': 'n;code\n2.5;7a\n',
        'c.csv': 'code,n,more\n8,3,x\n',
      }),
    ];
    const rows = await openTableRows(files, '', directReader);
    try {
      expect(await rows!.ask('n > 2', 'code')).toMatchObject({
        rows: 3,
        failing: 2,
        examples: [{ value: '7a' }, { value: '8' }],
      });
      expect(await rows!.ask("more = 'x'", 'code')).toMatchObject({ failing: 1 });
    } finally {
      rows!.close();
    }
  });

  test('a slice by a column that some files lack has the rows of the others', async () => {
    const files = dataFiles({ 'a.csv': 'x,y\n1,p\n', 'b.csv': 'x,y,z\n2,q,k\n3,r,m\n' });
    const [table] = await tablesOf(files, { slice: { feature: 'z', value: 'k' } });
    expect([table!.rows, feature(table!, 'x').numeric?.max]).toEqual([1, '2']);
    await expect(tablesOf(files, { slice: { feature: 'w', value: 'k' } })).rejects.toMatchObject({
      code: 'column-missing',
    });
  });

  test('empty files add nothing', async () => {
    const [table, ...others] = await tablesOf(dataFiles({ 'a.csv': '', 'b.csv': 'x,y\n1,p\n' }));
    expect([table!.rows, others]).toEqual([1, []]);
  });

  test('each file is read once more at most, and its profile is kept for either reading', async () => {
    const kept = new Map<string, Profile>();
    const options = {
      cached: async (digest: string) => kept.get(digest),
      keep: async (digest: string, profile: Profile) => void kept.set(digest, profile),
    };
    const files = dataFiles({ 'a.csv': 'code,n\n7,1\n', 'b.csv': 'code,n\n7a,1\n' });
    const before = encodeProfile(await profileDirectory(files, directReader, options));
    expect(kept.size).toBe(3);
    const failing = { ...directReader, profileFiles: () => Promise.reject(new Error('read again')) };
    expect(encodeProfile(await profileDirectory(files, failing, options))).toEqual(before);
  });
});

describe('what is apart says from which table, and why', () => {
  test('few columns in common', async () => {
    const files = dataFiles({ 'orders.csv': 'id,amount,sku\n1,2,c\n', 'users.csv': 'id,name,mail\n1,a,b\n' });
    const tables = await tablesOf(files);
    expect(tables.map(({ name, apart }) => [name, apart])).toEqual([
      ['orders.csv', undefined],
      ['users.csv', { from: 'orders.csv', because: '1 of 5 columns are in both' }],
    ]);
  });

  test('types that do not meet', async () => {
    const files = await parquetFiles({
      'a.parquet': `SELECT 1 AS x, 'a' AS y`,
      'b.parquet': `SELECT '1' AS x, 'a' AS y`,
      'c.parquet': `SELECT [1] AS x, 'a' AS y`,
      'd.parquet': `SELECT 'a' AS y, 2.5 AS x`,
      'e.parquet': `SELECT {'z': 1} AS x, 'a' AS y`,
    });
    const tables = await tablesOf(files);
    expect(tables.map(({ name, rows, apart }) => [name, rows, apart])).toEqual([
      ['a.parquet', 2, undefined],
      ['b.parquet', 1, { from: 'a.parquet', because: 'x is string here and decimal there' }],
      ['c.parquet', 1, { from: 'a.parquet', because: 'x is a list here and a value there' }],
      ['e.parquet', 1, { from: 'a.parquet', because: 'x is a struct here and a value there' }],
    ]);
    const profile = await profileDirectory(files, directReader);
    expect(decodeProfile(encodeProfile(profile), 'x')).toEqual(profile);
  });

  test('JSON beside a table, and other partitions', async () => {
    const files = dataFiles({ 'a.csv': 'x\n1\n', 'b.jsonl': '{"x":1}\n', 'y=1/c.csv': 'x\n1\n' });
    expect((await tablesOf(files)).map(({ apart }) => apart?.because)).toEqual([
      undefined,
      'one holds JSON and the other rows',
      'the folders around them name other columns',
    ]);
  });
});

describe('dates are decided from all files', () => {
  const monthFirst = 'd,n\n02/14/2024,1\n';
  const dayFirst = 'd,n\n14/02/2024,1\n';
  const open = 'd,n\n01/02/2024,1\n';
  const dates = async (contents: Readonly<Record<string, string>>) => {
    const [table, ...others] = await tablesOf(dataFiles(contents));
    expect(others).toEqual([]);
    const { type, dateFormats, time } = feature(table!, 'd');
    return { type, dateFormats, min: time?.min };
  };

  test('one file that settles it settles it for all', async () => {
    expect(await dates({ 'a.csv': open, 'b.csv': monthFirst })).toEqual({
      type: 'date',
      dateFormats: ['%m/%d/%Y'],
      min: '2024-01-02',
    });
    expect(await dates({ 'a.csv': open, 'b.csv': dayFirst, 'c.csv': open })).toEqual({
      type: 'date',
      dateFormats: ['%d/%m/%Y'],
      min: '2024-02-01',
    });
    expect(await dates({ 'a.csv': open, 'b.csv': 'd,n\n02/14/2024 10:30,1\n' })).toEqual({
      type: 'timestamp',
      dateFormats: ['%m/%d/%Y', '%m/%d/%Y %H:%M'],
      min: '2024-01-02T00:00:00.000000',
    });
  });

  test('where none does, or they contradict each other, all stay text', async () => {
    expect(await dates({ 'a.csv': open, 'b.csv': open })).toMatchObject({
      type: 'string',
      dateFormats: ['%d/%m/%Y', '%m/%d/%Y'],
    });
    for (const contents of [
      { 'a.csv': monthFirst, 'b.csv': dayFirst },
      { 'a.csv': monthFirst, 'b.csv': open, 'c.csv': dayFirst },
    ])
      expect(await dates(contents)).toEqual({ type: 'string', dateFormats: [], min: undefined });
    expect(await dates({ 'a.csv': open, 'b.csv': 'd,n\n2024-01-02,1\n' })).toMatchObject({ type: 'string' });
    expect(await dates({ 'a.csv': open, 'b.csv': 'd,n\nsoon,1\n' })).toMatchObject({
      type: 'string',
      dateFormats: undefined,
    });
  });
});

test('profiles of parts with other columns in other orders merge to the same bytes in any order', async () => {
  const names = ['a', 'b', 'c', 'd', 'e'];
  const part = fc.shuffledSubarray(names, { minLength: 1 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(part, { minLength: 2, maxLength: 4 }),
      fc.func(fc.nat()),
      async (parts, choose) => {
        const profiles: Profile[] = [];
        for (const columns of parts) {
          const text = `${columns.join(',')}\n${columns.map((name) => names.indexOf(name)).join(',')}\n`;
          profiles.push(await profileFiles(dataFiles({ 'a.csv': text }), { threads: 1 }));
        }
        const all = encodeProfile(mergeProfiles(profiles));
        const shuffled = profiles
          .map((profile, at) => ({ profile, key: choose(at) }))
          .sort((a, b) => a.key - b.key);
        const [first, ...rest] = shuffled.map(({ profile }) => profile);
        expect(encodeProfile(mergeProfiles([first!, mergeProfiles(rest)]))).toEqual(all);
        expect(encodeProfile(mergeProfiles([...profiles].reverse()))).toEqual(all);
      },
    ),
    { numRuns: 12 },
  );
});
