import { readFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { Sandbox } from '../support/sandbox.ts';
import { seededBytes } from '../support/stores.ts';

const box = new Sandbox().repository().withRemote();
afterAll(() => box.remove());

interface Facts {
  readonly varve: number;
  readonly digest: string;
  readonly blocks?: string;
}
const pointer = (path: string): Facts => parse(readFileSync(box.path('repo', `${path}.varve`), 'utf8'));
const same = (a: string, b: string) => expect(box.run('diff', ['-r', a, b], '.').out).toBe('');

test('large files are pinned by their blocks, travel so, and come back the same', () => {
  box.write('repo/large.bin', seededBytes(1, 3_000_000));
  box.write('repo/small.bin', seededBytes(2, 1000));
  box.write('repo/data/a.bin', seededBytes(3, 300_000));
  box.write('repo/data/b.bin', Buffer.concat([Buffer.from('PAR1'), seededBytes(4, 2_500_000)]));
  box.write('repo/data/c.txt', 'c');
  box.ok(['add', 'large.bin', 'small.bin', 'data']);
  const before = { large: pointer('large.bin'), data: pointer('data') };
  expect(before.large.varve).toBe(3);
  expect(before.data.blocks).toMatch(/^sha256:/);
  expect(pointer('small.bin')).toMatchObject({ varve: 1 });
  expect(pointer('small.bin').blocks).toBeUndefined();
  box.commit('data');
  box.ok(['push']);
  box.clone('repo', 'clone');
  box.ok(['pull'], 'clone');
  for (const path of ['large.bin', 'small.bin', 'data']) same(`repo/${path}`, `clone/${path}`);

  // Nothing changed: nothing is written anew, also where nothing was recorded of what lies here.
  box.ok(['add', 'large.bin', 'data'], 'clone');
  expect(box.git(['status', '--porcelain'], 'clone')).toBe('');

  // A file that did not change keeps its pin; it is not read for that.
  box.write('repo/data/c.txt', 'other');
  box.ok(['add', 'data']);
  expect(pointer('data').digest).not.toBe(before.data.digest);
  expect(pointer('data').blocks).toBe(before.data.blocks);
  box.ok(['verify']);
});

test('a pointer of before is read as before, and what it pins falsely is not believed', () => {
  const text = readFileSync(box.path('clone', 'large.bin.varve'), 'utf8');
  const old = text.replace(/^blocks: .*\n/m, '').replace('varve: 3', 'varve: 1');
  const false_ = text.replace(/^blocks: .*$/m, `blocks: ${pointer('small.bin').digest}`);
  for (const other of [old, false_]) {
    box.write('clone/large.bin.varve', other);
    box.run('rm', ['large.bin'], 'clone');
    box.ok(['checkout', 'large.bin'], 'clone');
    same('repo/large.bin', 'clone/large.bin');
    box.ok(['pull'], 'clone');
  }
});

test('sides that changed different files of a folder merge to a version that is pinned', () => {
  box.ok(['git', 'install', '--merge']);
  box.commit('c');
  box.git(['switch', '-qc', 'side']);
  box.write('repo/data/d.bin', seededBytes(5, 400_000));
  box.ok(['add', 'data']);
  box.commit('d');
  const side = pointer('data').blocks;
  box.git(['switch', '-q', '-']);
  box.ok(['checkout']);
  box.write('repo/data/c.txt', 'main');
  box.ok(['add', 'data']);
  box.commit('main');
  box.git(['merge', '-q', '-m', 'merge', 'side']);
  expect(pointer('data').blocks).toBe(side);
  box.ok(['checkout']);
  expect(readFileSync(box.path('repo', 'data/d.bin')).equals(seededBytes(5, 400_000))).toBe(true);
});
