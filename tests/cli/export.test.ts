import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ExportTableResult } from '../../src/operations/tables/exporter.ts';
import { writeParquet } from '../support/parquet.ts';
import { refused } from '../support/refused.ts';
import { Sandbox } from '../support/sandbox.ts';

type Action = Record<string, Record<string, unknown> | undefined>;

let box: Sandbox;
let commits: string[];
beforeAll(async () => {
  box = new Sandbox().repository().withRemote();
  const day = (name: string) => box.path(`repo/data/trips/day=${name}/rows.parquet`);
  const rows = (from: number) =>
    `SELECT range AS id, range / 7 AS fare, 'trip ' || hash(range) AS text, DATE '2026-01-01' AS born,
     TIMESTAMPTZ '2026-01-02 10:00:00.123456+00' AS at, (range / 100)::DECIMAL(20,2) AS toll, TIME '10:00:00' AS hour
     FROM range(${from}, ${from + 60_000})`;
  await writeParquet({
    [day('1')]: rows(0),
    [day('2')]: rows(60_000),
    [box.path('repo/data/trips/small/few.parquet')]: `${rows(0)} LIMIT 3`,
  });
  box.write('repo/data/trips/_notes.parquet', 'not of the table');
  box.ok(['add', 'data/trips']);
  const first = box.commit('one');
  rmSync(box.path('repo/data/trips/day=1'), { recursive: true });
  await writeParquet({ [day('3')]: rows(120_000) });
  box.ok(['add', 'data/trips']);
  commits = [first, box.commit('two')];
});
afterAll(() => box.remove());

function log(version: number, table = 'tables/trips'): Action[] {
  const name = `${String(version).padStart(20, '0')}.json`;
  const text = readFileSync(box.path('remote', table, '_delta_log', name), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Action);
}

function pathsIn(actions: readonly Action[], of: 'add' | 'remove'): string[] {
  return actions.flatMap((action) =>
    action[of] === undefined ? [] : [fileURLToPath(String(action[of].path))],
  );
}

test('what is not on the remote is in no table yet', () => {
  const table = ['export', 'delta', 'tables/trips', 'data/trips'];
  expect(box.json(table)).toMatchObject({
    versions: [],
    latest: null,
    skipped: [{ because: 'not-on-remote' }, {}],
  });
  refused(box, [...table, '--revs', 'HEAD'], 'object-missing', 'data/trips');
  expect(existsSync(box.path('remote/tables'))).toBe(false);
});

test('versions of a dataset are those of a Delta table, whose files lie where a push has put them', () => {
  box.ok(['push', '--all-commits']);
  const { err, out } = box.varve(['export', 'delta', 'tables/trips', 'data/trips', '--json']);
  expect(err).toContain(
    '1 column of data/trips cannot be seen in the table, since delta has no such type: hour (TIME)',
  );
  const result = JSON.parse(out) as ExportTableResult;
  expect(result).toMatchObject({
    table: `file://${box.path('remote')}/tables/trips`,
    latest: 1,
    versions: [
      { version: 0, commit: commits[0], files: 3, rows: 120_003, added: 3, removed: 0 },
      { version: 1, commit: commits[1], files: 3, rows: 120_003, added: 1, removed: 1 },
    ],
    // A small file lies in a pack with others.
    written: { files: 1 },
  });
  const [created, changed] = [log(0), log(1)];
  const objects = pathsIn(created, 'add');
  expect(objects.filter((path) => path.startsWith(box.path('remote/objects/')))).toHaveLength(3);
  expect(objects.every((path) => existsSync(path))).toBe(true);
  expect(pathsIn(changed, 'remove')).toHaveLength(1);
  expect(objects).toContain(pathsIn(changed, 'remove')[0]);
  const { userMetadata } = created[0]!.commitInfo!;
  expect(JSON.parse(String(userMetadata))).toMatchObject({ dataset: 'data/trips', gitCommit: commits[0] });
  const added = changed.find(({ add }) => add !== undefined)!.add!;
  expect(added.partitionValues).toEqual({ day: '3' });
  expect(JSON.parse(String(added.stats))).toMatchObject({
    numRecords: 60_000,
    minValues: { id: 120_000, born: '2026-01-01', at: '2026-01-02T10:00:00.123Z', toll: 1200 },
    maxValues: { id: 179_999, fare: 179_999 / 7, at: '2026-01-02T10:00:00.124Z', toll: 1799.99 },
    nullCount: { id: 0, text: 0 },
  });
});

