import { afterAll, beforeAll, expect, test } from 'vitest';
import { openRows } from '../../src/engine/check-rows.ts';
import type { SourceFile } from '../../src/engine/source-file.ts';
import type { TableProfile } from '../../src/profile/model/model.ts';
import { writeParquet } from '../support/parquet.ts';
import { Sandbox } from '../support/sandbox.ts';

let box: Sandbox;
beforeAll(async () => {
  box = new Sandbox().repository();
  const file = (path: string) => box.path('repo/sales', path);
  // As Hive wrote them first, without the column, and as engines do since: with it.
  await writeParquet({
    [file('region=7/a.parquet')]: 'SELECT range AS id FROM range(10)',
    [file('region=7/b.parquet')]: `SELECT range AS id, '7' AS region FROM range(10, 30)`,
    [file('region=8/a.parquet')]: `SELECT range AS id, '8' AS region FROM range(30, 60)`,
    [file('region=8/b.parquet')]: 'SELECT range AS id FROM range(60, 100)',
  });
});
afterAll(() => box?.remove());

const file = (path: string): SourceFile => ({ path, absolutePath: box.path('repo', path) });

test('a column that some files have and others have in their paths alone has the values of both', () => {
  const [table] = box.json<{ tables: TableProfile[] }>(['profile', 'sales']).tables;
  const region = table!.features.find(({ path }) => path[0] === 'region');
  expect(table!.rows).toBe(100);
  expect(region).toMatchObject({ type: 'string', present: 100, nulls: 0 });
  expect(JSON.stringify(region)).toMatch(/"7".{0,20}30\b/);
  const value = `CASE WHEN id < 30 THEN '7' ELSE '8' END`;
  const expecting = (text: string) =>
    box.write(
      'repo/sales.schema.yaml',
      `varveSchema: 1\nexpect:\n  - region IS NOT NULL AND region = ${text}\nfeatures:\n  id: { type: integer }\n  region: { type: string }\n`,
    );
  expecting(value);
  box.ok(['validate', 'sales']);
  // Rows keep the places that they have in their files.
  expecting(value.replace('30', '31'));
  const { code, out } = box.varve(['validate', 'sales']);
  expect(code).toBe(1);
  expect(out).toContain('region=8/a.parquet');
});

test('however files with and without the column alternate, rows are told by their files', async () => {
  const paths = Array.from({ length: 300 }, (_, at) => `many/${String(at).padStart(3, '0')}.parquet`);
  await writeParquet(
    Object.fromEntries(
      paths.map((path, at) => [
        box.path('repo', path),
        at % 2 === 0 ? `SELECT ${at} AS id` : `SELECT ${at} AS id, '7' AS region`,
      ]),
    ),
  );
  const rows = await openRows([{ files: paths.map(file), constants: [['region', `CAST('8' AS VARCHAR)`]] }]);
  expect(
    await rows.ask(`region IS NULL OR region <> CASE WHEN id % 2 = 0 THEN '8' ELSE '7' END`, 'id'),
  ).toMatchObject({
    rows: 300,
    failing: 0,
  });
  const { examples } = await rows.ask('id = 7 OR id = 200', 'id');
  rows.close();
  expect(examples.map(({ file, fileRow, value }) => [file, fileRow, value])).toEqual([
    ['many/200.parquet', 1, '200'],
    ['many/007.parquet', 1, '7'],
  ]);
});

test('a damaged file among them is named', async () => {
  box.write('repo/sales-damaged/region=7/a.parquet', 'PAR1');
  const files = [file('sales/region=7/a.parquet'), file('sales-damaged/region=7/a.parquet')];
  await expect(openRows([{ files, constants: [['region', `CAST('7' AS VARCHAR)`]] }])).rejects.toMatchObject({
    code: 'table-unreadable',
    path: 'sales-damaged/region=7/a.parquet',
  });
});
