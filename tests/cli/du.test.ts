import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { UsageResult } from '../../src/index.ts';
import { refused } from '../support/refused.ts';
import { Sandbox } from '../support/sandbox.ts';

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox().repository().withRemote();
});
afterEach(() => box.remove());

const du = (...args: string[]) => box.json<UsageResult>(['du', ...args]);

test('every dataset is measured in all its versions; what is shared, what is missing, and what nothing needs', () => {
  const shared = randomBytes(40_000);
  box.write('repo/a/shared.bin', shared);
  box.write('repo/a/own.bin', randomBytes(10_000));
  box.write('repo/b/copy.bin', shared);
  box.ok(['add', 'a', 'b']);
  box.commit('v1');
  box.write('repo/a/own.bin', randomBytes(30_000));
  box.ok(['add', 'a']);
  box.commit('v2');
  box.ok(['push']);

  const { datasets, stored, unneeded, clones, remote } = du();
  const [a, b] = datasets;
  expect(a).toMatchObject({ path: 'a', versions: 2, currentBytes: 70_000, missing: 0 });
  expect(b).toMatchObject({ path: 'b', versions: 1, currentBytes: 40_000, missing: 0 });
  // Lists of files and statistics come on top.
  for (const [value, least] of [
    [a!.bytes, 80_000],
    [a!.ownBytes, 40_000],
    [b!.bytes, 40_000],
    [b!.ownBytes, 0],
  ] as const) {
    expect(value).toBeGreaterThan(least);
    expect(value).toBeLessThan(least + 6000);
  }
  expect(stored.bytes).toBeGreaterThan(80_000);
  expect({ unneeded, clones, remote }).toEqual({
    unneeded: { files: 0, bytes: 0 },
    clones: [],
    remote: null,
  });
  expect(du('b').datasets).toEqual([b]);

  // What was pushed of the first version only is not on the remote.
  const there = du('--remote', 'origin');
  expect(there.remote).toMatchObject({ name: 'origin' });
  expect(there.datasets[0]).toMatchObject({ path: 'a', versions: 2 });
  expect(there.clones).toMatchObject([{ isThis: true, bytes: 0 }]);
  const said = box.ok(['du', '--remote', 'origin']);
  expect(said).toContain('(this one)');
  expect(said).toMatch(/versions\n/);
  refused(box, ['du', 'nothing'], 'dataset-missing', 'nothing');
  refused(box, ['du', '--remote', 'nowhere'], 'remote-unknown', 'nowhere');
});

test('what only another clone holds is told of that clone, and what no commit names is unneeded', () => {
  box.write('repo/a.bin', randomBytes(5000));
  box.ok(['add', 'a.bin']);
  box.commit('v1');
  box.ok(['push']);
  box.clone('repo', 'other');
  box.write('other/b.bin', randomBytes(20_000));
  box.ok(['add', 'b.bin'], 'other');
  box.commit('theirs', 'other');
  box.ok(['push'], 'other');
  const clones = du('--remote', 'origin').clones.map(({ isThis, bytes }) => [isThis, bytes >= 20_000]);
  expect(clones.sort()).toEqual([
    [false, true],
    [true, false],
  ]);
  box.write('repo/a.bin', randomBytes(5000));
  box.ok(['add', 'a.bin']);
  box.git(['restore', 'a.bin.varve']);
  const { unneeded } = du();
  expect(unneeded.files).toBe(1);
  expect(unneeded.bytes).toBeGreaterThan(5000);
  expect(box.ok(['du'])).toContain('`varve gc` frees that');
});