test('an export adds what the table lacks, and leaves the rest as it is', async () => {
  expect(box.json(['export', 'delta', 'tables/trips', 'data/trips'])).toMatchObject({
    versions: [],
    latest: 1,
  });
  expect(box.ok(['export', 'delta', 'tables/kept', 'data/trips', '--on-push', '--revs', 'HEAD~1'])).toContain(
    'is at version 0',
  );
  await writeParquet({ [box.path('repo/data/trips/day=4/rows.parquet')]: 'SELECT 1::BIGINT AS id' });
  box.ok(['add', 'data/trips']);
  box.commit('three');
  // The settings say so, wherever in the repository somebody pushes.
  expect(box.ok(['push'], 'repo/data')).toMatch(/tables\/kept is at version 2, of data\/trips/);
  expect(log(2, 'tables/kept').filter(({ add }) => add !== undefined)).toHaveLength(1);
  expect(box.ok(['export', 'delta', 'tables/trips', 'data/trips'])).toContain('(+1 −0)');
});

test('a file that moved to another partition has the value of that one, in one action', () => {
  const day = (name: string) => box.path(`repo/data/trips/day=${name}`);
  renameSync(day('2'), day('5'));
  box.ok(['add', 'data/trips']);
  box.commit('moved');
  box.ok(['push']);
  expect(box.ok(['export', 'delta', 'tables/trips', 'data/trips'])).toContain('(+1 −1)');
  const [added, removed] = [
    log(3).flatMap(({ add }) => (add === undefined ? [] : [add])),
    pathsIn(log(3), 'remove'),
  ];
  expect(added.map(({ partitionValues }) => partitionValues)).toEqual([{ day: '5' }]);
  expect(removed).toEqual([]);
  expect(pathsIn(log(0), 'add')).toContain(fileURLToPath(String(added[0]!.path)));
});

test('versions that a table went past are said to need another one', async () => {
  const fresh = new Sandbox().repository();
  fresh.ok(['remote', 'add', 'origin', '../re mote ü']);
  for (const count of [1, 2]) {
    await writeParquet({ [fresh.path('repo/data.parquet')]: `SELECT range AS id FROM range(${count})` });
    fresh.ok(['add', 'data.parquet']);
    fresh.commit(`${count}`);
    if (count === 1) {
      const { err } = fresh.varve(['export', 'delta', 'tables/all', 'data.parquet']);
      expect(err).toContain('The same export then adds them');
    }
  }
  fresh.ok(['push']);
  const { err } = fresh.varve(['export', 'delta', 'tables/all', 'data.parquet']);
  expect(err).toMatch(/1 version of data.parquet left out.*come only to a table in another folder/);
  // What the message says brings them.
  fresh.ok(['push', '--all-commits']);
  expect(fresh.json(['export', 'delta', 'tables/new', 'data.parquet'])).toMatchObject({ latest: 1 });
  // Iceberg takes addresses letter by letter, Delta as URIs.
  const iceberg = fresh.json<ExportTableResult>(['export', 'iceberg', 'tables/ice', 'data.parquet']);
  expect(iceberg.table).toBe(`file://${fresh.path('re mote ü')}/tables/ice`);
  expect(fresh.json<ExportTableResult>(['export', 'delta', 'tables/new', 'data.parquet']).table).toBe(
    pathToFileURL(fresh.path('re mote ü/tables/new')).href,
  );
  fresh.remove();
});

