import { cpSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AddResult, UpdateResult } from '../../src/index.ts';
import { refused } from '../support/refused.ts';
import { Sandbox } from '../support/sandbox.ts';
import { describeWithWeb } from '../support/web-server.ts';

/** Written by delta-rs and pyiceberg: `scripts/make-table-fixtures.py`. */
const TABLES = join(import.meta.dirname, '..', '..', 'fixtures', 'tables');
/** More levels than a recursion may have. */
const DEEP = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
const COMMIT = (version: number) => `_delta_log/${String(version).padStart(20, '0')}.json`;

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
  const pointer = (path: string) => readFileSync(box.path('repo', `${path}.varve`), 'utf8');

  test('a version of a Delta table is the files that its log names, and update brings the newest', () => {
    expect(add('delta', '--at', '1')).toMatchObject({ files: 2, table: { format: 'delta', version: '1' } });
    expect(pointer('data/delta')).toContain('varve: 7\n');
    expect(pointer('data/delta')).toContain('\ntable: delta\ntable-version: "1"\n');
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
    expect(update('data/delta')).toMatchObject({
      table: { version: '4' },
      before: '2',
      ...{ files: 3, added: 1, removed: 1, change: 'changed' },
    });
    expect(rows('data/delta')).toBe(25);
    // What was read since has digests from now on.
    expect(box.ok(['update'])).toMatch(/changed +data\/delta +3 files \(\+0 −0\), .*version 4 of http/);
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
    const newest = update('data/iceberg');
    expect(newest).toMatchObject({ files: 1, added: 0, removed: 1 });
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
      [{ add: { ...add, partitionValues: {} } }, 'table-damaged', '["day"]'],
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
    // What the log says counts, and not the path.
    writeFileSync(log, JSON.stringify({ add: { ...add, partitionValues: { day: '3' } } }));
    const moved = update('data/delta');
    expect(moved).toMatchObject({ files: 3 });
    const listed = box.ok(['ls', '-R', 'data/delta']);
    expect(listed).toContain(`day=3/day-2-${file}`);
    expect(rows('data/delta')).toBe(25);
    rmSync(log);
  });
});
