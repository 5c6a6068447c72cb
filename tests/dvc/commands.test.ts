import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { add } from '../../src/operations/add.ts';
import { check } from '../../src/operations/check.ts';
import { openContext } from '../../src/operations/context/open.ts';
import { driftHistory } from '../../src/operations/drift-history.ts';
import { gc } from '../../src/operations/gc.ts';
import { gitInstall } from '../../src/operations/git/install.ts';
import { addRemote, chooseRemote, forgetRemote, listRemotes } from '../../src/operations/remote.ts';
import { profilerFor } from '../../src/operations/statistics/profile-on-add.ts';
import { Sandbox } from '../support/dvc-sandbox.ts';

const fixture = join(import.meta.dirname, '..', '..', 'fixtures', 'dvc', 'dvc-repo.tar.gz');
let box: Sandbox;

beforeEach(() => {
  box = new Sandbox();
  mkdirSync(box.path('given'));
  execFileSync('tar', ['xzf', fixture, '-C', box.path('given')]);
});
afterEach(() => box.remove());

const at = () => openContext(box.path('given/repo'));
const addTable = async (text: string) => {
  const context = await at();
  if (text !== '') appendFileSync(box.path('given/repo/new.csv'), text);
  await add(context, ['new.csv'], { profiler: profilerFor(context, (_, why) => expect.fail(why.message)) });
};

test('check and the history of drift see what changed in pointers of DVC', async () => {
  await addTable(`id\n${'1\n'.repeat(500)}`);
  box.commit('given/repo', 'one');
  expect((await check(box.path('given/repo'), 'HEAD')).datasets).toEqual([]);
  await addTable('9\n'.repeat(500));
  const [changed, ...others] = (await check(box.path('given/repo'), 'HEAD')).datasets;
  expect(others).toEqual([]);
  expect(changed).toMatchObject({ path: 'new.csv', drift: { verdict: 'drift' } });
  box.commit('given/repo', 'two');
  expect((await check(box.path('given/repo'), 'HEAD~1', { paths: ['new.csv'] })).datasets).toHaveLength(1);
  expect((await check(box.path('given/repo'), 'HEAD~1', { paths: ['data'] })).datasets).toEqual([]);
  expect((await check(box.path('given/repo'), 'v1', { paths: ['data/table.csv'] })).datasets).toMatchObject([
    { path: 'data/table.csv', drift: undefined },
  ]);
  expect(JSON.stringify(await driftHistory(box.path('given/repo'), 'new.csv'))).toContain('"drift"');
});

test('remotes are those of DVC', async () => {
  expect(await listRemotes(await at())).toEqual({
    remotes: [
      { name: 'local', url: box.path('given/remote'), isDefault: true },
      { name: 's3', url: expect.stringMatching(/^s3:\/\//), isDefault: false },
    ],
  });
});

test('what works on varve’s own files only is refused, and writes nothing', async () => {
  const before = readdirSync(box.path('given/repo'), { recursive: true });
  const parts = { diff: true, merge: true, prePush: true };
  for (const refused of [
    async () => addRemote(await at(), 'x', '/tmp/x'),
    async () => forgetRemote(await at(), 'local'),
    async () => chooseRemote(await at(), 's3'),
    async () => gc(await at()),
    async () => gc(await at(), { remote: 'local' }),
    async () => gitInstall(await at(), parts, ['varve']),
  ]) {
    await expect(refused()).rejects.toMatchObject({
      code: 'dvc-unsupported',
      remedy: expect.stringContaining('dvc '),
    });
  }
  expect(readdirSync(box.path('given/repo'), { recursive: true })).toEqual(before);
  expect(box.git('given/repo', 'status', '--porcelain')).toBe('');
});
