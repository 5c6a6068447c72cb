import { readFileSync, rmSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RemoteStatus, TransferResult } from '../../src/index.ts';
import { Sandbox } from '../support/sandbox.ts';

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox().repository();
});
afterEach(() => box.remove());

/** Versions of a dataset that was moved, of one that was removed, and of one on another branch. */
function history(): void {
  box.write('repo/d/x.csv', 'a,b\n1,2\n');
  box.write('repo/d/gone.bin', 'y');
  box.ok(['add', 'd/x.csv', 'd/gone.bin']);
  box.commit('v1');
  box.git(['tag', 'v1']);
  box.git(['switch', '-qc', 'exp']);
  box.write('repo/d/exp.bin', 'e');
  box.ok(['add', 'd/exp.bin']);
  box.commit('exp');
  box.git(['switch', '-q', 'main']);
  box.ok(['checkout']);
  box.write('repo/d/x.csv', 'a,b\n1,2\n2,3\n');
  box.ok(['add', 'd/x.csv']);
  box.commit('v2');
  box.ok(['mv', 'd/x.csv', 'd/z.csv']);
  box.ok(['rm', '--data', 'd/gone.bin']);
  box.commit('v3');
}

test('--all-commits means datasets too that were removed, were moved, or lie on other branches', () => {
  history();
  box.ok(['remote', 'add', 'backup', box.path('backup')]);
  box.commit('remote');
  const before = box.json<RemoteStatus>(['push', '--dry-run'], 'repo', 1);
  expect(before.lacking.map(({ path }) => path).sort()).toEqual([
    'd/exp.bin',
    'd/gone.bin',
    'd/x.csv',
    'd/x.csv',
    'd/z.csv',
  ]);
  const current = box.json<TransferResult>(['push']);
  expect(current).toMatchObject({ snapshots: 1, unsent: 3 });
  // Of the folder, that is all of them; each version counts once.
  expect(box.json<TransferResult>(['push', '--all-commits', 'd'])).toMatchObject({ snapshots: 5 });
  expect(box.json<RemoteStatus>(['push', '--dry-run'])).toMatchObject({ versions: 5, lacking: [] });
  box.ok(['verify', '--remote', 'backup', '--complete']);

  box.clone('repo', 'clone');
  expect(box.json<TransferResult>(['fetch', '--all-commits'], 'clone')).toMatchObject({ snapshots: 5 });
  rmSync(box.path('backup'), { recursive: true });
  box.ok(['get', 'd/gone.bin@v1', '-o', box.path('got')], 'clone');
  expect(readFileSync(box.path('got'), 'utf8')).toBe('y');
  box.git(['switch', '-q', 'exp'], 'clone');
  box.ok(['checkout'], 'clone');
  expect(readFileSync(box.path('clone/d/exp.bin'), 'utf8')).toBe('e');
});

test('--all-commits with a path means what is or was there', () => {
  history();
  box.write('repo/other/f', 'f');
  box.ok(['add', 'other/f']);
  box.commit('v4');
  box.withRemote();
  expect(box.json<TransferResult>(['push', '--all-commits', 'other'])).toMatchObject({ snapshots: 1 });
  expect(box.json<TransferResult>(['push', '--all-commits', 'd/z.csv'])).toMatchObject({ snapshots: 1 });
});
