import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { refused } from '../support/refused.ts';
import { Sandbox } from '../support/sandbox.ts';
import { seededBytes } from '../support/stores.ts';

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox();
});
afterEach(() => box.remove());

const LARGE = 3_000_000;

/** Bytes of a store: of the cache, or of a remote in a folder. */
function stored(folder: string): number {
  const files = readdirSync(box.path(folder), { recursive: true, withFileTypes: true });
  return files.reduce(
    (sum, file) => sum + (file.isFile() ? statSync(join(file.parentPath, file.name)).size : 0),
    0,
  );
}

test('data goes to a remote while it is added, and the cache keeps no copy', () => {
  box.repository();
  const chunks = seededBytes(1, LARGE);
  box.write('repo/data/chunks.bin', chunks);
  box.write(
    'repo/data/whole.png',
    Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), seededBytes(2, LARGE)]),
  );
  box.write('repo/data/table.csv', 'a,b\n1,2\n3,4\n');
  refused(box, ['add', '--to-remote', 'data'], 'remote-unset', '.varve/config.yaml');
  box.withRemote();
  refused(box, ['add', '--remote', 'origin', 'data'], 'usage', '');
  refused(box, ['add', '--to-remote', '--remote', 'other', 'data'], 'remote-unknown', 'other');
  const added = box.json<{ remote: { name: string }; datasets: { files: number }[] }>([
    'add',
    '--to-remote',
    'data',
  ]);
  expect(added).toMatchObject({ remote: { name: 'origin' }, datasets: [{ files: 3, change: 'new' }] });
  expect(stored('repo/.git/varve/cache')).toBeLessThan(100_000);
  expect(stored('remote')).toBeGreaterThan(2 * LARGE);
  box.commit('first');

  expect(box.ok(['status'])).toContain('nothing changed');
  expect(box.ok(['profile', 'data/table.csv'])).toContain('b');
  expect(box.ok(['push', '--dry-run'])).toContain('has all of 1 version');
  expect(box.ok(['push'])).toContain('nothing had to be pushed');
  expect(box.ok(['verify', '--remote', 'origin'])).toContain('whole');
  // A gc from here knows that this clone needs it.
  box.ok(['gc', '--remote', 'origin', '--grace', '0']);

  box.clone('repo', 'clone');
  box.ok(['pull', 'data/chunks.bin'], 'clone');
  expect(readFileSync(box.path('clone/data/chunks.bin')).equals(chunks)).toBe(true);
  expect(existsSync(box.path('clone/data/whole.png'))).toBe(false);
  expect(box.ok(['cat', 'data/table.csv'], 'clone')).toBe('a,b\n1,2\n3,4\n');

  // Of a version that is mostly there, what is new is sent.
  const before = stored('remote');
  writeFileSync(box.path('repo/data/chunks.bin'), Buffer.concat([chunks, Buffer.from('one more line')]));
  expect(box.ok(['add', '--to-remote', 'data'])).toContain('Sent to origin');
  expect(stored('remote') - before).toBeLessThan(LARGE / 10);
  box.commit('second');
  expect(box.ok(['diff', 'HEAD~1', 'HEAD'])).toContain('chunks.bin');
  box.ok(['restore', 'data/chunks.bin@HEAD~1']);
  expect(readFileSync(box.path('repo/data/chunks.bin')).equals(chunks)).toBe(true);
});

test('where a remote fails, no pointer is written, and the next run sends what is missing', () => {
  box.repository().withRemote();
  box.write('repo/one.bin', seededBytes(3, LARGE));
  // A remote whose disk is not mounted is not taken for an empty one.
  box.write('repo/small.csv', 'a\n1\n');
  box.ok(['add', 'small.csv']);
  box.ok(['push']);
  rmSync(box.path('remote'), { recursive: true });
  refused(box, ['add', '--to-remote', 'one.bin'], 'remote-missing', box.path('remote'));
  writeFileSync(box.path('remote'), 'a file');
  const failed = box.varve(['add', '--to-remote', 'one.bin']);
  expect(failed.code, failed.out).toBe(2);
  expect(existsSync(box.path('repo/one.bin.varve'))).toBe(false);
  rmSync(box.path('remote'));
  box.run('mkdir', [box.path('remote')]);
  box.ok(['add', '--to-remote', 'one.bin']);
  expect(existsSync(box.path('repo/one.bin.varve'))).toBe(true);
});