test('a dataset without Parquet, one that is gone, and files that the remote lost are told', async () => {
  const other = new Sandbox().repository().withRemote();
  await writeParquet({ [other.path('repo/big.parquet')]: 'SELECT hash(range) AS h FROM range(200000)' });
  other.write('repo/plain.csv', 'a\n1\n');
  other.ok(['add', 'big.parquet', 'plain.csv']);
  other.commit('all');
  other.ok(['push']);
  expect(other.varve(['export', 'delta', 'tables/plain', 'plain.csv']).err).toContain(
    '1 version of plain.csv left out, without a Parquet file',
  );
  const [object] = other.ok(['url', 'big.parquet']).trimEnd().split('\n');
  const bytes = readFileSync(fileURLToPath(object!));
  rmSync(fileURLToPath(object!));
  refused(other, ['export', 'delta', 'tables/big', 'big.parquet'], 'object-missing', 'has lost objects/');
  expect(existsSync(other.path('remote/tables'))).toBe(false);
  // What the message says mends it.
  other.ok(['push', '--all-commits', '--remote', 'origin']);
  other.ok(['export', 'delta', 'tables/big', 'big.parquet', '--on-push']);
  const [mended] = other.ok(['url', 'big.parquet']).trimEnd().split('\n');
  expect(readFileSync(fileURLToPath(mended!))).toEqual(bytes);
  other.ok(['rm', 'big.parquet']);
  other.commit('gone');
  const { err, code } = other.varve(['push']);
  expect([code, err]).toEqual([0, expect.stringContaining('big.parquet is no dataset any more')]);
  other.remove();
}, 60_000);

test('columns that engines would mix up are refused', async () => {
  const other = new Sandbox().repository().withRemote();
  await writeParquet({
    [other.path('repo/mixed/region=1/a.parquet')]: 'SELECT 1 AS region, 1 AS id',
    [other.path('repo/mixed/region=2/a.parquet')]: 'SELECT 1 AS id',
    [other.path('repo/cases/Day=1/a.parquet')]: 'SELECT 1 AS id, 1 AS day',
  });
  other.ok(['add', 'mixed', 'cases']);
  other.commit('all');
  other.ok(['push']);
  for (const [name, where] of [
    ['mixed', 'region=2/a.parquet'],
    ['cases', 'Day'],
  ] as const)
    refused(other, ['export', 'iceberg', `tables/${name}`, name], 'table-unsupported', where);
  other.remove();
});

test('a version that is no table is left out by its commit, and those after it come', async () => {
  const fresh = new Sandbox().repository().withRemote();
  await writeParquet({
    [fresh.path('repo/d/a.parquet')]: 'SELECT 1 AS x',
    [fresh.path('repo/d/b.parquet')]: "SELECT 'text' AS x",
  });
  fresh.ok(['add', 'd']);
  const first = fresh.commit('one');
  fresh.ok(['push']);
  const err = refused(
    fresh,
    ['export', 'delta', 't', 'd', '--revs', 'HEAD'],
    'table-unsupported',
    first.slice(0, 12),
  );
  expect(err).toContain('leave this revision out');
  rmSync(fresh.path('repo/d/b.parquet'));
  fresh.ok(['add', 'd']);
  fresh.commit('two');
  const result = fresh.varve(['push']);
  expect(result.code).toBe(0);
  const exported = fresh.varve(['export', 'delta', 't', 'd', '--on-push', '--json']);
  expect(exported.err).toContain(`d in ${first.slice(0, 12)}: a.parquet and b.parquet`);
  expect(JSON.parse(exported.out)).toMatchObject({
    versions: [{ version: 0, rows: 1 }],
    skipped: [{ commit: first, because: 'no-table' }],
  });
  // Nor does a push stop at one that is the newest.
  await writeParquet({ [fresh.path('repo/d/c.parquet')]: "SELECT 'text' AS x" });
  fresh.ok(['add', 'd']);
  const third = fresh.commit('three');
  const pushed = fresh.varve(['push']);
  expect(pushed.code).toBe(0);
  expect(pushed.err).toContain(third.slice(0, 12));
  // Tables lie beside one another.
  for (const path of ['t/_delta_log', 't/metadata', 't/inner/deeper'])
    refused(fresh, ['export', 'iceberg', path, 'd'], 'table-path-invalid', path);
  fresh.ok(['export', 'iceberg', 'outer/inner', 'd']);
  refused(fresh, ['export', 'delta', 'outer', 'd'], 'table-path-invalid', 'outer/inner');
  fresh.remove();
});

test('gc keeps what a table names, until the table is gone', () => {
  const [lost] = pathsIn(log(1), 'remove');
  // No commit needs the first version any more.
  box.git(['checkout', '-q', '--orphan', 'fresh']);
  box.commit('all of it');
  box.git(['branch', '-D', '-q', 'main']);
  box.git(['reflog', 'expire', '--expire=now', '--all']);
  const gc = ['gc', '--remote', 'origin', '--grace', '0'];
  box.ok(gc);
  expect(existsSync(lost!)).toBe(true);
  expect(readdirSync(box.path('remote/exports'))).toHaveLength(2);
  rmSync(box.path('remote/tables'), { recursive: true });
  box.ok(gc);
  box.ok(gc);
  expect(existsSync(lost!)).toBe(false);
  expect(readdirSync(box.path('remote/exports'))).toEqual([]);
});

