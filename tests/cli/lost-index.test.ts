import { chmodSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, utimesSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { GcResult } from '../../src/index.ts';
import { hexDigestOf } from '../../src/store/format/digest.ts';
import { encodeIndex, IndexFile } from '../../src/store/format/index-file.ts';
import { Sandbox } from '../support/sandbox.ts';
import { seededBytes } from '../support/stores.ts';

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox().repository();
  box.write('repo/data/large.csv', seededBytes(1, 2_000_000));
  box.write('repo/data/dir/x', 'x');
  box.ok(['add', 'data/large.csv', 'data/dir']);
  box.commit('one');
});
afterEach(() => box.remove());

function loseIndex(store: string): void {
  for (const name of readdirSync(box.path(`${store}/index`))) rmSync(box.path(`${store}/index/${name}`));
}

/** Longer ago than any grace. */
function age(store: string): void {
  for (const name of readdirSync(box.path(store), { recursive: true, encoding: 'utf8' }))
    utimesSync(box.path(`${store}/${name}`), 0, 0);
}

test('a gc of a cache that lost its index removes nothing that a pointer names', () => {
  const cache = 'repo/.git/varve/cache';
  loseIndex(cache);
  age(cache);
  expect(box.json<GcResult>(['gc', '--grace', '0'])).toMatchObject({ freedObjects: 0 });
  for (const path of ['data/large.csv', 'data/dir']) rmSync(box.path(`repo/${path}`), { recursive: true });
  box.ok(['checkout']);
  expect(readFileSync(box.path('repo/data/large.csv')).equals(seededBytes(1, 2_000_000))).toBe(true);
});

test('a gc of a remote that lost its index removes nothing that a ref of another clone names', () => {
  box.withRemote();
  box.commit('remote');
  box.ok(['push']);
  loseIndex('remote');
  age('remote');
  box.clone('repo', 'clone');
  box.git(['rm', '-q', '-r', 'data'], 'clone');
  expect(box.json<GcResult>(['gc', '--remote', 'origin', '--grace', '0'], 'clone')).toMatchObject({
    freedObjects: 0,
  });
  box.clone('repo', 'other');
  box.ok(['pull'], 'other');
  expect(readFileSync(box.path('other/data/dir/x'), 'utf8')).toBe('x');
});

test('the clone whose gc finds what a lost index named still holds it afterwards', () => {
  box.withRemote();
  box.commit('remote');
  box.clone('repo', 'clone');
  box.write('repo/data/later', 'of a commit that the other clone lacks');
  box.ok(['add', 'data/later']);
  box.commit('later');
  box.ok(['push']);
  loseIndex('remote');
  age('remote');
  box.clone('repo', 'other');
  expect(box.varve(['pull', 'data/later'], 'other').err).toContain('its index is lost');
  for (const clone of ['repo', 'clone']) box.ok(['gc', '--remote', 'origin', '--grace', '0'], clone);
  box.ok(['pull', 'data/later'], 'other');
  expect(readFileSync(box.path('other/data/later'), 'utf8')).toContain('the other clone lacks');
});

test('verify finds what a lost index named, in a cache and on a remote', () => {
  box.withRemote();
  box.ok(['push']);
  for (const [store, where] of [
    ['repo/.git/varve/cache', []],
    ['remote', ['--remote', 'origin']],
  ] as const) {
    loseIndex(store);
    const { out, err } = box.varve(['verify', ...where]);
    expect(out + err).toContain('no index named');
    expect(box.ok(['verify', ...where])).not.toContain('Not ');
  }
});

test('add --to-remote sends again what the remote has lost, though its index names it', () => {
  box.withRemote();
  box.write('repo/w.png', Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), seededBytes(3, 3_000_000)]));
  box.write('repo/more.csv', seededBytes(4, 3_000_000));
  box.ok(['add', '--to-remote', 'w.png', 'more.csv']);
  box.ok(['push']);
  box.commit('sent');
  for (const folder of ['packs', 'objects']) rmSync(box.path(`remote/${folder}`), { recursive: true });
  box.write('repo/twice/w.png', readFileSync(box.path('repo/w.png')));
  box.write('repo/twice/more.csv', readFileSync(box.path('repo/more.csv')));
  box.ok(['add', '--to-remote', 'twice']);
  box.commit('twice');
  box.clone('repo', 'clone');
  box.ok(['pull', 'twice'], 'clone');
  expect(readFileSync(box.path('clone/twice/more.csv')).equals(seededBytes(4, 3_000_000))).toBe(true);
});

test('a gc finds a recipe that only a lost index named, and keeps a pack that no index names and nobody can read', () => {
  const cache = 'repo/.git/varve/cache';
  const index = (): string[] => readdirSync(box.path(`${cache}/index`));
  const before = new Map(index().map((name) => [name, readFileSync(box.path(`${cache}/index/${name}`))]));
  expect(before.size).toBeGreaterThan(0);
  // An index that names the packs and no recipe.
  loseIndex(cache);
  for (const [, bytes] of before) {
    const kept = IndexFile.parse(bytes, hexDigestOf(bytes));
    const packs = [...kept.packs];
    const blobs = [...kept.byPack()].flatMap((one) =>
      one.blobs.map(({ digest, offset, length }) => ({
        digest,
        offset,
        length,
        pack: packs.findIndex(({ name }) => name === one.pack.name),
      })),
    );
    const without = encodeIndex({ packs, blobs, wholeObjects: [...kept.allWholeObjects()], recipes: [] });
    box.write(`${cache}/index/${hexDigestOf(without)}`, without);
  }
  age(cache);
  expect(box.json<GcResult>(['gc', '--grace', '0'])).toMatchObject({ freedObjects: 0 });
  rmSync(box.path('repo/data/large.csv'));
  box.ok(['checkout']);
  expect(readFileSync(box.path('repo/data/large.csv')).equals(seededBytes(1, 2_000_000))).toBe(true);
  loseIndex(cache);
  for (const name of readdirSync(box.path(`${cache}/packs`), { recursive: true, encoding: 'utf8' })) {
    const path = box.path(`${cache}/packs/${name}`);
    if (!statSync(path).isFile()) continue;
    chmodSync(path, 0o644);
    truncateSync(path, statSync(path).size - 1);
  }
  age(cache);
  expect(box.json<GcResult>(['gc', '--grace', '0'])).toMatchObject({ freedObjects: 0 });
});
