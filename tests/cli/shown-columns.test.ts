import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AddResult, UpdateResult } from '../../src/index.ts';
import { filesInPlace } from '../../src/operations/datasets/files.ts';
import { nameDataset } from '../../src/operations/datasets/resolve.ts';
import { openTableRows } from '../../src/profile/dataset/profile-directory.ts';
import type { DataFile } from '../../src/profile/dataset/profile-files.ts';
import type { TableProfile } from '../../src/profile/model/model.ts';
import { directReader } from '../../src/profile/reading/direct-reader.ts';
import { writeParquet } from '../support/parquet.ts';
import { refused } from '../support/refused.ts';
import { Sandbox } from '../support/sandbox.ts';
import { describeWithWeb } from '../support/web-server.ts';

interface Field {
  readonly name: string;
  readonly own: string;
  readonly type: string;
}

const field = (name: string, own: string, type: string): Field => ({ name, own, type });

describeWithWeb('a table whose files have other columns', (server) => {
  let box: Sandbox;
  let version = 0;
  /** Write the next version of the log. */
  const commit = (fields: readonly Field[], files: readonly string[], maxColumnId = 9) => {
    const folder = join(server.root, 'trips/_delta_log');
    mkdirSync(folder, { recursive: true });
    const schemaString = JSON.stringify({
      type: 'struct',
      fields: fields.map(({ name, own, type }, at) => ({
        ...{ name, type, nullable: true },
        metadata: { 'delta.columnMapping.id': at + 1, 'delta.columnMapping.physicalName': own },
      })),
    });
    const configuration = {
      'delta.columnMapping.mode': 'name',
      'delta.columnMapping.maxColumnId': String(maxColumnId),
    };
    const lines = [
      { protocol: { minReaderVersion: 2 } },
      { metaData: { schemaString, configuration, partitionColumns: ['area'] } },
      ...files.map((path) => ({
        add: {
          path,
          size: statSync(join(server.root, 'trips', path)).size,
          partitionValues: { region: path.includes('us') ? 'US' : 'DE' },
          stats: JSON.stringify({
            numRecords: 10,
            minValues: { fare: 0.5 },
            maxValues: { fare: 9.5 },
            nullCount: { fare: 0 },
          }),
        },
      })),
    ];
    const name = `${String(version++).padStart(20, '0')}.json`;
    writeFileSync(join(folder, name), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  };
  const shown = [
    field('id', 'id', 'long'),
    field('price', 'fare', 'double'),
    field('note', 'col-7', 'string'),
    field('area', 'region', 'string'),
  ];

  beforeAll(async () => {
    const file = (name: string) => join(server.root, 'trips', name);
    await writeParquet({
      [file('us.parquet')]: `SELECT range AS id, range + 0.5 AS fare, 'old' AS note FROM range(10)`,
      [file('de.parquet')]: `SELECT range AS id, range + 0.5 AS fare, 'n' || range AS "col-7" FROM range(10)`,
    });
    commit(shown, ['us.parquet', 'de.parquet']);
    box = new Sandbox().repository().withRemote();
    expect(
      box.json<AddResult>(['add', `${server.url}/trips`, '--to', 'data/trips', '--statistics', 'table'])
        .datasets[0],
    ).toMatchObject({ files: 2, rows: 20 });
  });
  afterAll(() => box?.remove());

  const pointer = () => readFileSync(box.path('repo/data/trips.varve'), 'utf8');
  const profiled = (...words: string[]) =>
    box.json<{ tables: TableProfile[] }>(['profile', 'data/trips', ...words]).tables;

  test('is one that an older varve refuses, and its own statistics are by the names that it shows', () => {
    expect(pointer()).toMatch(/^varve: 11\n[\s\S]*\nkeys: listed\ncolumns: listed\n$/);
    const text = box.ok(['profile', 'data/trips']);
    expect(text).toMatch(/price[^\n]*0\.5/);
    expect(text).not.toContain('fare');
  });

  test('tells the same columns by its footers', () => {
    const words = ['add', `${server.url}/trips`, '--to', 'data/ends', '--statistics', 'footers'];
    expect(box.json<AddResult>(words).datasets[0]).toMatchObject({ rows: 20 });
    const text = box.ok(['profile', 'data/ends']);
    for (const name of ['id', 'price', 'note', 'area']) expect(text).toContain(name);
    expect(text).not.toMatch(/fare|col-7|region/);
    expect(text).toMatch(/price[^\n]*0\.5[^\n]*9\.5/);
  });

  test('is shown as its engine shows it: renamed, without what was dropped, and with nulls for what came later', async () => {
    box.ok(['pull', 'data/trips']);
    const named = await nameDataset(box.path('repo'), 'data/trips');
    const { files } = await filesInPlace(named);
    const rows = (await openTableRows(files as DataFile[], '', directReader))!;
    const { columns, rows: read } = await rows.head(30);
    rows.close();
    expect(columns.map(({ name }) => name).sort()).toEqual(['area', 'id', 'note', 'price']);
    const at = (name: string) => columns.findIndex((column) => column.name === name);
    const values = read.map((row) => ['area', 'id', 'price', 'note'].map((name) => row[at(name)]));
    const expected = ['DE', 'US'].flatMap((area) =>
      Array.from({ length: 10 }, (_, id) => [area, `${id}`, `${id}.5`, area === 'US' ? null : `n${id}`]),
    );
    expect(values.map(String).sort()).toEqual(expected.map(String).sort());
    const [table] = profiled();
    expect(table!.rows).toBe(20);
    expect(table!.features.map(({ path, nulls }) => [path.join('.'), nulls]).sort()).toEqual([
      ['area', 0],
      ['id', 0],
      ['note', 10],
      ['price', 0],
    ]);
    // A folder or a pattern within is shown by the same columns.
    const part = box.json<{ tables: TableProfile[] }>(['profile', 'data/trips/area=US']).tables[0]!;
    expect(part.features.map(({ path }) => path[0]).sort()).toEqual(['id', 'note', 'price']);
    const glob = box.json<{ tables: TableProfile[] }>(['profile', 'data/trips/*/*.parquet']).tables[0]!;
    expect(glob.features.map(({ path }) => path[0]).sort()).toEqual(['area', 'id', 'note', 'price']);
  });

  test('is checked row by row, and profiled by parts to the byte, here and from the version', () => {
    box.write(
      'repo/data/trips.schema.yaml',
      "varveSchema: 1\nexpect:\n  - price = id + 0.5\n  - (note IS NULL) = (area = 'US')\nfeatures:\n  id: { type: integer }\n  price: { type: float }\n  note: { type: string }\n  area: { type: string }\n",
    );
    box.ok(['validate', 'data/trips']);
    box.ok(['drift', 'data/trips', 'data/trips']);
    box.commit('trips');
    const whole = box.ok(['profile', 'data/trips', '--json']);
    for (const name of ['data/trips', 'data/trips@HEAD']) {
      for (const part of [1, 2])
        box.ok(['profile', name, '--part', `${part}/2`, '--output', box.path(`${part}.part`)]);
      expect(
        box.json<{ tables: unknown }>(['profile', '--merge', box.path('1.part'), box.path('2.part')]).tables,
      ).toEqual((JSON.parse(whole) as { tables: unknown }).tables);
    }
  });

  test('is not exported, since a table would show the columns of the files', () => {
    box.ok(['push']);
    refused(box, ['export', 'delta', 'tables/trips', 'data/trips'], 'table-unsupported', 'other columns');
  });

  test('keeps its statistics where it is added as it is, and is no copy of files that were changed', () => {
    expect(box.json<AddResult>(['add', 'data/trips']).datasets[0]).toMatchObject({
      rows: 20,
      profile: expect.any(String),
    });
    expect(pointer()).toMatch(/^varve: 11\n/);
    expect(
      profiled()[0]!
        .features.map(({ path }) => path[0])
        .sort(),
    ).toEqual(['area', 'id', 'note', 'price']);
    box.write('repo/data/trips/area=US/more.parquet', 'x');
    const err = refused(box, ['add', 'data/trips'], 'table-feature-unsupported', 'other columns');
    expect(err).toContain('varve rm data/trips');
    box.ok(['checkout', '--force', 'data/trips']);
  });

  test('is another version once a column has another name, though its files are the same', () => {
    commit([field('number', 'id', 'long'), ...shown.slice(1)], []);
    const before = pointer();
    const [updated] = box.json<UpdateResult>(['update', 'data/trips']).datasets;
    expect(updated).toMatchObject({ added: 0, removed: 0, change: 'changed', files: 2 });
    expect(pointer()).not.toContain('profile:');
    box.ok(['pull', 'data/trips']);
    expect(
      profiled()[0]!
        .features.map(({ path }) => path[0])
        .sort(),
    ).toEqual(['area', 'note', 'number', 'price']);
    expect(pointer()).not.toBe(before);
  });

  test('is refused where its columns cannot be told apart', () => {
    const cases: [Field[], string][] = [
      [[field('a', 'id', 'long'), field('b', 'id', 'long'), shown[3]!], '"b"'],
      [[field('a', 'id', 'long'), field('A', 'fare', 'double'), shown[3]!], '"A"'],
      [[field('', 'id', 'long'), shown[3]!], 'none'],
      [[field('a', 'id', 'variant'), shown[3]!], '"a"'],
      [[shown[3]!], 'no column within'],
    ];
    for (const [fields, named] of cases) {
      commit(fields, []);
      refused(box, ['update', 'data/trips'], 'table-feature-unsupported', named);
    }
  });
});
