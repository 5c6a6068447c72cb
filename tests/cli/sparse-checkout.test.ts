import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { refused } from '../support/refused.ts';
import { Sandbox } from '../support/sandbox.ts';

/** Pointers that a sparse checkout keeps out of the working tree: they are neither removed nor missing. */

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox().repository().withRemote();
  box.write('repo/in/a.csv', 'id\n1\n');
  box.write('repo/out/b.csv', 'id\n1\n');
  box.write('repo/out/tab/x.txt', 'one');
  box.ok(['add', 'in/a.csv', 'out/b.csv', 'out/tab']);
  box.commit('v1');
  box.ok(['push']);
});
afterEach(() => box.remove());

const isThere = (path: string, folder = 'repo') => existsSync(box.path(folder, path));
const text = (path: string, folder = 'repo') => readFileSync(box.path(folder, path), 'utf8');

for (const [way, sets, outside] of [
  ['cone', ['sparse-checkout', 'set', '--cone', 'in'], ['out']],
  ['non-cone', ['sparse-checkout', 'set', '--no-cone', '/*', '!/out/*.varve', '!/out/.gitignore'], []],
] as const) {
  test(`a ${way} checkout knows its own datasets, and leaves all others alone`, () => {
    box.git(['clone', '-q', box.path('repo'), box.path('clone')], '.');
    box.ok(['trust'], 'clone');
    box.ok(['pull', 'out/b.csv'], 'clone');
    box.git([...sets], 'clone');
    if (outside.length > 0) {
      const remedy = refused(box, ['init'], 'repository-uninitialised', 'sparse', 'clone');
      expect(refused(box, ['status'], 'repository-uninitialised', 'sparse', 'clone')).toBe(remedy);
      // As it says.
      box.git(['sparse-checkout', 'add', '.varve'], 'clone');
    }
    expect([isThere('out/b.csv.varve', 'clone'), isThere('in/a.csv.varve', 'clone')]).toEqual([false, true]);
    // Git takes ignored files away with their folder, and leaves them elsewhere.
    const data = isThere('out/b.csv', 'clone');
    expect(data).toBe(outside.length === 0);
    const status = box.json(['status'], 'clone');
    expect(status).toMatchObject({ datasets: [{ path: 'in/a.csv', state: 'missing' }] });
    expect(status.withoutPointer).toBeUndefined();
    // The same bytes as those of out/b.csv, which stay where they are.
    box.ok(['pull'], 'clone');
    box.ok(['checkout'], 'clone');
    expect([text('in/a.csv', 'clone'), isThere('out/b.csv', 'clone')]).toEqual(['id\n1\n', data]);
    expect(box.json(['diff'], 'clone')).toMatchObject({ datasets: [] });
    expect(box.json(['check', '--base', 'HEAD'], 'clone')).toMatchObject({ datasets: [] });
    box.write('clone/in/a.csv', 'id\n2\n');
    expect(box.json(['diff'], 'clone')).toMatchObject({ datasets: [{ path: 'in/a.csv' }] });
    expect(box.json(['add', '--all'], 'clone')).toMatchObject({ datasets: [{ path: 'in/a.csv' }] });
    box.git(['commit', '-qam', 'v2'], 'clone');
    expect(box.git(['status', '--porcelain'], 'clone')).toBe('');
    expect(box.git(['ls-files'], 'clone')).toContain('out/b.csv.varve');
    box.ok(['push'], 'clone');
    // What lies outside is named as such, and nothing there is made anew.
    for (const verb of [['status'], ['checkout'], ['pull'], ['rm']])
      expect(refused(box, [...verb, 'out/b.csv'], 'dataset-missing', 'out/b.csv', 'clone')).toContain(
        '`git sparse-checkout add ',
      );
    box.write('clone/out/b.csv', 'mine');
    refused(box, ['add', 'out/b.csv'], 'dataset-missing', 'out/b.csv', 'clone');
    rmSync(box.path('clone/out/b.csv'));
    // No cache and no remote loses what lies outside.
    rmSync(box.path('remote'), { recursive: true });
    mkdirSync(box.path('remote'));
    box.ok(['push', '--all-commits']);
    box.ok(['gc'], 'clone');
    box.git(['sparse-checkout', 'disable'], 'clone');
    rmSync(box.path('remote'), { recursive: true });
    box.ok(['checkout', 'out/b.csv'], 'clone');
    expect(text('out/b.csv', 'clone')).toBe('id\n1\n');
    expect(text('out/.gitignore', 'clone')).toBe('/b.csv\n/tab\n');
  });
}

test('add beside a .gitignore that is kept out adds to it, and loses none of its lines', () => {
  box.git(['sparse-checkout', 'set', '--no-cone', '/*', '!.gitignore']);
  expect(isThere('out/.gitignore')).toBe(false);
  box.write('repo/out/c.csv', 'id\n3\n');
  box.ok(['add', 'out/c.csv', 'out/b.csv']);
  expect(box.ok(['status'])).toContain('nothing changed');
  expect(text('out/.gitignore')).toBe('/b.csv\n/tab\n/c.csv\n');
});
