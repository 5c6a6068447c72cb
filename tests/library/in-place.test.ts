import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openRepository, type VarveRepository } from '../../src/index.ts';
import { Sandbox } from '../support/sandbox.ts';
import { startWebServer, type WebServer } from '../support/web-server.ts';

const FIXTURES = join(import.meta.dirname, '..', '..', 'fixtures', 'tables');

let box: Sandbox;
let web: WebServer;
let repo: VarveRepository;
beforeAll(async () => {
  box = new Sandbox().repository();
  web = await startWebServer(FIXTURES, { lists: 'pages' });
  repo = await openRepository(box.path('repo'));
});
afterAll(async () => {
  await web?.close();
  box?.remove();
});

test('a program adds data in place with the statistics that its table or its footers tell', async () => {
  const url = `${web.url}/delta`;
  const byTable = await repo.addInPlace(url, { to: 'delta', at: '1', statistics: 'table' });
  expect(byTable.datasets).toMatchObject([{ path: 'delta', change: 'new', rows: 20, footersBy: 'table' }]);
  expect(await repo.readFooters('delta')).toMatchObject({ by: 'table', tables: [{ rows: 20 }] });
  expect(web.seen.filter((request) => /GET .*\.parquet/.test(request))).toEqual([]);

  const byFooters = await repo.addInPlace(url, { to: 'delta', at: '1', statistics: 'footers' });
  expect(byFooters.datasets).toMatchObject([{ rows: 20, footers: expect.stringMatching(/^sha256:/) }]);
  expect(web.seen.some((request) => /GET .*\.parquet/.test(request))).toBe(true);
  expect(await repo.readFooters('delta')).toMatchObject({ tables: [{ name: '', rows: 20 }] });
  // No profile of rows that nobody has read.
  expect(await repo.readProfile('delta')).toBeUndefined();

  const next = await repo.addInPlace(url, { to: 'delta' });
  expect(next.datasets).toMatchObject([
    { change: 'changed', rows: 25, footers: expect.stringMatching(/^sha256:/) },
  ]);
});

test('and is refused an engine beside statistics that none computes', async () => {
  for (const statistics of ['footers', 'table', 'none'] as const)
    await expect(
      repo.addInPlace(`${web.url}/delta`, { to: 'other', statistics, engine: 'local' }),
    ).rejects.toMatchObject({ code: 'usage', message: expect.stringContaining(statistics) });
  await expect(repo.readFooters('other')).rejects.toMatchObject({ code: 'dataset-missing' });
});

test('and is refused a kind that there is not', async () => {
  const wrong = { to: 'delta', statistics: 'footer' as 'footers' };
  await expect(repo.addInPlace(`${web.url}/delta`, wrong)).rejects.toThrow(/statistics/);
});
