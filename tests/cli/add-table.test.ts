import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AddResult, UpdateResult } from '../../src/index.ts';
import { openTableRows } from '../../src/profile/dataset/profile-directory.ts';
import { directReader } from '../../src/profile/reading/direct-reader.ts';
import { whileAt } from '../support/delta-log.ts';
import { refused } from '../support/refused.ts';
import { Sandbox } from '../support/sandbox.ts';
import { describeWithWeb } from '../support/web-server.ts';

/** Written by delta-rs and pyiceberg: `scripts/make-table-fixtures.py`. */
const TABLES = join(import.meta.dirname, '..', '..', 'fixtures', 'tables');
/** More levels than a recursion may have. */
const DEEP = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
const QUOTED = `re'gi"on`;
const COMMIT = (version: number) => `_delta_log/${String(version).padStart(20, '0')}.json`;

function nullsFirst(a: unknown, b: unknown): number {
  return a === null ? -1 : b === null ? 1 : String(a) < String(b) ? -1 : 1;
}

interface Profiled {
  readonly name: string;
  readonly rows: number;
  readonly features: readonly { readonly path: string[]; readonly type: string; readonly nulls: number }[];
}

describeWithWeb('tables that others keep on a server', (server) => {
  let box: Sandbox;
  beforeAll(() => {
    cpSync(TABLES, server.root, { recursive: true });
    box = new Sandbox().repository().withRemote();
  });
  afterAll(() => box?.remove());

  const add = (table: string, ...options: string[]) =>
    box.json<AddResult>(['add', `${server.url}/${table}`, '--to', `data/${table}`, ...options]).datasets[0]!;
  const update = (path: string) => box.json<UpdateResult>(['update', path]).datasets[0]!;
  const rows = (path: string): number => {
    box.ok(['pull', path]);
    return box.json<{ tables: { rows: number }[] }>(['profile', path]).tables[0]!.rows;
  };
  /** The values of a column in the rows of a table that was pulled, as checks of rows read them. */
  const shownIn = async (path: string, column: string) => {
    const folder = box.path('repo', path);
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.parquet'))
      .sort()
      .map((name) => ({ path: name, absolutePath: join(folder, name), size: 1, digest: name }));
    const table = (await openTableRows(files, '', directReader))!;
    const { columns, rows: read } = await table.head(100);
    table.close();
    const at = columns.findIndex(({ name }) => name === column);
    return { rows: read.length, values: [...new Set(read.map((row) => row[at]))].sort(nullsFirst) };
  };
  const pointer = (path: string) => readFileSync(box.path('repo', `${path}.varve`), 'utf8');

  test('a version of a Delta table is the files that its log names, and update brings the newest', () => {
    expect(add('delta', '--at', '1')).toMatchObject({ files: 2, table: { format: 'delta', version: '1' } });
    expect(pointer('data/delta')).toMatch(
      /^varve: 11\n[\s\S]*\ntable: delta\ntable-version: "1"\ntable-at: "1"\n$/,
    );
    expect(rows('data/delta')).toBe(20);
    const days = box.json<{ tables: { features: { path: string[]; categorical?: object }[] }[] }>([
      'profile',
      'data/delta',
    ]);
    expect(days.tables[0]!.features.map(({ path }) => path.join('.'))).toContain('day');
    // Behind a checkpoint, by the log alone and by both.
    expect(add('delta', '--at', '2')).toMatchObject({ files: 3 });
    renameSync(join(server.root, 'delta', COMMIT(1)), join(server.root, 'kept'));
    expect(add('delta', '--at', '2')).toMatchObject({ files: 3, change: 'unchanged' });
    const err = refused(
      box,
      ['add', `${server.url}/delta`, '--at', '1', '--to', 'data/delta'],
      'table-version-missing',
      'delta',
    );
    expect(err).toContain('--at');
    renameSync(join(server.root, 'kept'), join(server.root, 'delta', COMMIT(1)));
    // One that was named stays, and the newest of its time is followed.
    expect(whileAt(join(server.root, 'delta'), 2, () => add('delta'))).toMatchObject({ files: 3 });
    expect(pointer('data/delta')).toMatch(/^varve: 7\n[\s\S]*\ntable: delta\ntable-version: "2"\n$/);
    expect(update('data/delta')).toMatchObject({
      table: { version: '4' },
      before: '2',
      ...{ files: 3, added: 1, removed: 1, change: 'changed' },
    });
    expect(rows('data/delta')).toBe(25);
    // What this clone has read since is no version of the table.
    const read = pointer('data/delta');
    expect(box.ok(['update'])).toMatch(/unchanged +data\/delta +3 files \(\+0 −0\), .*version 4 of http/);
    expect(pointer('data/delta')).toBe(read);
    // Whoever adds it again has the digests of what was read in its list.
    expect(add('delta')).toMatchObject({ change: 'changed', files: 3 });
    expect(box.ok(['update'])).toContain('unchanged');
    box.commit('four');
    box.ok(['push']);
    expect(box.ok(['add', `${server.url}/delta`, '--to', 'data/delta'])).toContain(
      'version 4 of the Delta table',
    );
    // Read on this machine, and kept for as long as the data is the same.
    expect(add('delta', '--engine', 'local')).toMatchObject({ rows: 25, profile: expect.any(String) });
    expect(add('delta')).toMatchObject({ rows: 25, change: 'unchanged' });
    refused(box, ['add', 'data', '--engine', 'spark'], 'usage', '--engine');
  });

  test('an update that has no profile of the new version says how there is one', () => {
    const first = ['add', `${server.url}/delta`, '--to', 'data/told', '--statistics', 'full'];
    const added = whileAt(join(server.root, 'delta'), 2, () => box.json<AddResult>(first).datasets[0]);
    expect(added).toMatchObject({ profile: expect.any(String) });
    const { err } = box.varve(['update', 'data/told']);
    const [, command = ''] = /`varve (add [^`]+)`/.exec(err) ?? [];
    expect(command).toBe(`add ${server.url}/delta --to data/told --statistics full`);
    box.ok(command.split(' '));
    expect(box.json<{ tables: { rows: number }[] }>(['profile', 'data/told']).tables[0]!.rows).toBe(25);
  });

  test('statistics of a table in place are read where it lies, by a clone that has none of its bytes', () => {
    const fresh = new Sandbox().repository();
    const words = ['add', `${server.url}/delta`, '--to', 'data/d'];
    expect(fresh.json<AddResult>([...words, '--engine', 'local']).datasets[0]).toMatchObject({ rows: 25 });
    const other = new Sandbox().repository();
    other.ok(words);
    const { tables } = other.json<{ tables: { rows: number }[] }>(['profile', 'data/d', '--engine', 'local']);
    expect(tables[0]!.rows).toBe(25);
    for (const made of [fresh, other]) made.remove();
  });

  test('a snapshot of an Iceberg table is the files of its manifests, by id or by tag', () => {
    expect(add('iceberg', '--at', 'two')).toMatchObject({ files: 2, table: { format: 'iceberg' } });
    expect(rows('data/iceberg')).toBe(25);
    expect(update('data/iceberg')).toMatchObject({ change: 'unchanged', table: { at: 'two' } });
    expect(add('iceberg')).toMatchObject({ files: 1, change: 'changed' });
    expect(rows('data/iceberg')).toBe(15);
    const [first] = readdirSync(join(server.root, 'iceberg/metadata'))
      .filter((name) => name.startsWith('00001-'))
      .map(
        (name) =>
          /"current-snapshot-id":(\d+)/.exec(
            readFileSync(join(server.root, 'iceberg/metadata', name), 'utf8'),
          )![1]!,
      );
    expect(add('iceberg', '--at', first!)).toMatchObject({ files: 1, table: { version: first } });
    expect(rows('data/iceberg')).toBe(10);
    refused(
      box,
      ['add', `${server.url}/iceberg`, '--at', 'three', '--to', 'x'],
      'table-version-missing',
      'iceberg',
    );
    // Of two newest files of metadata, its catalogue knows which counts.
    const folder = join(server.root, 'iceberg/metadata');
    const last = readdirSync(folder).find((name) => name.startsWith('00004-'))!;
    const other = readdirSync(folder).find((name) => name.startsWith('00002-'))!;
    cpSync(join(folder, other), join(folder, '00004-other.metadata.json'));
    refused(box, ['add', `${server.url}/iceberg`, '--to', 'x'], 'table-damaged', last);
    expect(add('iceberg', '--at', 'two')).toMatchObject({ files: 2 });
    rmSync(join(folder, '00004-other.metadata.json'));
  });

  test('a clone agrees to the server before it is asked, and what is no table has no versions', () => {
    box.commit('tables');
    box.ok(['push']);
    box.git(['clone', '-q', box.path('repo'), box.path('clone')], '.');
    refused(box, ['update'], 'settings-untrusted', 'data/delta', 'clone');
    box.ok(['trust'], 'clone');
    // The list comes from the remote, so that no digest is lost.
    const [delta] = box.json<UpdateResult>(['update', 'data/delta'], 'clone').datasets;
    expect(delta).toMatchObject({ change: 'unchanged', files: 3, added: 0, removed: 0 });
    refused(box, ['add', server.url, '--at', '1', '--to', 'x'], 'table-version-missing', server.url);
    refused(box, ['add', 'data', '--at', '1'], 'usage', '--at');
  });

  test('partitions are those that the table says, whatever its folders are called', async () => {
    // Written in partitions by a bucket, by that and a column, by the column without it in the file, and by none.
    expect(add('parted', '--statistics', 'table')).toMatchObject({ files: 8, rows: 30 });
    expect(pointer('data/parted')).toMatch(/^varve: 10\n[\s\S]*\nkeys: listed\n/);
    const { files } = box.json<{ files: { path: string; url: string }[] }>(['url', 'data/parted']);
    expect(files.filter(({ path, url }) => !url.endsWith(path)).length).toBe(8);
    for (const { url } of files)
      expect(existsSync(join(server.root, decodeURIComponent(new URL(url).pathname))), url).toBe(true);
    box.ok(['pull', 'data/parted']);
    const profiled = () =>
      box
        .json<{ tables: Profiled[] }>(['profile', 'data/parted'])
        .tables.filter(({ name }) => name !== '.files')
        .map(({ rows, features }) => [rows, features.map(({ path, type, nulls }) => [path, type, nulls])]);
    const expected = [
      [
        30,
        [
          [['id'], 'integer', 0],
          [['region'], 'string', 5],
        ],
      ],
    ];
    expect(profiled()).toEqual(expected);
    expect(await shownIn('data/parted', 'region')).toEqual({ rows: 30, values: [null, '7', 'eu'] });
    // What was read since is no version of the table.
    expect(update('data/parted')).toMatchObject({ change: 'unchanged', added: 0, removed: 0 });
    expect(add('parted', '--engine', 'local')).toMatchObject({ rows: 30, profile: expect.any(String) });
    expect(profiled()).toEqual(expected);
  });

  test('names and values that end a text of SQL are names and values', async () => {
    const [file] = readdirSync(join(server.root, 'delta/day=2'));
    cpSync(join(server.root, 'delta/day=2', file!), join(server.root, 'quoted/f.parquet'));
    const columns = [
      ['id', 'long'],
      ['name', 'string'],
      [QUOTED, 'string'],
    ].map(([name, type]) => ({ name, type, nullable: true, metadata: {} }));
    const actions = [
      { protocol: { minReaderVersion: 1, minWriterVersion: 2 } },
      {
        metaData: {
          schemaString: JSON.stringify({ type: 'struct', fields: columns }),
          partitionColumns: [QUOTED],
        },
      },
      {
        add: {
          path: 'f.parquet',
          size: readFileSync(join(server.root, 'quoted/f.parquet')).length,
          partitionValues: { [QUOTED]: `'); DROP TABLE "x` },
        },
      },
    ];
    mkdirSync(join(server.root, 'quoted/_delta_log'));
    writeFileSync(
      join(server.root, 'quoted', COMMIT(0)),
      actions.map((one) => JSON.stringify(one)).join('\n'),
    );
    expect(add('quoted', '--engine', 'local')).toMatchObject({ files: 1, rows: 10 });
    box.ok(['pull', 'data/quoted']);
    expect(await shownIn('data/quoted', QUOTED)).toEqual({ rows: 10, values: [`'); DROP TABLE "x`] });
    expect(box.ok(['profile', 'data/quoted'])).toContain(QUOTED);
  });

  test('Iceberg has other names in files for those that Avro cannot have, and finds them by their ids', () => {
    const [newest] = readdirSync(join(server.root, 'parted/metadata'))
      .filter((name) => name.endsWith('.metadata.json'))
      .sort()
      .reverse();
    const path = join(server.root, 'parted/metadata', newest!);
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, text.replaceAll('"name":"region"', '"name":"the region"'));
    box.ok(['add', `${server.url}/parted`, '--to', 'x']);
    box.ok(['pull', 'x']);
    const shown = box.ok(['profile', 'x']);
    expect(shown).toContain('the region');
    expect(shown).not.toMatch(/\bregion\b(?<!the region)/);
    box.ok(['rm', 'x', '--data', '--force']);
    writeFileSync(path, text);
  });

  test('a path that says another value than the log does not count', () => {
    const log = join(server.root, 'delta', COMMIT(5));
    const [file] = readdirSync(join(server.root, 'delta/day=2'));
    const path = `day=2/${file}`;
    const size = readFileSync(join(server.root, 'delta', path)).length;
    const action = (at: string) => JSON.stringify({ add: { path: at, size, partitionValues: { day: '5' } } });
    writeFileSync(log, `${action(path)}\n`);
    expect(update('data/delta')).toMatchObject({ table: { version: '5' }, files: 3 });
    expect(rows('data/delta')).toBe(25);
    expect(readdirSync(box.path('repo/data/delta')).sort()).toEqual(['day=3', 'day=5']);
    expect(readdirSync(box.path('repo/data/delta/day=5'))).toEqual([`day~2+${file}`]);
    // As delta-rs escapes what is not ASCII, which Spark takes for other characters.
    cpSync(join(server.root, 'delta', path), join(server.root, 'delta', `day=%C3%A9/${file}`));
    const escaped = { path: `day=%25C3%25A9/${file}`, size, partitionValues: { day: 'é' } };
    writeFileSync(log, JSON.stringify({ add: escaped }));
    expect(update('data/delta')).toMatchObject({ table: { version: '5' }, files: 4 });
    expect(box.ok(['ls', '-R', 'data/delta'])).toContain(`day=é/day~%C3%A9+${file}`);
    rmSync(join(server.root, 'delta/day=%C3%A9'), { recursive: true });
    // Two files of which a plainer name would be the same.
    for (const [at, folder] of [
      [`z=1/${file}`, 'z=1'],
      [`z~1+${file}`, ''],
    ] as const)
      cpSync(join(server.root, 'delta', path), join(server.root, 'delta', folder, at.split('/').at(-1)!));
    writeFileSync(log, `${action(`z=1/${file}`)}\n${action(`z~1+${file}`)}\n`);
    expect(update('data/delta')).toMatchObject({ table: { version: '5' }, files: 5 });
    rmSync(join(server.root, 'delta/z=1'), { recursive: true });
    rmSync(join(server.root, `delta/z~1+${file}`));
    rmSync(log);
    expect(update('data/delta')).toMatchObject({ table: { version: '4' }, files: 3 });
  });

  test('what the list of files would not say is refused, and so is a file that is not as the log says', () => {
    const log = join(server.root, 'delta', COMMIT(5));
    const [file] = readdirSync(join(server.root, 'delta/day=2'));
    const path = `day=2/${file}`;
    const size = readFileSync(join(server.root, 'delta', path)).length;
    const add = { path, size, partitionValues: { day: '2' } };
    const mapped = { 'delta.columnMapping.mode': 'name' };
    const meta = {
      schemaString: '{"fields":[{"name":"a","metadata":{"delta.columnMapping.physicalName":"b"}}]}',
    };
    for (const [action, code, named] of [
      [{ add: { ...add, path: 's3://other/x.parquet' } }, 'table-feature-unsupported', 's3://other'],
      [{ add: { ...add, path: '/etc/passwd' } }, 'table-feature-unsupported', '/etc/passwd'],
      [{ add: { ...add, path: '../iceberg/x.parquet' } }, 'table-feature-unsupported', '..'],
      [{ add: { ...add, path: 'day=2/../../x', size: 1 } }, 'table-feature-unsupported', 'day=2/../../x'],
      [{ add: { ...add, path: 'day=2/%2e%2e/x' } }, 'table-feature-unsupported', 'day=2/../x'],
      [{ add: { ...add, path: `day=2/./${file}` } }, 'table-feature-unsupported', 'day=2/./'],
      [{ add: { ...add, path: 'day=2/gone.parquet' } }, 'table-version-missing', 'gone.parquet'],
      [{ add: { ...add, size: size + 1 } }, 'table-damaged', String(size)],
      [{ add: { ...add, path: '%' } }, 'table-damaged', '%'],
      [
        { add: { ...add, partitionValues: { day: '__HIVE_DEFAULT_PARTITION__' } } },
        'table-feature-unsupported',
        'nor can a path say it',
      ],
      [
        { add: { ...add, partitionValues: { day: '\ud800' } } },
        'table-feature-unsupported',
        'nor can a path say it',
      ],
      [
        { add: { ...add, partitionValues: { day: 'x'.repeat(2000) } } },
        'table-feature-unsupported',
        'too long',
      ],
      [{ add: { ...add, partitionValues: {} } }, 'table-damaged', '"day"'],
      [`{"add":{"path":${DEEP}}}`, 'table-damaged', 'levels'],
      [{ metaData: { ...meta, partitionColumns: [] } }, 'table-damaged', '["day"]'],
      [{ metaData: { schemaString: DEEP, configuration: mapped } }, 'table-damaged', 'levels'],
      [
        {
          metaData: {
            schemaString: '{"fields":[{"name":"a","metadata":{"delta.columnMapping.id":1}}]}',
            configuration: { ...mapped, 'delta.columnMapping.maxColumnId': '2' },
          },
        },
        'table-feature-unsupported',
        'dropped',
      ],
      [
        { add: { ...add, deletionVector: { storageType: 'u' } } },
        'table-feature-unsupported',
        'deletion vector',
      ],
      [
        { protocol: { minReaderVersion: 3, readerFeatures: ['v2Checkpoint'] } },
        'table-feature-unsupported',
        'v2Checkpoint',
      ],
      [{ protocol: { minReaderVersion: 4 } }, 'table-feature-unsupported', '4'],
      [{ metaData: { ...meta, configuration: mapped } }, 'table-feature-unsupported', '"a"'],
      [[], 'table-damaged', 'no action'],
    ] as const) {
      writeFileSync(log, `${typeof action === 'string' ? action : JSON.stringify(action)}\n`);
      refused(box, ['update', 'data/delta'], code, named);
    }
    rmSync(log);
  });
});
