import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
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

interface Evicted {
  readonly evicted?: { readonly objects: number; readonly bytes: number; readonly remote?: string };
}

/** Bytes of data in the cache: manifests, profiles and indexes are little beside it. */
function cached(folder = 'repo'): number {
  const cache = box.path(folder, '.git/varve/cache');
  const files = readdirSync(cache, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
  return files.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
}

/** A folder of every layout: chunks, a whole object, a small file. */
function addData(): void {
  box.repository().withRemote();
  box.write('repo/data/chunks.bin', seededBytes(1, LARGE));
  box.write(
    'repo/data/whole.png',
    Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), seededBytes(2, LARGE)]),
  );
  box.write('repo/data/small.csv', 'a\n1\n');
  box.write('repo/one.bin', seededBytes(3, LARGE));
  box.ok(['add', 'data', 'one.bin']);
  box.commit('first');
}

function keepUnpushed(folder = 'repo'): void {
  box.write(`${folder}/.varve/config.local.yaml`, 'cache: { keep: unpushed }\n');
  box.ok(['trust'], folder);
}

test('what a remote has is dropped from the cache after a push, and comes back where it is wanted', () => {
  addData();
  keepUnpushed();
  expect(box.ok(['push'])).toMatch(/Dropped from the cache, since origin has it: 2 files, 8\.\d+ MiB/);
  expect(cached()).toBeLessThan(100_000);
  expect(box.ok(['status'])).toContain('nothing changed');
  expect(box.ok(['verify'])).toContain('whole');
  expect(box.ok(['push'])).toContain('nothing had to be pushed');
  // What lies here is not brought again.
  expect(box.json<{ fetched: { objects: number } }>(['pull']).fetched.objects).toBe(0);
  expect(box.json<{ datasets: { path: string; missing: number }[] }>(['du']).datasets).toMatchObject([
    { path: 'data', missing: 3 },
    { path: 'one.bin', missing: 1 },
  ]);

  // Somebody edits a file whose version is on the remote alone.
  const first = readFileSync(box.path('repo/data/chunks.bin'));
  writeFileSync(box.path('repo/data/chunks.bin'), 'edited');
  refused(box, ['checkout', '--force', 'data'], 'object-missing', 'data/chunks.bin');
  expect(box.json<{ fetched: { objects: number } }>(['pull']).fetched.objects).toBeGreaterThan(0);
  expect(readFileSync(box.path('repo/data/chunks.bin'), 'utf8')).toBe('edited');
  box.ok(['checkout', '--force', 'data']);
  expect(readFileSync(box.path('repo/data/chunks.bin')).equals(first)).toBe(true);
  box.ok(['push']);
  expect(cached()).toBeLessThan(100_000);

  // A version that shares chunks with one that was dropped is whole in the cache until it is pushed.
  writeFileSync(box.path('repo/data/chunks.bin'), Buffer.concat([first, Buffer.from('one more line')]));
  box.ok(['add', 'data']);
  box.commit('second');
  expect(cached()).toBeGreaterThan(LARGE);
  expect(box.json<Evicted>(['gc', '--grace', '0']).evicted).toMatchObject({ objects: 0 });
  expect(cached()).toBeGreaterThan(LARGE);
  box.ok(['push']);
  expect(cached()).toBeLessThan(100_000);
  expect(box.ok(['diff', 'HEAD~1', 'HEAD'])).toContain('chunks.bin');
  box.ok(['restore', 'data@HEAD~1']);
  expect(readFileSync(box.path('repo/data/chunks.bin')).equals(first)).toBe(true);
  rmSync(box.path('repo/one.bin'));
  box.ok(['pull']);
  expect(statSync(box.path('repo/one.bin')).size).toBe(LARGE);

  // A clone with little room takes a part, and keeps it once.
  box.clone('repo', 'clone');
  keepUnpushed('clone');
  box.ok(['pull', 'data/small.csv', 'one.bin'], 'clone');
  expect(cached('clone')).toBeLessThan(100_000);
  box.ok(['get', 'data/whole.png@HEAD', '-o', box.path('whole.png')], 'clone');
  expect(readFileSync(box.path('whole.png')).equals(readFileSync(box.path('repo/data/whole.png')))).toBe(
    true,
  );
  // What was asked for by name and does not lie here is kept until it does.
  expect(box.json<Evicted>(['gc', '--dry-run'], 'clone').evicted).toMatchObject({ objects: 0 });
  const pulled = box.ok(['pull', 'data'], 'clone');
  expect(pulled).toContain('Brought from origin straight into place: 2 files, 5.72 MiB.');
  // What came past the cache came: nothing says that all was there.
  expect(pulled).not.toMatch(/up to date|[Nn]othing/);
  expect(cached('clone')).toBeLessThan(100_000);
});

