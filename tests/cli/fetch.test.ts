import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { refused } from '../support/refused.ts';
import { Sandbox } from '../support/sandbox.ts';

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox();
});
afterEach(() => box.remove());

function pushed(): void {
  box.repository().withRemote();
  for (const version of ['one', 'two']) {
    box.write('repo/data/a.csv', `id,name\n${`1,${version}\n`.repeat(50)}`);
    box.ok(['add', 'data/a.csv']);
    box.commit(version);
    box.ok(['push']);
  }
  box.clone('repo', 'clone');
}

test('fetch fills the cache and touches no data; what is there is not fetched again', () => {
  pushed();
  const fetched = box.json<{ objects: number }>(['fetch'], 'clone');
  expect(fetched.objects).toBeGreaterThan(0);
  expect(existsSync(box.path('clone/data/a.csv'))).toBe(false);
  expect(box.json(['fetch'], 'clone')).toMatchObject({ objects: 0 });
  rmSync(box.path('remote'), { recursive: true });
  box.ok(['checkout'], 'clone');
  expect(readFileSync(box.path('clone/data/a.csv'), 'utf8')).toContain('two');
});

test('profiles of all commits are enough for drift, and no data comes with them', () => {
  pushed();
  box.ok(['fetch', '--profiles-only', '--all-commits'], 'clone');
  rmSync(box.path('remote'), { recursive: true });
  expect(box.varve(['drift', 'data/a.csv@HEAD~1', 'data/a.csv'], 'clone')).toMatchObject({
    code: 1,
    out: expect.stringContaining('name'),
  });
  refused(box, ['checkout'], 'object-missing', 'data/a.csv', 'clone');
});

test('a remote that is not there any more, or holds another version only', () => {
  pushed();
  writeFileSync(box.path('repo/data/a.csv'), 'id\n3\n');
  box.ok(['add', 'data/a.csv']);
  box.commit('never pushed');
  box.git(['pull', '-q', box.path('repo'), 'main'], 'clone');
  refused(box, ['fetch'], 'object-missing', 'data/a.csv', 'clone');
  refused(box, ['fetch', '--remote', 'orign'], 'remote-unknown', 'orign', 'clone');
});

test('a version, and a range of versions with its first one, by names of revisions', () => {
  box.repository().withRemote();
  for (const version of ['one', 'two', 'three', 'four']) {
    box.write('repo/data/a.csv', `id,name\n1,${version}\n`);
    box.ok(['add', 'data/a.csv']);
    box.commit(version);
    box.git(['tag', version]);
    box.ok(['push']);
  }
  box.clone('repo', 'clone');
  const fetched = (path: string) => box.json<{ snapshots: number }>(['fetch', path], 'clone').snapshots;
  const isHere = (version: string) =>
    box.varve(['get', `data/a.csv@${version}`, '-o', `${version}.csv`], 'clone').code === 0;
  expect(fetched('data/a.csv@one')).toBe(1);
  expect(fetched('data/a.csv@two..three')).toBe(2);
  expect(fetched('data/a.csv@three..')).toBe(2);
  refused(box, ['fetch', 'data/b.csv@one..two'], 'dataset-missing', 'data/b.csv', 'clone');
  refused(box, ['fetch', 'data/a.csv@one..nope'], 'dataset-missing', 'data/a.csv@one..nope', 'clone');
  rmSync(box.path('remote'), { recursive: true });
  expect(['one', 'two', 'three', 'four'].map(isHere)).toEqual([true, true, true, true]);
});
