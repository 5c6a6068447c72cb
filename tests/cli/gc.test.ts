import { readFileSync, rmSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CSV, DataInBucket } from '../support/data-in-bucket.ts';
import { describeWithMinio } from '../support/minio.ts';
import { refused } from '../support/refused.ts';
import { Sandbox } from '../support/sandbox.ts';

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox();
});
afterEach(() => box.remove());

function addAndCommit(content: string, message: string): void {
  box.write('repo/data/f.bin', content);
  box.ok(['add', '--replace', 'data']);
  box.commit(message);
}

/** Brings a version back by its pointer alone. */
function restored(revision: string): string {
  box.git(['checkout', '-q', revision, '--', 'data.varve']);
  box.ok(['checkout']);
  return readFileSync(box.path('repo/data/f.bin'), 'utf8');
}

test('gc keeps what branches, tags, stashes, worktrees, the index and the working tree name, and drops the rest', () => {
  box.repository();
  addAndCommit('first', 'first');
  addAndCommit('second, a branch', 'second');
  box.git(['branch', 'side']);
  box.git(['reset', '-q', '--hard', 'HEAD~1']);
  addAndCommit('third, a tag', 'third');
  box.git(['tag', 'kept']);
  box.git(['reset', '-q', '--hard', 'HEAD~1']);
  box.write('repo/data/f.bin', 'fourth, a stash');
  box.ok(['add', '--replace', 'data']);
  box.git(['stash', '-q']);
  box.git(['worktree', 'add', '-q', box.path('tree'), 'HEAD', '--detach']);
  box.write('tree/data/f.bin', 'fifth, uncommitted in a worktree');
  box.write('tree/.varve/config.local.yaml', `cache: ${box.path('repo/.git/varve/cache')}\n`);
  box.ok(['trust'], 'tree');
  box.ok(['add', 'data'], 'tree');
  box.write('repo/data/f.bin', 'sixth, of the index');
  box.ok(['add', '--replace', 'data']);
  box.git(['add', '-A']);
  box.write('repo/data/f.bin', 'seventh, of no pointer');
  box.ok(['add', 'data']);
  box.git(['restore', 'data.varve']);

  expect(box.json<{ freedBytes: number }>(['gc', '--dry-run', '--grace', '0']).freedBytes).toBeGreaterThan(0);
  box.ok(['gc', '--grace', '0']);
  expect(box.ok(['verify'])).toContain('whole');
  box.ok(['checkout', '--force']);
  expect(readFileSync(box.path('repo/data/f.bin'), 'utf8')).toBe('sixth, of the index');
  box.git(['commit', '-qm', 'sixth']);
  expect(restored('side')).toBe('second, a branch');
  expect(restored('kept')).toBe('third, a tag');
  expect(restored('stash@{0}')).toBe('fourth, a stash');
  rmSync(box.path('tree/data'), { recursive: true });
  box.ok(['checkout'], 'tree');
  expect(readFileSync(box.path('tree/data/f.bin'), 'utf8')).toBe('fifth, uncommitted in a worktree');
});

test('gc of a remote keeps what other clones pushed', () => {
  box.repository();
  box.withRemote();
  addAndCommit('first', 'first');
  box.ok(['push']);
  box.clone('repo', 'clone');
  box.write('clone/data/f.bin', 'of the other clone');
  box.ok(['add', 'data'], 'clone');
  box.ok(['push'], 'clone');
  box.ok(['gc', '--remote', 'origin', '--grace', '0']);
  rmSync(box.path('clone/.git/varve/cache'), { recursive: true });
  rmSync(box.path('clone/data'), { recursive: true });
  box.ok(['pull'], 'clone');
  expect(readFileSync(box.path('clone/data/f.bin'), 'utf8')).toBe('of the other clone');
});

test('versions that this clone never pushed are no push under way: gc of the remote frees what nothing names', () => {
  box.repository();
  box.withRemote();
  addAndCommit('first', 'first');
  box.ok(['push']);
  box.write('repo/data/f.bin', 'pushed, and of no commit');
  box.ok(['add', 'data']);
  box.ok(['push']);
  box.git(['restore', 'data.varve']);
  box.ok(['checkout', '--force']);
  addAndCommit('never pushed', 'second');
  const { freedObjects, postponed } = box.json<{ freedObjects: number; postponed?: string }>([
    'gc',
    '--remote',
    'origin',
    '--grace',
    '0',
  ]);
  expect(postponed).toBeUndefined();
  expect(freedObjects).toBeGreaterThan(0);
  box.ok(['push', '--all-commits']);
  expect(box.ok(['verify', '--remote', 'origin'])).toContain('whole');
});

test('a cache that clones share: no gc takes what another clone needs', () => {
  box.repository();
  addAndCommit('first', 'first');
  box.clone('repo', 'clone');
  for (const folder of ['repo', 'clone']) {
    box.write(`${folder}/.varve/config.local.yaml`, `cache: ${box.path('shared')}\n`);
    box.ok(['trust'], folder);
  }
  box.write('clone/data/f.bin', 'only in the clone');
  refused(box, ['add', 'data'], 'object-missing', 'data', 'clone');
  box.ok(['add', '--replace', 'data'], 'clone');
  box.write('repo/data/f.bin', 'only here');
  box.ok(['add', 'data']);
  box.ok(['gc', '--grace', '0']);
  rmSync(box.path('clone/data'), { recursive: true });
  box.ok(['checkout'], 'clone');
  expect(readFileSync(box.path('clone/data/f.bin'), 'utf8')).toBe('only in the clone');
});

describeWithMinio('data that stays in a bucket', (server) => {
  let raw: DataInBucket;
  beforeEach(() => {
    raw = new DataInBucket(server, box);
  });

  test('verify and gc of a remote look after the list, and leave what lies in the bucket alone', async () => {
    await raw.fill({ versioned: false });
    box.withRemote();
    box.write('repo/other.csv', CSV);
    box.ok(['add', 'other.csv']);
    raw.add();
    box.commit('in place');
    box.ok(['push']);
    const gc = () => box.ok(['gc', '--remote', 'origin', '--grace', '0']);
    gc();
    expect(box.ok(['verify', '--remote', 'origin'])).toContain('is whole');
    box.clone('repo', 'clone');
    box.ok(['pull', 'data/raw'], 'clone');
    expect(raw.data('a.csv', 'clone')).toBe(CSV);
    const keys = await raw.keys();

    rmSync(box.path('repo/data/raw.varve'));
    box.git(['add', '-A']);
    box.git(['commit', '-q', '--amend', '-m', 'no raw data']);
    box.git(['reflog', 'expire', '--expire=now', '--all']);
    gc();
    gc();
    expect(raw.bytesIn('remote')).not.toContain('large.csv');
    expect(box.ok(['verify', '--remote', 'origin'])).toContain('is whole');
    expect(await raw.keys()).toEqual(keys);
  });
});
