import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Sandbox } from '../support/sandbox.ts';
import { seededBytes } from '../support/stores.ts';

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox().repository().withRemote();
});
afterEach(() => box.remove());

const CHUNKS = seededBytes(1, 2_000_000);
const WHOLE = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), seededBytes(2, 2_000_000)]);

/** Remove the packs and whole objects of the remote; its index still names them. */
function loseFiles(): void {
  for (const prefix of ['packs', 'objects'])
    for (const file of readdirSync(box.path(`remote/${prefix}`), { recursive: true, withFileTypes: true }))
      if (file.isFile()) rmSync(join(file.parentPath, file.name));
}

test('add --to-remote sends again what the index of the remote names and the remote has lost', () => {
  box.write('repo/data/a.bin', CHUNKS);
  box.write('repo/data/w.png', WHOLE);
  box.ok(['add', '--to-remote', 'data/a.bin', 'data/w.png']);
  box.commit('one');
  box.clone('repo', 'second');
  loseFiles();

  // The same bytes under new paths, in a clone that never had them from the remote.
  box.write('second/more/a2.bin', CHUNKS);
  box.write('second/more/w2.png', WHOLE);
  box.ok(['add', '--to-remote', 'more/a2.bin', 'more/w2.png'], 'second');
  box.commit('same bytes', 'second');
  box.clone('second', 'third');
  box.ok(['pull', 'more/a2.bin', 'more/w2.png'], 'third');
  expect(readFileSync(box.path('third/more/a2.bin')).equals(CHUNKS)).toBe(true);
  expect(readFileSync(box.path('third/more/w2.png')).equals(WHOLE)).toBe(true);

  // An edit, of which most chunks were on the remote before.
  loseFiles();
  const edited = Buffer.concat([CHUNKS, Buffer.from('z')]);
  box.write('repo/data/a.bin', edited);
  box.ok(['add', '--to-remote', 'data/a.bin']);
  box.commit('edit');
  box.clone('repo', 'fourth');
  box.ok(['pull', 'data/a.bin'], 'fourth');
  expect(readFileSync(box.path('fourth/data/a.bin')).equals(edited)).toBe(true);
});

test('push --all-commits sends again what the remote has lost, after a verify and without', () => {
  box.write('repo/data/a.bin', CHUNKS);
  box.write('repo/data/w.png', WHOLE);
  box.ok(['add', 'data/a.bin', 'data/w.png']);
  box.commit('one');
  box.ok(['push']);
  for (const looks of [true, false]) {
    loseFiles();
    if (looks) expect(box.varve(['verify', '--remote', 'origin']).code).toBe(1);
    box.ok(['push', '--all-commits']);
    // A gc forgets what was lost, and keeps what was sent again.
    box.ok(['gc', '--remote', 'origin', '--grace', '0']);
    const clone = `clone-${looks}`;
    box.clone('repo', clone);
    box.ok(['pull'], clone);
    expect(readFileSync(box.path(`${clone}/data/a.bin`)).equals(CHUNKS)).toBe(true);
    expect(readFileSync(box.path(`${clone}/data/w.png`)).equals(WHOLE)).toBe(true);
  }
});
