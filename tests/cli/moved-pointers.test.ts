import { existsSync, mkdirSync, readFileSync, renameSync, statSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Sandbox } from '../support/sandbox.ts';

/** Pointers that Git or people move, which say where their datasets are by the place where they lie. */

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox().repository();
  box.write('repo/data/a.csv', 'id\n1\n');
  box.write('repo/data/tab/x.txt', 'one');
  box.ok(['add', 'data/a.csv', 'data/tab']);
  box.ok(['schema', 'infer', 'data/a.csv']);
  box.commit('v1');
});
afterEach(() => box.remove());

const isThere = (path: string, folder = 'repo') => existsSync(box.path(folder, path));
const text = (path: string, folder = 'repo') => readFileSync(box.path(folder, path), 'utf8');

/** As people do who know Git: another folder and another name. */
function gitMove(): void {
  mkdirSync(box.path('repo/other'));
  box.git(['mv', 'data/a.csv.varve', 'other/b.csv.varve']);
  box.git(['mv', 'data/tab.varve', 'tab2.varve']);
}

test('a pointer that git mv moved takes its data, ignore line and schema along by the next checkout', () => {
  box.withRemote();
  gitMove();
  const { datasets, withoutPointer } = box.json<{ datasets: object[]; withoutPointer?: string[] }>([
    'status',
  ]);
  expect(datasets).toMatchObject([
    { path: 'other/b.csv', state: 'missing', dataAt: 'data/a.csv' },
    { path: 'tab2', state: 'missing', dataAt: 'data/tab' },
  ]);
  expect(withoutPointer).toBeUndefined();
  expect(box.ok(['status'])).toContain('its data lies at data/a.csv: `varve checkout other/b.csv` moves it');
  expect(box.json(['diff'])).toMatchObject({
    datasets: [
      { path: 'other/b.csv', change: 'renamed', renamedFrom: 'data/a.csv' },
      { path: 'tab2', change: 'renamed', renamedFrom: 'data/tab' },
    ],
  });
  const { ino } = statSync(box.path('repo/data/a.csv'));
  // As status says.
  expect(box.ok(['checkout', 'other/b.csv'])).toBe(
    'other/b.csv  moved here from data/a.csv, as its pointer was\n',
  );
  expect(statSync(box.path('repo/other/b.csv')).ino).toBe(ino);
  expect(box.json(['checkout'])).toMatchObject({ moved: [{ from: 'data/tab', path: 'tab2' }] });
  expect(text('tab2/x.txt')).toBe('one');
  expect(['data/tab', 'data/a.csv', 'data/.gitignore'].some((path) => isThere(path))).toBe(false);
  expect([text('other/.gitignore'), text('.gitignore')]).toEqual(['/b.csv\n', '/tab2\n']);
  expect(isThere('other/b.csv.schema.yaml')).toBe(true);
  expect(box.ok(['status'])).toContain('nothing changed');
  expect(box.ok(['validate', 'other/b.csv'])).toContain('no anomalies');
  box.commit('moved');
  expect(box.git(['ls-files']).split('\n')).not.toContain('other/b.csv');
  box.ok(['push', '--all-commits']);
  expect(box.json(['log', 'other/b.csv'])).toMatchObject({ path: 'other/b.csv' });
  box.clone('repo', 'clone');
  box.ok(['pull'], 'clone');
  expect([text('other/b.csv', 'clone'), text('tab2/x.txt', 'clone')]).toEqual(['id\n1\n', 'one']);
  expect(box.ok(['status'], 'clone')).toContain('nothing changed');
  box.ok(['gc']);
  box.ok(['verify']);
});

test('a pointer that was moved by hand and given to Git is as one that git mv moved, and its edits come along', () => {
  mkdirSync(box.path('repo/other'));
  renameSync(box.path('repo/data/a.csv.varve'), box.path('repo/other/b.csv.varve'));
  box.git(['add', '-A']);
  box.write('repo/data/a.csv', 'id\n1\n2\n');
  box.ok(['checkout', 'other/b.csv']);
  expect(text('other/b.csv')).toBe('id\n1\n2\n');
  expect(box.json(['status'])).toMatchObject({
    datasets: [{ path: 'data/tab' }, { path: 'other/b.csv', state: 'modified' }],
  });
});

test('add follows a moved pointer, and writes its name into it', () => {
  gitMove();
  box.write('repo/data/a.csv', 'id\n1\n2\n');
  expect(box.json(['add', 'other/b.csv'])).toMatchObject({
    datasets: [{ path: 'other/b.csv', change: 'changed', bytes: 7 }],
  });
  expect(text('other/b.csv.varve')).toContain('path: b.csv\n');
  expect(box.json(['add', '--all'])).toMatchObject({ datasets: [{ path: 'tab2', change: 'changed' }] });
  expect([isThere('data/a.csv'), isThere('data/tab'), text('tab2/x.txt')]).toEqual([false, false, 'one']);
});

test('data that lies at its new place already is known there, and status names what Git does not ignore', () => {
  gitMove();
  renameSync(box.path('repo/data/a.csv'), box.path('repo/other/b.csv'));
  renameSync(box.path('repo/data/tab'), box.path('repo/tab2'));
  expect(box.json(['status'])).toMatchObject({
    datasets: [{ state: 'unchanged' }, { state: 'unchanged' }],
    notIgnored: ['other/b.csv', 'tab2'],
  });
  expect(box.ok(['status'])).toContain('`varve add other/b.csv` makes Git ignore it');
  // As it says.
  box.ok(['add', 'other/b.csv', 'tab2']);
  expect(box.json(['status']).notIgnored).toBeUndefined();
  expect(box.git(['status', '--porcelain', '--', 'other', 'tab2'])).not.toContain('b.csv\n');
});

test('whoever pulls a moved pointer without its ignore line hears that Git does not ignore the data', () => {
  box.withRemote();
  box.commit('remote');
  box.ok(['push']);
  gitMove();
  box.git(['commit', '-qm', 'moved, and nothing else']);
  box.clone('repo', 'clone');
  const { code, err } = box.varve(['pull'], 'clone');
  expect(code, err).toBe(0);
  expect(err).toContain('Git does not ignore other/b.csv');
});

test('what lies at the new place stays: nothing is moved over it', () => {
  gitMove();
  box.write('repo/other/b.csv', 'mine');
  expect(box.varve(['checkout']).code).toBe(2);
  expect([text('other/b.csv'), text('data/a.csv')]).toEqual(['mine', 'id\n1\n']);
});

test('data follows a pointer that another branch has at another place', () => {
  box.ok(['git', 'install']);
  box.commit('attributes');
  box.git(['switch', '-qc', 'moved']);
  gitMove();
  box.ok(['checkout']);
  box.commit('moved');
  box.git(['switch', '-q', 'main']);
  expect([text('data/a.csv'), isThere('other/b.csv')]).toEqual(['id\n1\n', false]);
  box.git(['switch', '-q', 'moved']);
  expect([text('other/b.csv'), isThere('data/a.csv')]).toEqual(['id\n1\n', false]);
  expect(box.ok(['status'])).toContain('nothing changed');
  expect(box.git(['status', '--porcelain'])).toBe('');
});
