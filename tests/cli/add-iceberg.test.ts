import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AddResult, DiffResult, UpdateResult } from '../../src/index.ts';
import { encodeAvro } from '../../src/tables/iceberg/avro.ts';
import { refused } from '../support/refused.ts';
import { Sandbox } from '../support/sandbox.ts';
import { describeWithWeb } from '../support/web-server.ts';

const LOCATION = 's3://made/table';
const ID = { id: 1, name: 'id', type: 'long', required: false };
const REGION = { id: 2, name: 'region', type: 'string', required: false };
const X = { id: 3, name: 'x', type: 'double', required: false };
const BY_REGION = { 'spec-id': 1, fields: [{ name: 'region', transform: 'identity', 'source-id': 2 }] };

interface MadeFile {
  readonly path: string;
  readonly region?: string | number | null;
  readonly spec?: number;
  /** Ids of the columns that it has values of. */
  readonly has?: readonly number[];
}

interface MadeTable {
  readonly files: readonly MadeFile[];
  readonly schemas?: readonly (readonly object[])[];
  readonly specs?: readonly object[];
  readonly list?: string;
  readonly manifest?: string;
  /** Where its files are named. */
  readonly named?: string;
  readonly location?: string;
  readonly properties?: Readonly<Record<string, string>>;
}

