import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AddResult, DiffResult, LogResult, UpdateResult } from '../../src/index.ts';
import type { FooterStatistics } from '../../src/profile/footers/model.ts';
import type { Profile } from '../../src/profile/model/model.ts';
import { whileAt } from '../support/delta-log.ts';
import { writeParquet } from '../support/parquet.ts';
import { refused } from '../support/refused.ts';
import { Sandbox } from '../support/sandbox.ts';
import { describeWithWeb, startWebServer } from '../support/web-server.ts';

const FIXTURES = join(import.meta.dirname, '..', '..', 'fixtures', 'tables');

const ROWS = (from: number, to: number) => `
  SELECT range AS id, CASE WHEN range % 4 = 0 THEN NULL ELSE 'trip ' || range END AS name,
    CASE WHEN range = ${from} THEN 'NaN'::DOUBLE ELSE range / 2 END AS fare, (range / 100)::DECIMAL(9, 2) AS paid,
    TIMESTAMP '2026-01-02 10:00:00.5' + INTERVAL (range) SECOND AS at, [range, NULL] AS stops, {'a': range, 'b': NULL::INTEGER} AS who
  FROM range(${from}, ${to})`;

describeWithWeb('statistics from footers', (server) => {
  let box: Sandbox;
  beforeAll(async () => {
    box = new Sandbox().repository().withRemote();
    await writeParquet({
      [join(server.root, 'trips/day=2/b.parquet')]: ROWS(100, 150),
      [join(server.root, 'trips/day=10/a.parquet')]: ROWS(0, 100),
    });
  }, 60_000);
  afterAll(() => box?.remove());

  const url = (path: string) => `${server.url}/${path}`;
  const column = ({ tables }: FooterStatistics, name: string) =>
    tables[0]!.columns.find(({ path }) => path.join('.') === name);
  const footersOf = (path: string, folder = 'repo') =>
    box.json<FooterStatistics & { statistics: string }>(['profile', path], folder);

  /** By a profile of every row, which tells tables apart by their columns. */
  const profiledRows = (path: string) => {
    const { tables, varveProfile } = box.json<Profile>(['profile', path]);
    expect(varveProfile).toBeGreaterThan(0);
    return tables.reduce((sum, { name, rows }) => sum + (name === '.files' ? 0 : rows), 0);
  };

  test('are marked wherever they are shown, and say what the rows bear out', () => {
    const words = ['add', url('trips'), '--to', 'trips', '--statistics', 'footers'];
    expect(box.ok(words)).toMatch(/^new +trips +150 rows by footers, 2 files, /);
    const pointer = readFileSync(box.path('repo/trips.varve'), 'utf8');
    expect(pointer).toMatch(/^varve: 8\n[\s\S]*rows: 150\nfooters: sha256:[0-9a-f]{64}\nsource: /);
    expect(pointer).not.toContain('profile:');
    const known = footersOf('trips');
    expect(known).toMatchObject({
      statistics: 'footers',
      varveFooters: 1,
      tables: [{ files: 2, rows: 150 }],
    });
    expect(column(known, 'id')).toMatchObject({ type: 'long', nulls: 0, min: '0', max: '149' });
    expect(column(known, 'name')).toMatchObject({ type: 'string', nulls: 38, min: 'trip 1', max: 'trip 99' });
    expect(column(known, 'fare')).toMatchObject({ type: 'double', nulls: 0 });
    expect(column(known, 'paid')).toMatchObject({ type: 'decimal(9,2)', min: '0.00', max: '1.49' });
    expect(column(known, 'at')).toMatchObject({
      min: '2026-01-02T10:00:00.500000',
      max: '2026-01-02T10:02:29.500000',
    });
    expect(column(known, 'stops')).toEqual({ path: ['stops'], type: 'list<long>' });
    expect(column(known, 'who.b')).toEqual({ path: ['who', 'b'], type: 'integer', nulls: 150 });
    expect(column(known, 'day')).toEqual({ path: ['day'], type: 'long', nulls: 0, min: '2', max: '10' });
    expect(box.ok(['profile', 'trips'])).toMatch(
      /trips: 150 rows in 2 files, 9 columns, by footers\n.*nobody has read the rows/s,
    );
    expect(box.ok(['profile', 'trips', '--format', 'markdown'])).toContain('| `name` |');
    const unfit = box.varve(['profile', 'trips', '--format', 'tfdv']);
    expect([unfit.code, unfit.err]).toEqual([2, expect.stringContaining('footers')]);
    refused(box, ['profile', 'trips', '--slice', 'day=2'], 'statistics-partial', 'trips');
    box.commit('one');
    expect(box.ok(['log', 'trips'])).toContain('150 rows by footers');
    const { versions } = box.json<LogResult>(['log', 'trips']);
    expect(versions[0]!.snapshot).toMatchObject({ rows: 150, statistics: 'footers' });
    // Added again, nothing is read again.
    expect(box.json<AddResult>(words).datasets[0]).toMatchObject({ change: 'unchanged', rows: 150 });
  });

  test('are never taken for a profile: what they cannot judge is said, and how to have it', () => {
    box.write(
      'repo/trips.schema.yaml',
      'varveSchema: 1\ntables:\n  rows:\n    features:\n      id: { type: integer }\n',
    );
    for (const words of [
      ['validate', 'trips'],
      ['drift', 'trips', 'trips'],
      ['schema', 'infer', 'trips', '--output', 'x.yaml'],
    ]) {
      const err = refused(box, words, 'statistics-partial', 'trips');
      expect(err).toContain('--statistics full');
      expect(err).toContain('varve fetch trips');
    }
    rmSync(box.path('repo/trips.schema.yaml'));
    const described = box.json<{ rows: number; tables: unknown }>(['describe', 'trips']);
    expect(described).toMatchObject({ rows: 150, tables: null });
  });

  test('come again with the next version, and diff tells what footers say differently', async () => {
    await writeParquet({
      [join(server.root, 'trips/day=11/c.parquet')]:
        `SELECT range AS id, 'x' AS name, 1 AS extra FROM range(500, 510)`,
    });
    const [added] = box.json<AddResult>(['add', url('trips'), '--to', 'trips']).datasets;
    expect(added).toMatchObject({ rows: 160, footers: expect.any(String), change: 'changed' });
    const text = box.ok(['diff', 'HEAD']);
    expect(text).toContain('150 rows → 160 rows by footers');
    expect(text).toContain('  + column extra (integer)');
    expect(text).toContain('  ~ column id: max 149 → 509, by footers');
    expect(text).toContain('  ~ column fare: nulls 0 → 10, by footers');
    const [found] = box.json<DiffResult>(['diff', 'HEAD']).datasets;
    expect(found).toMatchObject({
      before: { statistics: 'footers' },
      after: { statistics: 'footers', rows: 160 },
    });
    expect(found!.statistics).toBeUndefined();
    expect(found!.footers).toContainEqual({
      ...{ table: '', path: ['day'], what: 'max', before: '10', after: '11' },
    });
    box.commit('two');
  });

  test('travel with the version, and gc keeps them', () => {
    box.ok(['push', '--all-commits']);
    box.clone('repo', 'clone');

    expect(footersOf('trips', 'clone').tables[0]!.rows).toBe(160);
    expect(footersOf('trips@HEAD~1', 'clone').tables[0]!.rows).toBe(150);
    box.ok(['gc', '--grace', '0']);
    box.ok(['gc', '--remote', 'origin', '--grace', '0']);
    expect(footersOf('trips').tables[0]!.rows).toBe(160);
    expect(box.ok(['verify'])).not.toContain('damaged');
  });

  test('give way to those of every row, and to the rows once they are here', () => {
    const err = refused(box, ['drift', 'trips@HEAD~1', 'trips'], 'statistics-partial', 'trips@HEAD~1');
    expect(err).toContain("varve get 'trips@HEAD~1' -o FOLDER");
    box.ok(['get', 'trips@HEAD~1', '-o', 'copy']);
    expect(profiledRows('copy')).toBe(150);
    box.ok(['fetch', 'trips']);
    expect(profiledRows('trips')).toBe(160);
    const [full] = box.json<AddResult>([
      'add',
      url('trips'),
      '--to',
      'trips',
      '--statistics',
      'full',
    ]).datasets;
    expect(full).toMatchObject({ rows: 160, profile: expect.any(String), change: 'changed' });
    expect(readFileSync(box.path('repo/trips.varve'), 'utf8')).not.toContain('footers:');
    // Less is not put in the place of more.
    const again = ['add', url('trips'), '--to', 'trips', '--statistics', 'footers'];
    expect(box.json<AddResult>(again).datasets[0]).toMatchObject({
      profile: full!.profile,
      change: 'unchanged',
    });
  });

  test('a table in place has them in each version that update brings', () => {
    cpSync(FIXTURES, server.root, { recursive: true });
    const words = ['add', url('delta'), '--to', 'delta', '--statistics', 'footers'];
    const added = whileAt(join(server.root, 'delta'), 1, () => box.json<AddResult>(words).datasets[0]);
    expect(added).toMatchObject({ rows: 20, footers: expect.any(String) });
    const [updated] = box.json<UpdateResult>(['update', 'delta']).datasets;
    expect(updated).toMatchObject({ rows: 25, change: 'changed' });
    expect(box.ok(['update', 'delta'])).toMatch(/^unchanged +delta +25 rows by footers, 3 files \(\+0 −0\)/);
    expect(readFileSync(box.path('repo/delta.varve'), 'utf8')).toContain('varve: 8\n');
  });

  test('where footers do not suffice, or cannot be read, the version is added without them', async () => {
    writeFileSync(join(server.root, 'lone.csv'), 'a\n1\n');
    await writeParquet({ [join(server.root, 'mixed/a.parquet')]: 'SELECT 1 AS a' });
    writeFileSync(join(server.root, 'mixed/b.csv'), 'a\n1\n');
    writeFileSync(join(server.root, 'mixed/readme.txt'), 'not rows');
    const fails = (path: string, code: string) => {
      const result = box.varve(['add', url(path), '--to', 'x', '--statistics', 'footers', '--json']);
      expect(result.code, result.err).toBe(2);
      expect((JSON.parse(result.out) as { error: { code: string } }).error.code).toBe(code);
      expect(readFileSync(box.path('repo/x.varve'), 'utf8')).not.toContain('footers:');
      return result.err;
    };
    expect(fails('lone.csv', 'statistics-partial')).toContain('--statistics full');
    expect(fails('mixed', 'statistics-partial')).toContain('b.csv holds rows too');
    rmSync(join(server.root, 'mixed/b.csv'));
    for (const bytes of [
      '',
      'PAR1',
      `${'x'.repeat(100)}\xff\xff\xff\x7fPAR1`,
      `${'\x7f'.repeat(64)}\x40\0\0\0PAR1`,
    ]) {
      writeFileSync(join(server.root, 'mixed/b.parquet'), bytes, 'latin1');
      expect(fails('mixed', 'table-unreadable')).toContain('b.parquet');
    }
    refused(box, ['add', 'trips', '--statistics', 'footers'], 'usage', '--statistics');
    const both = ['add', url('mixed'), '--to', 'x', '--statistics', 'footers', '--engine', 'spark'];
    refused(box, both, 'usage', '--engine');
    // A pointer says one or the other, of data in place alone.
    const pointer = readFileSync(box.path('repo/trips.varve'), 'utf8');
    const profile = /profile: (.*)\n/.exec(pointer)?.[1];
    for (const text of [
      pointer.replace('varve: 5', 'varve: 8').replace('profile:', `footers: ${profile}\nprofile:`),
      pointer.replace('profile:', 'footers:'),
      pointer.replace('varve: 5', 'varve: 8'),
      pointer
        .replace('varve: 5', 'varve: 8')
        .replace('profile:', 'footers:')
        .replace(/source:.*\n/, ''),
    ]) {
      box.write('repo/trips.varve', text);
      refused(box, ['profile', 'trips'], 'pointer-damaged', 'trips');
    }
    box.write('repo/trips.varve', pointer);
  });
});

describe('a prefix of many files', () => {
  test('costs a request or two a file, of its end', async () => {
    const box = new Sandbox().repository();
    const root = box.path('web');
    // Of noise, so that the file is far larger than what is read of it.
    await writeParquet({
      [join(root, 'p/a.parquet')]: 'SELECT hash(range) AS a, hash(range + 1) AS b FROM range(100000)',
      [join(root, 'p/b.parquet')]: 'SELECT 1::UBIGINT AS a, 2::UBIGINT AS b',
    });
    const server = await startWebServer(root, { lists: 'pages' });
    const ranges: string[] = [];
    server.instead = ({ method, url = '', headers }) => {
      if (method === 'GET' && url.endsWith('.parquet')) ranges.push(`${url} ${headers.range}`);
      return false;
    };
    const words = ['add', `${server.url}/p`, '--to', 'p', '--statistics', 'footers'];
    const done = await box.later(words);
    expect(done.code, done.err).toBe(0);
    expect(done.out).toContain('100,001 rows by footers');
    expect(ranges).toHaveLength(2);
    const [first] = ranges.filter((range) => range.includes('a.parquet'));
    expect(first).toMatch(/bytes=[1-9]\d{5,}-/);
    await server.close();
    box.remove();
  });
});
