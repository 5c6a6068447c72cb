import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { UpdateResult } from '../../src/index.ts';
import { refused } from '../support/refused.ts';
import { Sandbox } from '../support/sandbox.ts';

/** The library as programs import it. */
const INDEX = new URL('../../dist/index.js', import.meta.url).href;

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox().repository('registry').withRemote('registry').repository();
});
afterEach(() => box.remove());

function publish(text: string): string {
  box.write('registry/a.csv', text);
  box.write('registry/folder/x.txt', text);
  box.write('registry/folder/same.txt', 'same');
  box.ok(['add', 'a.csv', 'folder'], 'registry');
  const commit = box.commit(`published ${text}`, 'registry');
  box.ok(['push'], 'registry');
  return commit;
}

const read = (path: string) => readFileSync(box.path('repo', path), 'utf8');
const update = (...args: string[]) => box.json<UpdateResult>(['update', ...args]).datasets;

test('imported data follows its revision; what was edited here is not lost, and what does not change is left', () => {
  publish('one');
  box.git(['tag', 'v1'], 'registry');
  box.ok(['import', '../registry', 'a.csv@v1']);
  box.ok(['import', '../registry', 'folder']);
  box.commit('imported');
  const commit = publish('two');
  expect(update().map(({ to, change }) => [to, change])).toEqual([
    ['a.csv', 'unchanged'],
    ['folder', 'changed'],
  ]);
  expect([read('a.csv'), read('folder/x.txt')]).toEqual(['one', 'two']);
  expect(read('folder.varve')).toContain(commit);
  expect(update('a.csv', '--revision', 'main')).toMatchObject([{ revision: 'main', commit }]);
  expect(read('a.csv')).toBe('two');
  box.commit('updated');
  // A commit there that has the same data is no news here.
  box.write('registry/README', 'x');
  box.commit('readme', 'registry');
  expect(update().map(({ change }) => change)).toEqual(['unchanged', 'unchanged']);
  expect(box.git(['status', '--porcelain'])).toBe('');

  box.write('repo/folder/same.txt', 'mine');
  expect(update('folder')).toMatchObject([{ change: 'unchanged' }]);
  expect(read('folder/same.txt')).toBe('mine');
  box.ok(['checkout', '--force', 'folder']);

  publish('three');
  box.write('repo/a.csv', 'mine');
  const { code, err } = box.varve(['update', 'a.csv']);
  expect(code, err).toBe(2);
  expect([read('a.csv'), box.git(['status', '--porcelain'])]).toEqual(['mine', '']);
  box.ok(['update', 'a.csv', '--force']);
  expect(read('a.csv')).toBe('three');

  // A version of one's own is none that was imported, and the way back is told.
  box.commit('updated again');
  box.write('repo/a.csv', 'mine');
  const { err: warned } = box.varve(['add', 'a.csv']);
  expect(warned).toContain('`varve update` leaves it alone');
  box.git(['checkout', '--', 'a.csv.varve']);
  box.ok(['checkout', '--force', 'a.csv']);
  expect([read('a.csv'), update('a.csv').map(({ change }) => change)]).toEqual(['three', ['unchanged']]);

  box.write('repo/own.csv', 'own');
  box.ok(['add', 'own.csv']);
  refused(box, ['update', 'own.csv'], 'import-missing', 'own.csv');
});

test('an address that came through Git is asked only after consent', () => {
  publish('one');
  box.ok(['import', '../registry', 'a.csv']);
  box.commit('imported');
  box.git(['clone', '-q', 'repo', 'clone'], '.');
  // A clone of another machine, which agreed to nothing.
  box.env.XDG_CONFIG_HOME = box.path('elsewhere');
  const said = refused(box, ['update'], 'settings-untrusted', 'a.csv.varve', 'clone');
  expect(said).toContain(box.path('registry'));
  const [, print] = /varve trust (sha256:[0-9a-f]{64})/.exec(said)!;
  box.ok(['trust', print!], 'clone');
  box.ok(['update'], 'clone');
  expect(readFileSync(box.path('clone/a.csv'), 'utf8')).toBe('one');

  const pointer = readFileSync(box.path('clone/a.csv.varve'), 'utf8');
  for (const hostile of [`ext::sh -c "touch ${box.path('ran')}"`, '--upload-pack=touch ran']) {
    writeFileSync(box.path('clone/a.csv.varve'), pointer.replace('"../registry"', JSON.stringify(hostile)));
    refused(box, ['update'], 'pointer-damaged', 'a.csv.varve', 'clone');
  }
  writeFileSync(box.path('clone/a.csv.varve'), pointer.replace('"../registry"', '"../other"'));
  refused(box, ['update'], 'settings-untrusted', 'a.csv.varve', 'clone');
  expect(existsSync(box.path('ran'))).toBe(false);
});

test('each dataset is brought by itself: what one of them met keeps no other back, and is told with its name', () => {
  publish('one');
  box.repository('other').withRemote('other');
  box.write('other/b.csv', 'one');
  box.ok(['add', 'b.csv'], 'other');
  box.commit('published', 'other');
  box.ok(['push'], 'other');
  box.ok(['import', '../registry', 'a.csv']);
  box.ok(['import', '../other', 'b.csv']);
  box.ok(['import', '../registry', 'folder']);
  box.commit('imported');
  renameSync(box.path('other'), box.path('away'));

  publish('two');
  const told = box.varve(['update']);
  expect([told.code, read('a.csv'), read('folder/x.txt'), read('b.csv')]).toEqual([2, 'two', 'two', 'one']);
  expect(told.out).toMatch(/changed {4}a\.csv .*\nchanged {4}folder /);
  expect(told.err).toMatch(/^varve: b\.csv was not updated: .*other.*\n {2}\S/);

  publish('three');
  const { code, out } = box.varve(['update', '--json']);
  const { datasets, problems } = JSON.parse(out) as UpdateResult;
  expect([code, datasets.map(({ to, change }) => [to, change])]).toEqual([
    2,
    [
      ['a.csv', 'changed'],
      ['folder', 'changed'],
    ],
  ]);
  expect(problems).toMatchObject([{ path: 'b.csv', message: expect.stringContaining('b.csv') }]);

  // Where none of several could be brought, each is told, and the whole is an error, also to the library.
  renameSync(box.path('registry'), box.path('gone'));
  const none = box.varve(['update']);
  expect([none.code, none.out]).toEqual([2, '']);
  for (const path of ['a.csv', 'folder', 'b.csv']) expect(none.err).toContain(`${path} was not`);
  const { error } = JSON.parse(box.varve(['update', '--json']).out);
  expect([error.code, error.details.length]).toEqual(['repository-unreachable', 2]);
  const program = `
    import { openRepository, VarveError } from ${JSON.stringify(INDEX)};
    const repository = await openRepository('.');
    const ended = await repository.update().catch((error) => error);
    console.log(ended instanceof VarveError, ended.code, ended.details.length);
  `;
  const library = box.run(process.execPath, ['--input-type=module', '--eval', program]);
  expect(library.out, library.err).toBe('true repository-unreachable 2\n');
  expect(box.varve(['update', 'b.csv', '--json']).out).toContain('"error"');
  renameSync(box.path('gone'), box.path('registry'));
  const some = box.run(process.execPath, [
    '--input-type=module',
    '--eval',
    program.replace('ended.code, ended.details.length', 'ended.datasets.length, ended.problems.length'),
  ]);
  expect(some.out, some.err).toBe('false 2 1\n');
});