describeWithWeb('Iceberg tables of odd shapes', (server) => {
  let box: Sandbox;
  beforeAll(() => {
    box = new Sandbox().repository();
  });
  afterAll(() => box?.remove());

  test('neither a list of manifests nor a manifest is asked for outside of the folder of the table', () => {
    const files = [{ path: 'data/a.parquet' }];
    for (const [name, made, named] of [
      ['list', { files, list: `${LOCATION}/../secret/x.avro` }, '/../secret/x.avro'],
      ['manifest', { files, manifest: `${LOCATION}/metadata/../../secret/x.avro` }, '/../secret/x.avro'],
      ['dot', { files, manifest: `${LOCATION}/./metadata/m.avro` }, './metadata/m.avro'],
      ['file', { files: [{ path: 'data/../../a.parquet' }] }, '/../../a.parquet'],
    ] as const) {
      make(name, made);
      refused(
        box,
        ['add', `${server.url}/${name}`, '--to', `data/${name}`],
        'table-feature-unsupported',
        named.slice(1),
      );
    }
  });

  test('a folder that is named in several ways is one, and another is none of the table', () => {
    const files = [{ path: 'data/a.parquet', has: [1, 2] }];
    for (const [name, location, named] of [
      ['s3a', 's3://made/table', 's3a://made/table'],
      ['file', '/made/table', 'file:/made/table'],
      ['host', 'file:///made/table', '/made/table'],
    ] as const) {
      make(name, { files, location, named });
      takes(name);
    }
    make('other', { files, location: '/made/table', named: 'file://elsewhere/made/table' });
    refuses('other', 'outside of its folder');
  });

  test('columns that the table does not have are hidden, unless its files are known to lack them', () => {
    const schemas = [
      [ID, REGION, X],
      [ID, REGION],
    ];
    make('dropped', { schemas, files: [{ path: 'data/a.parquet', has: [1, 2, 3] }] });
    takes('dropped');
    expect(pointer('dropped')).toMatch(/^varve: 11\n[\s\S]*\ncolumns: listed\n$/);
    make('uncounted', { schemas, files: [{ path: 'data/a.parquet' }] });
    takes('uncounted');
    expect(pointer('uncounted')).toMatch(/^varve: 11\n/);
    make('anew', { schemas, files: [{ path: 'data/a.parquet', has: [1, 2] }] });
    takes('anew');
    expect(pointer('anew')).toMatch(/^varve: 7\n/);
    const defaults = [[ID, REGION, { ...X, 'initial-default': 7 }]];
    make('defaults', { schemas: defaults, files: [{ path: 'data/a.parquet', has: [1, 2] }] });
    takes('defaults');
    expect(pointer('defaults')).toMatch(/^varve: 11\n/);
    make('given', { schemas: defaults, files: [{ path: 'data/a.parquet', has: [1, 2, 3] }] });
    takes('given');
    expect(pointer('given')).toMatch(/^varve: 7\n/);
  });

  test('folders that are no columns of the table are none of the dataset, whose paths say just what the table does', () => {
    const bucket = { 'spec-id': 1, fields: [{ name: 'id_bucket', transform: 'bucket[4]', 'source-id': 1 }] };
    make('bucket', {
      specs: [bucket],
      files: [{ path: 'data/id_bucket=0/a.parquet', spec: 1, has: [1, 2] }],
    });
    takes('bucket');
    expect(paths('bucket')).toEqual(['data/id_bucket~0+a.parquet']);
    expect(pointer('bucket')).toMatch(/^varve: 10\n[\s\S]*\ntable-version: "7"\nkeys: listed\n$/);
    const [us, none] = [
      { path: 'data/region=US/a.parquet', region: 'US', spec: 1, has: [1, 2] },
      { path: 'data/region=null/b.parquet', region: null, spec: 1, has: [1, 2] },
    ];
    make('identity', { specs: [BY_REGION], files: [us] });
    takes('identity');
    expect(paths('identity')).toEqual([us.path]);
    expect(pointer('identity')).toMatch(/^varve: 7\n/);
    make('otherwise', { specs: [BY_REGION], files: [{ ...us, has: [1], region: 'DE' }] });
    takes('otherwise');
    expect(paths('otherwise')).toEqual(['region=DE/data+region~US+a.parquet']);
    make('nowhere', { specs: [BY_REGION], files: [{ ...none, has: [1] }] });
    takes('nowhere');
    expect(paths('nowhere')).toEqual(['region=__HIVE_DEFAULT_PARTITION__/data+region~null+b.parquet']);
    // What a stranger names can neither be another step of a path nor another column.
    const odd = { ...none, has: [1], region: "../a=b/%2e'; DROP TABLE t --." };
    make('odd', { specs: [BY_REGION], files: [odd] });
    takes('odd');
    expect(paths('odd')).toEqual([
      'region=..%2Fa%3Db%2F%252e%27; DROP TABLE t --%2E/data+region~null+b.parquet',
    ]);
    make('long', { specs: [BY_REGION], files: [{ ...odd, region: 'x'.repeat(300) }] });
    refuses('long', 'too long');
    make('default', { specs: [BY_REGION], files: [{ ...odd, region: '__HIVE_DEFAULT_PARTITION__' }] });
    refuses('default', 'nor can a path say it');
    make('evolved', {
      specs: [{ 'spec-id': 0, fields: [] }, BY_REGION],
      files: [{ path: 'data/a.parquet', has: [1, 2] }, us],
    });
    takes('evolved');
    expect(paths('evolved')).toEqual(['data+a.parquet', 'data+region~US+a.parquet']);
    make('mixed', {
      specs: [{ 'spec-id': 0, fields: [] }, BY_REGION],
      files: [
        { path: 'data/a.parquet', has: [1, 2] },
        { ...us, has: [1] },
      ],
    });
    refuses('mixed', 'within some files');
    // What no writer counted may be within: no path says that it is missing.
    const unknown = [
      { path: 'data/a.parquet', has: [1] },
      { ...us, has: [1] },
    ];
    const specs = [{ 'spec-id': 0, fields: [] }, BY_REGION];
    make('unknown', {
      specs,
      files: unknown,
      properties: { 'write.metadata.metrics.column.region': 'none' },
    });
    refuses('unknown', 'within some files');
    const wide = Array.from({ length: 100 }, (_, at) => ({ ...X, id: at + 10, name: `x${at}` }));
    const counted = wide.map(({ id }) => id);
    make('wide', {
      specs,
      schemas: [[...wide, ID, REGION]],
      files: unknown.map((file) => ({ ...file, has: counted })),
    });
    refuses('wide', 'within some files');
    make('known', { specs, files: unknown });
    takes('known');
    expect(paths('known')).toEqual([
      'region=US/data+region~US+a.parquet',
      'region=__HIVE_DEFAULT_PARTITION__/data+a.parquet',
    ]);
  });

  test('a file is known by where it lies, whatever path a table that comes to be parted otherwise gives it', () => {
    const days = ['US', 'DE', 'FR'].map((region) => ({
      ...{ path: `data/region=${region}/a.parquet`, region, spec: 1, has: [1, 2] },
    }));
    make('parted', { specs: [BY_REGION], files: days });
    takes('parted');
    expect(paths('parted')).toEqual(days.map(({ path }) => path).sort());
    box.commit('parted');
    // One file of no partition, and all others have new paths.
    const specs = [{ 'spec-id': 0, fields: [] }, BY_REGION];
    make('parted', { specs, files: [...days, { path: 'data/b.parquet', has: [1, 2] }] });
    const update = () => box.json<UpdateResult>(['update', 'data/parted']).datasets[0]!;
    expect(update()).toMatchObject({ files: 4, added: 1, removed: 0, change: 'changed' });
    expect(paths('parted')).toEqual([
      'data+b.parquet',
      ...['DE', 'FR', 'US'].map((region) => `data+region~${region}+a.parquet`),
    ]);
    const [diff] = box.json<DiffResult>(['diff', 'HEAD', 'data/parted']).datasets;
    expect(diff!.files!.map(({ change }) => change)).toEqual(['added', 'renamed', 'renamed', 'renamed']);
    expect(diff!.files![1]).toEqual({
      path: 'data+region~DE+a.parquet',
      change: 'renamed',
      renamedFrom: 'data/region=DE/a.parquet',
    });
    // And back: the keys of the list before are not its paths.
    make('parted', { specs: [BY_REGION], files: days.slice(1) });
    expect(update()).toMatchObject({ files: 2, added: 0, removed: 2, change: 'changed' });
    expect(paths('parted')).toEqual(days.slice(1).map(({ path }) => path));
    expect(update()).toMatchObject({ added: 0, removed: 0, change: 'unchanged' });
  });

  test('a folder that says another value than the file has is none of the dataset', () => {
    const has = [1, 2];
    const us = { path: 'data/region=US/a.parquet', region: 'US', spec: 1, has };
    for (const [name, file, specs] of [
      // As Iceberg writes a missing value and a space, and readers of such folders take them for text.
      ['null', { ...us, path: 'data/region=null/b.parquet', region: null }, [BY_REGION]],
      ['space', { ...us, path: 'data/region=a+b/b.parquet', region: 'a b' }, [BY_REGION]],
      // A later way of parting says nothing of older files.
      [
        'older',
        { ...us, path: 'data/region=DE/b.parquet', spec: 0 },
        [{ 'spec-id': 0, fields: [] }, BY_REGION],
      ],
    ] as const) {
      make(`within-${name}`, { specs, files: [us, file] });
      takes(`within-${name}`);
      const folder = file.path.split('/')[1]!.replace('=', '~');
      const hashed =
        name === 'space' ? expect.stringMatching(/^[0-9a-f]{32}\.parquet$/) : `data+${folder}+b.parquet`;
      const expected = expect.arrayContaining(['data+region~US+a.parquet', hashed]);
      expect(paths(`within-${name}`)).toEqual(expected);
    }
  });

  test('names that are made up for files do not meet', () => {
    const hash = '0'.repeat(32);
    const same = [
      'data/region=US/a.parquet',
      'data/region~US/a.parquet',
      'data+region~US+a.parquet',
      'region=US/data/a.parquet',
      'data+region=US/a.parquet',
      `${hash}.parquet`,
      '_x/a.parquet',
      '.x/a.parquet',
    ];
    make('same', {
      specs: [{ 'spec-id': 1, fields: [] }],
      files: same.map((path) => ({ path, spec: 1, has: [1, 2] })),
    });
    takes('same');
    const shown = paths('same');
    expect(new Set(shown).size).toBe(same.length);
    expect(shown).toContain('data+region~US+a.parquet');
    expect(shown).not.toContain(`${hash}.parquet`);
    for (const path of shown) expect(path).not.toMatch(/(^|\/)[._]|=/);
    // Files of which the rest of the path is the same, with the hidden folder elsewhere in it.
    const moved = ['data/b=1/c/a.parquet', 'data/c/b=1/a.parquet', 'b=1/data/c/a.parquet'];
    make('moved', {
      specs: [{ 'spec-id': 1, fields: [] }],
      files: moved.map((path) => ({ path, spec: 1, has: [1, 2] })),
    });
    takes('moved');
    expect(paths('moved').sort()).toEqual([
      'data/c/b~1+a.parquet',
      'data/c/b~1+c+a.parquet',
      'data/c/b~1+data+c+a.parquet',
    ]);
  });

  test('a .varveignore is asked for keys, and not for names that were made up', () => {
    box.write('repo/.varveignore', '*+b.parquet\n*~*\n/data/rules/data/id_bucket=1/\n');
    const bucket = { 'spec-id': 1, fields: [{ name: 'id_bucket', transform: 'bucket[4]', 'source-id': 1 }] };
    make('rules', {
      specs: [bucket],
      files: [
        { path: 'data/id_bucket=0/b.parquet', spec: 1, has: [1, 2] },
        { path: 'data/id_bucket=1/b.parquet', spec: 1, has: [1, 2] },
      ],
    });
    takes('rules');
    expect(paths('rules')).toEqual(['data/id_bucket~0+b.parquet']);
    rmSync(box.path('repo/.varveignore'));
  });

  test('days of other years than 0 to 9999 are refused, unless the files have them', () => {
    const [spec] = [{ 'spec-id': 1, fields: [{ name: 'day', transform: 'identity', 'source-id': 2 }] }];
    const day = { ...REGION, name: 'day', type: 'date' };
    const shownBy = (name: string, days: number, has: readonly number[]) => {
      const path = `data/day=x/a.parquet`;
      make(name, { schemas: [[ID, day]], specs: [spec], files: [{ path, spec: 1, has, region: days }] });
      return name;
    };
    takes(shownBy('day-last', 2_932_896, [1]));
    expect(paths('day-last')).toEqual(['day=9999-12-31/data+day~x+a.parquet']);
    takes(shownBy('day-first', -719_528, [1]));
    expect(paths('day-first')).toEqual(['day=0000-01-01/data+day~x+a.parquet']);
    for (const [name, days] of [
      ['day-behind', 2_932_897],
      ['day-before', -719_529],
      ['day-never', 2_000_000_000],
    ] as const) {
      refuses(shownBy(name, days, [1]), 'the partition day');
      takes(shownBy(`${name}-within`, days, [1, 2]));
      expect(paths(`${name}-within`)).toEqual(['data+day~x+a.parquet']);
    }
  });

  test('values of many bytes are folders as long as a name may be', () => {
    const region = '東京都千代田区'.repeat(11);
    const file = { path: 'data/x/a.parquet', region, spec: 1, has: [1] };
    make('cjk', { specs: [BY_REGION], files: [file] });
    takes('cjk');
    expect(paths('cjk')).toEqual([`region=${region}/data+x+a.parquet`]);
  });

  test('schemas of more levels than a recursion may have are refused by name', () => {
    make('deep', { files: [] });
    const deep = `${'{"type":"list","element":'.repeat(50_000)}1${'}'.repeat(50_000)}`;
    writeFileSync(
      join(server.root, 'deep/metadata/v2.metadata.json'),
      `{"format-version":2,"schemas":[${deep}]}`,
    );
    refused(box, ['add', `${server.url}/deep`, '--to', 'data/deep'], 'table-damaged', 'levels');
  });

  test('a table without files is said to have none', () => {
    make('empty', { files: [] });
    const err = refused(
      box,
      ['add', `${server.url}/empty`, '--to', 'data/empty'],
      'path-missing',
      'has no files',
    );
    expect(err).not.toContain('spelling');
  });

  const refuses = (name: string, named: string) =>
    refused(
      box,
      ['add', `${server.url}/${name}`, '--to', `data/${name}`],
      'table-feature-unsupported',
      named,
    );

  const paths = (name: string) =>
    box
      .json<{ files: { path: string }[] }>(['ls', '-R', `data/${name}`])
      .files.map(({ path }) => path.slice(`data/${name}/`.length));

  const pointer = (name: string) => readFileSync(box.path(`repo/data/${name}.varve`), 'utf8');

  const takes = (name: string) =>
    expect(
      box.json<AddResult>(['add', `${server.url}/${name}`, '--to', `data/${name}`]).datasets[0],
    ).toMatchObject({ table: { format: 'iceberg', version: '7' } });

  function make(
    name: string,
    {
      files,
      schemas = [[ID, REGION]],
      specs,
      list,
      manifest,
      named = LOCATION,
      location = named,
      properties,
    }: MadeTable,
  ): void {
    const write = (path: string, bytes: string | Uint8Array) => {
      const file = join(server.root, name, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, bytes);
    };
    const metadata = {
      'format-version': 2,
      location,
      properties,
      schemas: schemas.map((fields, id) => ({ type: 'struct', 'schema-id': id, fields })),
      'current-schema-id': schemas.length - 1,
      'partition-specs': specs ?? [{ 'spec-id': 0, fields: [] }],
      'current-snapshot-id': 7,
      snapshots: [
        { 'snapshot-id': 7, 'schema-id': 0, 'manifest-list': list ?? `${named}/metadata/list.avro` },
      ],
    };
    write('metadata/v1.metadata.json', JSON.stringify(metadata));
    const written = [...new Set(files.map(({ spec = 0 }) => spec))];
    const records = written.map((spec) => ({
      manifest_path: manifest ?? `${named}/metadata/m${spec}.avro`,
      content: 0,
      partition_spec_id: spec,
    }));
    write('metadata/list.avro', encodeAvro(LIST, { meta: {}, records }));
    for (const spec of written) {
      const own = files.filter((file) => (file.spec ?? 0) === spec);
      const entries = own.map(({ path, region, has }) => ({
        status: 1,
        data_file: {
          content: 0,
          file_path: `${named}/${path}`,
          partition: { region: region ?? null },
          file_size_in_bytes: 4,
          value_counts: (has ?? []).map((key) => ({ key, value: 1 })),
        },
      }));
      write(`metadata/m${spec}.avro`, encodeAvro(MANIFEST, { meta: {}, records: entries }));
      for (const { path } of own)
        if (!path.includes('..') && !existsSync(join(server.root, name, path))) write(path, 'PAR1');
    }
  }
});

const LIST = {
  type: 'record',
  name: 'manifest_file',
  fields: [
    { name: 'manifest_path', type: 'string' },
    { name: 'content', type: 'int' },
    { name: 'partition_spec_id', type: 'int' },
  ],
};
const COUNT = {
  type: 'record',
  name: 'k119_v120',
  fields: [
    { name: 'key', type: 'int' },
    { name: 'value', type: 'long' },
  ],
};
const DATA_FILE = {
  type: 'record',
  name: 'r2',
  fields: [
    { name: 'content', type: 'int' },
    { name: 'file_path', type: 'string' },
    {
      name: 'partition',
      type: { type: 'record', name: 'r102', fields: [{ name: 'region', type: ['null', 'string', 'int'] }] },
    },
    { name: 'file_size_in_bytes', type: 'long' },
    { name: 'value_counts', type: { type: 'array', items: COUNT } },
  ],
};
const MANIFEST = {
  type: 'record',
  name: 'manifest_entry',
  fields: [
    { name: 'status', type: 'int' },
    { name: 'data_file', type: DATA_FILE },
  ],
};
