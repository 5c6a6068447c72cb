import { afterAll, beforeAll, expect, test } from 'vitest';
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