test('a table of others is left alone, and so are places of the store', () => {
  box.write(
    'remote/tables/theirs/_delta_log/00000000000000000000.json',
    '{"commitInfo":{"operation":"WRITE"}}\n',
  );
  refused(
    box,
    ['export', 'delta', 'tables/theirs', 'data/trips'],
    'table-foreign',
    `file://${box.path('remote')}/tables/theirs`,
  );
  for (const path of ['objects/aa', '../out', 'exports', '/absolute', 'a b', 'index'])
    refused(box, ['export', 'delta', path, 'data/trips'], 'table-path-invalid', path);
  expect(box.json(['export', 'delta', 'tables/small', 'data/trips/small'])).toMatchObject({
    dataset: 'data/trips/small',
    versions: [{ rows: 3 }],
  });
  refused(
    box,
    ['export', 'delta', 'tables/small', 'data/trips'],
    'table-foreign',
    `file://${box.path('remote')}/tables/small`,
  );
});

test('the same versions are snapshots of an Iceberg table, each behind metadata of its own', () => {
  const iceberg = ['export', 'iceberg', 'ice/trips', 'data/trips'];
  expect(box.json(iceberg)).toMatchObject({
    format: 'iceberg',
    latest: 0,
    versions: [{ version: 0, rows: 120_004 }],
  });
  rmSync(box.path('repo/data/trips/day=4'), { recursive: true });
  box.ok(['add', 'data/trips']);
  const commit = box.commit('without the fourth');
  box.ok(['push']);
  expect(box.json(iceberg)).toMatchObject({ versions: [{ version: 1, added: 0, removed: 1 }] });
  expect(readFileSync(box.path('remote/ice/trips/metadata/version-hint.text'), 'utf8')).toBe('2');
  const metadata = JSON.parse(readFileSync(box.path('remote/ice/trips/metadata/v2.metadata.json'), 'utf8'));
  expect(metadata).toMatchObject({
    'format-version': 2,
    location: `file://${box.path('remote/ice/trips')}`,
    'last-sequence-number': 2,
  });
  expect(metadata.snapshots[1].summary).toMatchObject({
    operation: 'overwrite',
    'varve.git-commit': commit,
    'total-records': '120003',
  });
  expect(box.json(iceberg)).toMatchObject({ versions: [], latest: 1 });
});

test('a push of Git keeps tables up as a push does, and a purge says which tables name what goes', async () => {
  const git = box.path('git');
  box.git(['init', '-q', '--bare', git], '.');
  box.ok(['export', 'delta', 'tables/last', 'data/trips', '--revs', 'HEAD', '--on-push']);
  const change = async (rows: number) => {
    await writeParquet({
      [box.path('repo/data/trips/day=5/rows.parquet')]: `SELECT range AS id FROM range(${rows})`,
    });
    box.ok(['add', 'data/trips']);
    box.commit(`${rows} rows of the fifth`);
  };
  await change(70_000);
  box.ok(['git', 'install', '--pre-push']);
  box.git(['push', '-q', git, 'HEAD:refs/heads/one']);
  expect(pathsIn(log(1, 'tables/last'), 'add')).toHaveLength(1);
  const file = box.path('repo/data/trips/day=5/rows.parquet');
  const purged = box.varve(['purge', file, '--dry-run']);
  expect(purged.err).toMatch(/of the exported (1 table|\d tables) .*tables\/last/);
  // A table that cannot be kept up holds no commit back.
  box.write(
    'remote/tables/last/_delta_log/00000000000000000002.json',
    '{"commitInfo":{"operation":"WRITE"}}\n',
  );
  await change(80_000);
  const { code, err } = box.run('git', ['push', git, 'HEAD:refs/heads/two'], 'repo');
  expect(code, err).toBe(0);
  expect(err).toContain('not up to date');
  expect(box.git(['--git-dir', git, 'rev-parse', 'two'])).toBe(box.git(['rev-parse', 'HEAD']));
});
