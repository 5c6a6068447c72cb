import { existsSync, rmSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { refused } from '../support/refused.ts';
import { Sandbox } from '../support/sandbox.ts';

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox();
});
afterEach(() => box.remove());

const rows = (version: string): string => `id,name\n${`1,${version}\n`.repeat(200)}`;

/** Two versions of two datasets, pushed, and a clone in which nothing was fetched. */
function pushedAndCloned(): void {
  box.repository().withRemote();
  for (const version of ['one', 'two']) {
    box.write('repo/data/a.csv', rows(version));
    box.write('repo/data/b.csv', rows(version));
    box.ok(['add', 'data/a.csv', 'data/b.csv']);
    if (version === 'one') box.ok(['schema', 'infer', 'data/a.csv']);
    box.commit(version);
    box.ok(['push']);
  }
  box.clone('repo', 'clone');
}

test('drift, diff, validate, check and profile fetch the statistics that they lack, and no data', () => {
  pushedAndCloned();
  expect(box.varve(['drift', 'data/a.csv@HEAD~1', 'data/a.csv'], 'clone')).toMatchObject({
    code: 1,
    out: expect.stringContaining('name'),
  });
  expect(box.json(['profile', 'data/b.csv'], 'clone')).toMatchObject({ tables: [{ rows: 200 }] });
  expect(box.ok(['diff', 'HEAD~1', 'HEAD', 'data/b.csv'], 'clone')).toContain('column name');
  expect(box.varve(['validate', 'data/a.csv'], 'clone')).toMatchObject({ code: 1, err: '' });
  expect(existsSync(box.path('clone/data/a.csv'))).toBe(false);
  refused(box, ['checkout'], 'object-missing', 'data/a.csv', 'clone');

  // What was fetched stays: the remote is not asked again.
  rmSync(box.path('remote'), { recursive: true });
  expect(box.varve(['drift', 'data/a.csv@HEAD~1', 'data/a.csv'], 'clone').code).toBe(1);
});

test('a clone that knows no statistics at all checks a pull request', () => {
  pushedAndCloned();
  const report = box.json<{ datasets: { path: string; drift: { verdict: string } }[] }>(
    ['check', '--base', 'HEAD~1'],
    'clone',
    1,
  );
  expect(report.datasets.map(({ path, drift }) => [path, drift.verdict])).toEqual([
    ['data/a.csv', 'drift'],
    ['data/b.csv', 'drift'],
  ]);
  expect(box.varve(['drift', '--history', 'data/a.csv', '--offline'], 'clone').code).toBe(1);
});

test('--offline asks no remote', () => {
  pushedAndCloned();
  for (const words of [
    ['drift', 'data/a.csv@HEAD~1', 'data/a.csv'],
    ['profile', 'data/a.csv'],
    ['validate', 'data/a.csv'],
    ['schema', 'update', 'data/a.csv', '--dry-run'],
  ])
    refused(box, [...words, '--offline'], 'profile-not-fetched', 'data/a.csv', 'clone');
  const check = box.json(['check', '--base', 'HEAD~1', '--offline'], 'clone', 2);
  expect(check).toMatchObject({ datasets: [{ failure: { code: 'profile-not-fetched' } }, {}] });
  expect(box.ok(['diff', 'HEAD~1', 'HEAD', '--offline'], 'clone')).not.toContain('column name');
});

test('a remote that is gone, lacks the version, or that nobody agreed to: the message says so', () => {
  pushedAndCloned();
  box.git(['clone', '-q', box.path('repo'), box.path('stranger')], '.');
  const untrusted = refused(box, ['profile', 'data/a.csv'], 'settings-untrusted', 'config.yaml', 'stranger');
  expect(untrusted).toContain(box.path('remote'));
  const compared = box.varve(['diff', 'HEAD~1', 'HEAD'], 'stranger');
  expect(compared.code).toBe(0);
  expect(compared.err).toContain('are not compared');
  const agree = /`varve (trust [^`]*)`/.exec(compared.err)![1]!;
  box.ok(agree.split(' '), 'stranger');
  box.ok(['profile', 'data/a.csv'], 'stranger');
  box.write('repo/data/a.csv', rows('three'));
  box.ok(['add', 'data/a.csv']);
  box.commit('never pushed');
  box.git(['pull', '-q', box.path('repo'), 'main'], 'clone');
  expect(refused(box, ['profile', 'data/a.csv'], 'profile-not-fetched', 'data/a.csv', 'clone')).toContain(
    'the remote does not have it',
  );
  box.ok(['push', '--all-commits']);
  expect(box.json(['profile', 'data/a.csv'], 'clone')).toMatchObject({ tables: [{ rows: 200 }] });
  rmSync(box.path('remote'), { recursive: true });
  refused(box, ['profile', 'data/b.csv'], 'profile-not-fetched', 'data/b.csv', 'clone');
});