test('what was dropped is brought from one remote before it goes to another', () => {
  addData();
  keepUnpushed();
  box.ok(['push']);
  box.ok(['remote', 'add', 'second', box.path('second')]);
  // What lies here changed has no copy here of what the pointer names.
  for (const file of ['data/chunks.bin', 'data/whole.png', 'data/small.csv', 'one.bin'])
    box.write(`repo/${file}`, 'edited');
  const said = refused(box, ['push', '--remote', 'second'], 'object-missing', 'data/chunks.bin');
  expect(said).toContain('varve fetch --remote OTHER');
  box.ok(['fetch', '--remote', 'origin']);
  box.ok(['push', '--remote', 'second']);
  // This machine agreed to nothing of the second one.
  expect(cached()).toBeGreaterThan(LARGE);
  box.ok(['verify', '--remote', 'second']);
});

test('what the remote lost is sent from the working tree, if it lies there unchanged', () => {
  addData();
  keepUnpushed();
  box.ok(['push']);
  for (const folder of ['objects', 'packs']) rmSync(box.path('remote', folder), { recursive: true });
  expect(box.varve(['verify', '--remote', 'origin']).code).toBe(1);
  box.write('repo/one.bin', 'edited');
  // One is nowhere any more; the other is sent.
  const pushed = box.varve(['push', '--all-commits']);
  expect(pushed).toMatchObject({ code: 1, err: '' });
  expect(pushed.out).toContain('one.bin');
  expect(cached()).toBeLessThan(100_000);
  box.git(['clone', '-q', '.', box.path('clone')]);
  box.ok(['trust'], 'clone');
  box.ok(['pull', 'data'], 'clone');
  expect(readFileSync(box.path('clone/data/chunks.bin'))).toEqual(Buffer.from(seededBytes(1, LARGE)));
  box.write('repo/one.bin', seededBytes(3, LARGE));
  box.ok(['add', 'one.bin']);
  box.ok(['push']);
  box.ok(['verify', '--remote', 'origin', '--complete']);
});

test('nothing is dropped that is not elsewhere for sure', () => {
  addData();
  // Somebody else asks for it in a commit.
  box.write(
    'repo/.varve/config.yaml',
    `${readFileSync(box.path('repo/.varve/config.yaml'), 'utf8')}cache:\n  keep: unpushed\n`,
  );
  const unasked = box.varve(['push']);
  expect(unasked.err).toMatch(/this machine did not agree.*varve trust sha256:/);
  expect(cached()).toBeGreaterThan(LARGE);
  expect(box.ok(['trust', '--show'])).toContain('the cache keeping nothing that origin has: not agreed');
  box.ok(['trust']);

  // A file is gone from the remote, though the index there names it; another is cut short.
  const packs = readdirSync(box.path('remote/packs')).sort();
  const sizes = packs.map((name) => statSync(box.path('remote/packs', name)).size);
  const largest = box.path('remote/packs', packs[sizes.indexOf(Math.max(...sizes))]!);
  const whole = readFileSync(largest);
  rmSync(largest);
  const dry = box.json<Evicted>(['gc', '--dry-run']).evicted;
  expect(dry).toMatchObject({ objects: 1, remote: 'origin' });
  writeFileSync(largest, whole.subarray(1));
  expect(box.json<Evicted>(['gc', '--dry-run']).evicted).toEqual(dry);
  expect(cached()).toBeGreaterThan(3 * LARGE);
  writeFileSync(largest, whole);
  expect(box.ok(['gc', '--dry-run'])).toMatch(/Would drop from the cache, since origin has it: 2 files/);

  // The address of the remote changes: nobody agreed to that one.
  const settings = readFileSync(box.path('repo/.varve/config.yaml'), 'utf8');
  box.write('repo/.varve/config.yaml', settings.replace(/url: .*/, 'url: mirror'));
  expect(box.varve(['push']).err).toContain('is a folder of this repository');
  expect(cached()).toBeGreaterThan(3 * LARGE);
  // Others may share the cache, and reach no remote of this clone.
  box.write('repo/.varve/config.yaml', settings.replace('cache:', `cache:\n  path: ${box.path('shared')}`));
  box.ok(['trust']);
  box.ok(['add', 'data', 'one.bin']);
  expect(box.json<Evicted>(['push']).evicted).toBeUndefined();
  box.write('repo/.varve/config.yaml', `${settings}`.replace('unpushed', 'some'));
  refused(box, ['push'], 'config-damaged', '.varve/config.yaml');
  box.write('repo/.varve/config.yaml', settings);

  // Where no remote can be asked, the cache keeps all.
  box.write('repo/.varve/config.yaml', 'cache: { keep: unpushed }\n');
  expect(box.varve(['gc']).err).toContain('The cache keeps what a remote may have');
  expect(cached()).toBeGreaterThan(3 * LARGE);
});
