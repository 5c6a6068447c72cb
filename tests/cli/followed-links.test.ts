import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { refused } from '../support/refused.ts';
import { Sandbox } from '../support/sandbox.ts';

/** Datasets whose folder is a link of the user's to a place elsewhere. */

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox().repository().withRemote();
  box.write('raid/data/x.csv', 'id\n1\n');
  box.write('raid/data/sub/y.txt', 'one');
  symlinkSync(box.path('raid/data'), box.path('repo/data'));
});
afterEach(() => box.remove());

const text = (path: string) => readFileSync(box.path(path), 'utf8');
const isLink = (path: string) => lstatSync(box.path(path)).isSymbolicLink();

test('a folder elsewhere is a dataset by a link, once its user says so on this machine', () => {
  expect(refused(box, ['add', 'data'], 'symlink-refused', 'data')).toContain('`varve add --follow data`');
  // As it says.
  expect(box.json(['add', '--follow', 'data'])).toMatchObject({ datasets: [{ path: 'data', files: 2 }] });
  box.commit('v1');
  expect(box.git(['ls-files'])).not.toMatch(/^data$/m);
  box.write('raid/data/x.csv', 'id\n2\n');
  box.write('raid/data/z.txt', 'new');
  expect(box.json(['status'])).toMatchObject({
    datasets: [{ state: 'modified', changes: [{ path: 'x.csv' }, { path: 'z.txt' }] }],
  });
  expect(box.json(['diff'])).toMatchObject({ datasets: [{ path: 'data', change: 'modified' }] });
  box.ok(['add', 'data']);
  box.commit('v2');
  box.ok(['push']);
  box.ok(['verify']);
  box.git(['switch', '-qd', 'HEAD~1']);
  box.ok(['checkout']);
  expect([text('raid/data/x.csv'), existsSync(box.path('raid/data/z.txt'))]).toEqual(['id\n1\n', false]);
  rmSync(box.path('raid/data/sub'), { recursive: true });
  box.ok(['checkout', 'data']);
  expect([text('raid/data/sub/y.txt'), isLink('repo/data')]).toEqual(['one', true]);
  expect(box.ok(['profile', 'data'])).toContain('id');
  expect(box.ok(['status'])).toContain('nothing changed');
  // A clone without the link has a plain folder.
  box.git(['switch', '-q', 'main']);
  box.clone('repo', 'clone');
  box.ok(['pull'], 'clone');
  expect([text('clone/data/x.csv'), isLink('clone/data')]).toEqual(['id\n2\n', false]);
});

test('a commit without the dataset leaves the data where it is', () => {
  box.git(['add', '.varve']);
  box.git(['commit', '-qm', 'empty']);
  box.ok(['add', '--follow', 'data']);
  box.git(['switch', '-qc', 'other']);
  box.commit('v1');
  box.git(['switch', '-q', 'main']);
  box.ok(['checkout']);
  expect(readdirSync(box.path('raid/data')).sort()).toEqual(['sub', 'x.csv']);
  box.git(['switch', '-q', 'other']);
  box.ok(['checkout']);
  expect(box.ok(['status'])).toContain('nothing changed');
});

test('a link that leads elsewhere than the user agreed to is not followed, whoever made it', () => {
  box.ok(['add', '--follow', 'data']);
  box.commit('v1');
  mkdirSync(box.path('secrets'));
  box.write('secrets/key', 'secret');
  rmSync(box.path('repo/data'));
  symlinkSync(box.path('secrets'), box.path('repo/data'));
  for (const verb of [['status'], ['checkout', '--force'], ['add', 'data'], ['add', '--all'], ['diff']])
    refused(box, verb, 'symlink-refused', 'data');
  expect(readdirSync(box.path('secrets'))).toEqual(['key']);
  // The consent is for one path.
  symlinkSync(box.path('raid/data'), box.path('repo/also'));
  refused(box, ['add', 'also'], 'symlink-refused', 'also');
  // And it can be taken back.
  rmSync(box.path('repo/data'));
  symlinkSync(box.path('raid/data'), box.path('repo/data'));
  box.ok(['status']);
  expect(box.ok(['trust', '--list'])).toContain(box.path('raid/data'));
  box.ok(['trust', '--revoke']);
  refused(box, ['status'], 'symlink-refused', 'data');
});

test('what Git tracks, lies in the repository or holds it, is a file, or is no link, is not followed', () => {
  box.git(['add', 'data']);
  refused(box, ['add', '--follow', 'data'], 'path-tracked', 'data');
  box.git(['rm', '-q', '--cached', 'data']);
  for (const [name, target] of [
    ['git', '.git'],
    ['own', 'own-folder'],
    ['above', '..'],
    ['file', box.path('raid/data/x.csv')],
    ['dangling', box.path('nowhere')],
  ]) {
    mkdirSync(box.path('repo/own-folder'), { recursive: true });
    symlinkSync(target!, box.path('repo', name!));
    refused(box, ['add', '--follow', name!], 'symlink-refused', name!);
  }
  // Links within stay refused, and so does a link on the way.
  symlinkSync(box.path('raid'), box.path('raid/data/in'));
  refused(box, ['add', '--follow', 'data'], 'symlink-refused', 'data/in');
  symlinkSync(box.path('raid'), box.path('repo/way'));
  expect(box.varve(['add', '--follow', 'way/data']).code).toBe(2);
  box.write('repo/plain/x', 'x');
  box.ok(['add', '--follow', 'plain']);
  expect(box.ok(['trust', '--list'])).not.toContain('plain');
});
