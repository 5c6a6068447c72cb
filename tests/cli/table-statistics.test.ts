import { cpSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { literal } from '../../src/engine/quote.ts';
import type { AddResult, DiffResult, LogResult, UpdateResult } from '../../src/index.ts';
import type { FooterStatistics } from '../../src/profile/footers/model.ts';
import { whileAt } from '../support/delta-log.ts';
import { writeParquet } from '../support/parquet.ts';
import { refused } from '../support/refused.ts';
import { Sandbox } from '../support/sandbox.ts';
import { startServe } from '../support/serve-process.ts';
import { describeWithWeb, startWebServer } from '../support/web-server.ts';

const FIXTURES = join(import.meta.dirname, '..', '..', 'fixtures', 'tables');
type Shown = FooterStatistics & { readonly statistics: string };

describeWithWeb('statistics that a table tells', (server) => {
  let box: Sandbox;
  beforeAll(() => {
    cpSync(FIXTURES, server.root, { recursive: true });
    box = new Sandbox().repository().withRemote();
  });
  afterAll(() => box?.remove());

  const url = (path: string) => `${server.url}/${path}`;
  const words = (table: string, kind: string, ...more: string[]) => [
    ...['add', url(table), '--to', table, '--statistics', kind, ...more],
  ];
  const shown = (path: string, folder = 'repo') => box.json<Shown>(['profile', path], folder);
  const columnsOf = ({ tables }: FooterStatistics) =>
    Object.fromEntries(tables[0]!.columns.map(({ path, ...known }) => [path.join('.'), known]));

  /** Add a table that does not tell its statistics. @returns what is said of that */
  const lacking = (table: string): string => {
    const { code, out, err } = box.varve([...words(table, 'table'), '--json']);
    expect([code, out], err).toEqual([2, expect.stringContaining('"statistics-partial"')]);
    return err;
  };

  test('are marked wherever they are shown, and come again with the next version', () => {
    const added = whileAt(join(server.root, 'delta'), 1, () => box.ok(words('delta', 'table')));
    expect(added).toMatch(/^new +delta +20 rows by the table, 2 files, /);
    const pointer = readFileSync(box.path('repo/delta.varve'), 'utf8');
    expect(pointer).toMatch(
      /^varve: 9\n[\s\S]*rows: 20\nfooters: sha256:[0-9a-f]{64}\nfooters-by: table\nsource: /,
    );
    expect(shown('delta')).toMatchObject({
      statistics: 'table',
      by: 'table',
      tables: [{ files: 2, rows: 20 }],
    });
    expect(box.ok(['profile', 'delta'])).toMatch(/columns, by the table\nFrom the log .*nobody has opened/);
    expect(box.ok(['profile', 'delta', '--format', 'markdown'])).toContain('by the table');
    box.commit('one');
    expect(box.ok(['log', 'delta'])).toContain('20 rows by the table');
    expect(box.json<LogResult>(['log', 'delta']).versions[0]!.snapshot).toMatchObject({
      statistics: 'table',
    });
    const [updated] = box.json<UpdateResult>(['update', 'delta']).datasets;
    expect(updated).toMatchObject({ rows: 25, statistics: 'table', change: 'changed' });
    expect(box.ok(['update', 'delta'])).toMatch(/^unchanged +delta +25 rows by the table, 3 files/);
    const text = box.ok(['diff', 'HEAD']);
    expect(text).toContain('20 rows → 25 rows by the table');
    expect(text).toContain('column id: max 19 → 34, by the table');
    box.commit('two');
    box.ok(['push', '--all-commits']);
    box.clone('repo', 'clone');
    expect(shown('delta@HEAD~1', 'clone').tables[0]!.rows).toBe(20);
    box.ok(['gc', '--grace', '0']);
    expect(shown('delta').tables[0]!.rows).toBe(25);
    refused(box, ['schema', 'infer', 'delta', '--output', 'x.yaml'], 'statistics-partial', 'delta');
  });

  test('give way to those of footers, which are not compared with them, and to those of every row', () => {
    const byTable = columnsOf(shown('delta'));
    expect(box.json<AddResult>(words('delta', 'footers', '--at', '1')).datasets[0]).toMatchObject({
      rows: 20,
    });
    const [differs] = box.json<DiffResult>(['diff', 'HEAD']).datasets;
    expect(differs).toMatchObject({ before: { statistics: 'table' }, after: { statistics: 'footers' } });
    expect(differs!.footers!.filter(({ what }) => what !== 'type')).toEqual([]);
    box.ok(words('delta', 'table'));
    const [more] = box.json<AddResult>(words('delta', 'footers')).datasets;
    expect(more).toMatchObject({ rows: 25, change: 'changed' });
    expect(more!.footersBy).toBeUndefined();
    const byFooters = columnsOf(shown('delta'));
    for (const name of ['id', 'name', 'day'])
      expect(byTable[name], name).toMatchObject({ nulls: byFooters[name]!.nulls });
    expect(byTable.id).toEqual(byFooters.id);
    // Less is not put in the place of more.
    expect(box.json<AddResult>(words('delta', 'table')).datasets[0]).toEqual({
      ...more,
      change: 'unchanged',
    });
  });

  test('of an Iceberg table are those of its manifests', () => {
    expect(box.ok(words('iceberg', 'table'))).toMatch(/^new +iceberg +\d+ rows by the table/);
    const byTable = columnsOf(shown('iceberg'));
    expect(box.json<AddResult>(words('iceberg', 'footers')).datasets[0]).toMatchObject({ change: 'changed' });
    const byFooters = columnsOf(shown('iceberg'));
    expect(Object.keys(byTable).sort()).toEqual(Object.keys(byFooters).sort());
    expect(byTable.id).toEqual(byFooters.id);
    expect(byTable.name).toMatchObject({ type: 'string', nulls: byFooters.name!.nulls });
  });

  test('are not there where no table is, or where it does not count the rows: the version is added all the same', async () => {
    await writeParquet({ [join(server.root, 'plain/a.parquet')]: 'SELECT 1 AS a' });
    const err = lacking('plain');
    expect(err).toContain('no table of Delta Lake or Iceberg');
    expect(err).toContain('--statistics footers');
    expect(box.ok(['ls', 'plain'])).toContain('a.parquet');
    refused(box, [...words('plain', 'table'), '--engine', 'local'], 'usage', '--engine');
  });

  describe('of a hostile log', () => {
    const COLUMNS = ['i:long', 's:string', 'f:double', 'd:date', 't:timestamp', 'n:decimal(9,2)', 'b:byte'];

    /** A table of one file of two rows, of which the log says this. */
    async function tableOf(name: string, stats: string | undefined): Promise<void> {
      const file = join(server.root, name, 'a.parquet');
      await writeParquet({ [file]: "SELECT 1::BIGINT AS i, 'x' AS s FROM range(2)" });
      const fields = COLUMNS.map((column) => {
        const [of, type] = column.split(':');
        return { name: of, type, nullable: true, metadata: {} };
      });
      const actions = [
        { protocol: { minReaderVersion: 1, minWriterVersion: 2 } },
        {
          metaData: {
            id: '1',
            schemaString: JSON.stringify({ type: 'struct', fields }),
            partitionColumns: [],
          },
        },
        {
          add: { path: 'a.parquet', size: statSync(file).size, partitionValues: {}, ...(stats && { stats }) },
        },
      ];
      mkdirSync(join(server.root, name, '_delta_log'), { recursive: true });
      const lines = actions.map((action) => `${JSON.stringify(action)}\n`).join('');
      writeFileSync(join(server.root, name, `_delta_log/${'0'.repeat(20)}.json`), lines);
    }

    test('numbers of rows that are none leave the version without statistics', async () => {
      const cases = [
        undefined,
        '',
        'null',
        '{"numRecords":',
        `${'{"numRecords":2,"a":'}${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
        '{"numRecords":-1}',
        '{"numRecords":1.5}',
        '{"numRecords":1e9}',
        '{"numRecords":99999999999999999999}',
        '{"numRecords":"two"}',
        '{"numRecords":NaN}',
        `{"numRecords":2,"minValues":{"s":"${'x'.repeat(2_000_000)}"}}`,
      ];
      for (const [number, stats] of cases.entries()) {
        await tableOf(`none${number}`, stats);
        expect(lacking(`none${number}`), stats?.slice(0, 50)).toContain('a.parquet');
        expect(readFileSync(box.path(`repo/none${number}.varve`), 'utf8')).toMatch(/^varve: 7\n/);
      }
    }, 120_000);

    test('what it says of a column in another type than this is not known', async () => {
      const wrong = {
        minValues: {
          i: 1.5,
          s: { x: 1 },
          f: 'NaN',
          d: '2026-13-01',
          t: '2026-01-01T00:00:00',
          n: 12345678901234.5,
          b: -300,
        },
        maxValues: { i: '9223372036854775808', s: ['a'], f: 'Infinity', d: 20, t: 'now', n: 'x', b: 'true' },
        nullCount: { i: -1, s: 3, f: '0x1', d: null, t: 1.5, n: {}, b: [0] },
      };
      await tableOf('wrong', JSON.stringify({ numRecords: 2, ...wrong }));
      expect(box.json<AddResult>(words('wrong', 'table')).datasets[0]).toMatchObject({ rows: 2 });
      const known = columnsOf(shown('wrong'));
      for (const column of COLUMNS) {
        const [name, type] = column.split(':');
        expect(known[name!], name).toEqual({ type });
      }
      await tableOf(
        'proto',
        '{"numRecords":2,"minValues":{"__proto__":{"i":1}},"nullCount":{"constructor":1}}',
      );
      expect(box.json<AddResult>(words('proto', 'table')).datasets[0]).toMatchObject({ rows: 2 });
      expect(columnsOf(shown('proto')).i).toEqual({ type: 'long' });
    });

    test('of a checkpoint they may be columns in place of text', async () => {
      await tableOf('parsed', undefined);
      const log = join(server.root, 'parsed/_delta_log');
      const commit = join(log, `${'0'.repeat(20)}.json`);
      const [, about] = readFileSync(commit, 'utf8').split('\n');
      const { metaData } = JSON.parse(about!) as { metaData: { schemaString: string } };
      rmSync(commit);
      const ends = (i: string, f: string) =>
        `{i: ${i}::BIGINT, s: 'x', f: ${f}::DOUBLE, d: DATE '1969-12-31', t: TIMESTAMPTZ '2026-01-01 01:00:00.25+01', n: 1.5::DECIMAL(9, 2)}`;
      const { size } = statSync(join(server.root, 'parsed/a.parquet'));
      await writeParquet({
        [join(log, `${'0'.repeat(20)}.checkpoint.parquet`)]: `
          SELECT {minReaderVersion: 1, minWriterVersion: 2} AS protocol UNION ALL BY NAME
          SELECT {id: '1', schemaString: ${literal(metaData.schemaString)}, partitionColumns: []::VARCHAR[], configuration: MAP {}::MAP(VARCHAR, VARCHAR)} AS "metaData" UNION ALL BY NAME
          SELECT {path: 'a.parquet', size: ${size}::BIGINT, partitionValues: MAP {}::MAP(VARCHAR, VARCHAR), stats_parsed: {numRecords: 2::BIGINT,
            minValues: ${ends('-9007199254740993', '-1e-7')}, maxValues: ${ends('9007199254740993', "'NaN'")},
            nullCount: {i: 0::BIGINT, s: 1::BIGINT, f: 0::BIGINT, d: 0::BIGINT, t: 0::BIGINT, n: 2::BIGINT}}} AS add`,
      });
      box.ok(words('parsed', 'table'));
      expect(columnsOf(shown('parsed'))).toEqual({
        i: { type: 'long', nulls: 0, min: '-9007199254740993', max: '9007199254740993' },
        s: { type: 'string', nulls: 1, min: 'x', max: 'x' },
        f: { type: 'double', nulls: 0, min: '-1e-7' },
        d: { type: 'date', nulls: 0, min: '1969-12-31', max: '1969-12-31' },
        t: {
          type: 'timestamp',
          nulls: 0,
          min: '2026-01-01T00:00:00.250000',
          max: '2026-01-01T00:00:00.250999',
        },
        n: { type: 'decimal(9,2)', nulls: 2 },
        b: { type: 'byte' },
      });
    });

    test('a page shows what is known, and what is not, and no name of a column is taken for markup', async () => {
      await tableOf('page', '{"numRecords":2,"minValues":{"s":"<b>x"},"nullCount":{"s":0,"f":2}}');
      box.ok(words('page', 'table'));
      const page = box.ok(['profile', 'page', '--format', 'html']);
      expect(page).toContain('2 rows in 1 file, 7 columns, by the table');
      expect(page).toContain('nobody has opened the files');
      expect(page).toContain('&lt;b&gt;x');
      expect(page).not.toContain('<b>x');
      expect(page).toContain('Nothing but nulls.');
      expect(page).toContain('Of 5 columns it is not known.');
      // Of i, d, t, n and b nothing, and of s the largest.
      expect(page.split('<em>not known</em>')).toHaveLength(5 * 3 + 1 + 1);
    });

    test('the pages of varve serve show the same, and say why nothing is compared', async () => {
      await tableOf('served', '{"numRecords":2,"nullCount":{"f":2}}');
      box.ok(words('served', 'table'));
      box.commit('served');
      const process = await startServe(box, ['--anonymous']);
      const [shownThere, datasets, drift] = await Promise.all(
        ['profile/main/served', 'datasets/main', 'schema/main/served'].map((page) =>
          fetch(`${process.url}/ui/repo/${page}`),
        ),
      );
      expect(shownThere!.status).toBe(200);
      const page = await shownThere!.text();
      expect(page).toContain('nobody has opened the files');
      expect(page).toContain('<em>not known</em>');
      expect(await datasets!.text()).toContain('2 rows by the table');
      expect(drift!.status).toBeLessThan(500);
      expect(process.log()).not.toContain('went wrong');
      await process.stop();
    });

    test('what it says rightly is kept to the last digit, and what may be cut stays a bound', async () => {
      const stats = `{"numRecords":2,"minValues":{"i":-9223372036854775808,"s":"${'a'.repeat(100)}","f":-0.0,"d":"0001-01-01","t":"2026-01-01T01:00:00.5+01:00","n":-0.01,"b":-128},
        "maxValues":{"i":9223372036854775807,"s":"${'b'.repeat(100)}","f":1e300,"d":"9999-12-31","t":"2026-01-01T00:00:00.123Z","n":1.5,"b":127},
        "nullCount":{"i":0,"s":2,"f":1,"d":0,"t":0,"n":0,"b":0},"tightBounds":false}`;
      await tableOf('right', stats);
      box.ok(words('right', 'table'));
      expect(columnsOf(shown('right'))).toEqual({
        i: { type: 'long', nulls: 0, min: '-9223372036854775808', max: '9223372036854775807' },
        s: { type: 'string', nulls: 2 },
        // Of wide bounds, one null among two rows is not certain.
        f: { type: 'double', min: '0', max: '1e+300' },
        d: { type: 'date', nulls: 0, min: '0001-01-01', max: '9999-12-31' },
        t: {
          type: 'timestamp',
          nulls: 0,
          min: '2026-01-01T00:00:00.500000',
          max: '2026-01-01T00:00:00.123999',
        },
        n: { type: 'decimal(9,2)', nulls: 0, min: '-0.01', max: '1.50' },
        b: { type: 'byte', nulls: 0, min: '-128', max: '127' },
      });
    });
  });
});

test('no file of a table is opened for them', async () => {
  const box = new Sandbox().repository();
  cpSync(FIXTURES, box.path('web'), { recursive: true });
  const server = await startWebServer(box.path('web'), { lists: 'pages' });
  const asked: string[] = [];
  server.instead = ({ method, url = '' }) => {
    if (method === 'GET' && url.endsWith('.parquet') && !url.includes('_delta_log')) asked.push(url);
    return false;
  };
  for (const table of ['delta', 'iceberg']) {
    const done = await box.later(['add', `${server.url}/${table}`, '--to', table, '--statistics', 'table']);
    expect(done.code, done.err).toBe(0);
    expect(done.out).toContain('rows by the table');
  }
  expect(asked).toEqual([]);
  await server.close();
  box.remove();
});
