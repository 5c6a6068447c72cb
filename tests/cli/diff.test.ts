import { readFileSync, rmSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { DiffResult } from '../../src/index.ts';
import { refused } from '../support/refused.ts';
import { Sandbox } from '../support/sandbox.ts';

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox().repository().withRemote();
});
afterEach(() => box.remove());

const table = (rows: number, far = 1) =>
  `id,fare\n${Array.from({ length: rows }, (_, row) => `${row},${(row % 10) * far}\n`).join('')}`;

function versions(): void {
  box.write('repo/data/table.csv', table(500));
  box.write('repo/data/many/a.txt', 'a');
  box.write('repo/data/many/b.txt', 'b');
  box.ok(['add', 'data/table.csv', 'data/many']);
  box.commit('v1');
}

function newer(): void {
  box.write('repo/data/table.csv', table(800, 7));
  rmSync(box.path('repo/data/many/a.txt'));
  box.write('repo/data/many/c.txt', 'c');
  box.ok(['add', 'data/table.csv', 'data/many']);
}

test('varve diff names rows, columns, files and distributions that changed', () => {
  versions();
  newer();
  box.commit('v2');
  const said = box.ok(['diff', 'HEAD~1', 'HEAD']);
  expect(said).toContain('500 rows → 800 rows');
  expect(said).toMatch(/~ column fare: /);
  expect(said).toContain('- a.txt');
  expect(said).toContain('+ c.txt');
  type Diff = { datasets: { path: string; statistics?: { verdict: string } }[] };
  const { datasets } = box.json<Diff>(['diff', 'HEAD~1', 'HEAD', 'data/table.csv']);
  expect(datasets[0]!.statistics!.verdict).toBe('drift');
});

test('datasets that were renamed or moved are told as that, and files within them', () => {
  versions();
  box.write('repo/data/many/empty.txt', '');
  box.write('repo/data/many/twin-1.txt', 'twin');
  box.ok(['add', 'data/many']);
  box.commit('v1');
  box.ok(['mv', 'data/table.csv', 'tables/renamed.csv']);
  box.write('repo/data/many/moved/a.txt', 'a');
  box.write('repo/data/many/other-empty.txt', '');
  box.write('repo/data/many/twin-2.txt', 'twin');
  box.write('repo/data/many/twin-3.txt', 'twin');
  for (const gone of ['a.txt', 'empty.txt', 'twin-1.txt']) rmSync(box.path('repo/data/many', gone));
  type Diff = { datasets: { path: string; change: string; renamedFrom?: string; files?: object[] }[] };
  const files = [
    { path: 'empty.txt', change: 'removed' },
    { path: 'moved/a.txt', change: 'renamed', renamedFrom: 'a.txt' },
    { path: 'other-empty.txt', change: 'added' },
    { path: 'twin-2.txt', change: 'renamed', renamedFrom: 'twin-1.txt' },
    { path: 'twin-3.txt', change: 'added' },
  ];
  const renamed = { path: 'tables/renamed.csv', change: 'renamed', renamedFrom: 'data/table.csv' };
  // Also of data that nobody saved yet.
  const [live] = box.json<Diff>(['diff', 'HEAD', 'data/many']).datasets;
  expect(live).toMatchObject({ path: 'data/many', change: 'modified', files });
  box.ok(['add', 'data/many']);
  expect(box.json<Diff>(['diff']).datasets).toMatchObject([{ path: 'data/many', files }, renamed]);
  box.commit('v2');
  expect(box.json<Diff>(['diff', 'HEAD~1', 'HEAD']).datasets).toMatchObject([
    { path: 'data/many', files },
    renamed,
  ]);
  const said = box.ok(['diff', 'HEAD~1', 'HEAD']);
  expect(said).toContain('tables/renamed.csv  renamed from data/table.csv  500 rows');
  expect(said).toContain('> moved/a.txt (from a.txt)');
  // Of one side alone, it is new.
  expect(box.json<Diff>(['diff', 'HEAD~1', 'HEAD', 'tables/renamed.csv']).datasets).toMatchObject([
    { change: 'added' },
  ]);
});

test('ranges are read as Git reads them, and parts of datasets are compared alone', () => {
  versions();
  box.git(['tag', 'v1']);
  box.git(['switch', '-qc', 'side']);
  newer();
  box.commit('v2');
  box.git(['switch', '-q', 'main']);
  box.write('repo/data/more.txt', 'more');
  box.ok(['add', 'data/more.txt']);
  box.commit('v3');
  type Diff = {
    before: string;
    after: string | null;
    datasets: { path: string; change: string; files?: object[] }[];
  };
  const diff = (...args: string[]) => box.json<Diff>(['diff', ...args]);
  const paths = (...args: string[]) => diff(...args).datasets.map(({ path, change }) => `${change} ${path}`);
  expect(paths('main..side')).toEqual([
    'modified data/many',
    'removed data/more.txt',
    'modified data/table.csv',
  ]);
  expect(paths('main...side')).toEqual(['modified data/many', 'modified data/table.csv']);
  expect(diff('v1..')).toMatchObject({ after: box.git(['rev-parse', 'main']).trim() });
  expect(paths('...side', 'data/many')).toEqual(['modified data/many']);
  const { datasets } = diff('v1..side', 'data/many/a.txt');
  expect(datasets).toMatchObject([{ path: 'data/many', files: [{ path: 'a.txt', change: 'removed' }] }]);
  expect(diff('v1..side', 'data/many/b.txt').datasets).toEqual([]);
  refused(box, ['diff', 'v1..nope'], 'revision-unknown', 'nope');
  refused(box, ['diff', 'v1..side', 'data/nope'], 'dataset-missing', 'data/nope');
  // A file of such a name is a path.
  box.write('repo/v1..side', 'x');
  box.ok(['add', 'v1..side']);
  expect(paths('v1..side')).toEqual(['added v1..side']);
});

test('where a dataset comes from is told before and after, though its data stays the same', () => {
  box.write('repo/orders.csv', 'id\n1\n');
  box.write('repo/events/a.csv', 'id\n2\n');
  box.ok(['add', 'orders.csv', 'events']);
  const pointers = new Map(
    ['orders.csv', 'events'].map((path) => [path, readFileSync(box.path(`repo/${path}.varve`), 'utf8')]),
  );
  const follow = (path: string, ...lines: string[]): void => {
    const pointer = pointers.get(path)!.replace(/^varve: .*/m, 'varve: 6');
    box.write(`repo/${path}.varve`, [pointer.trimEnd(), ...lines, ''].join('\n'));
    box.commit(lines.join(' '));
  };
  follow('orders.csv', 'database: mysql://ann@db.example/shop', 'database-table: orders');
  follow('orders.csv', 'database: mysql://ann@evil.example/shop', 'database-table: orders');
  const said = box.ok(['diff', 'HEAD~1..']);
  expect(said).toMatch(/^orders\.csv {2}modified /);
  expect(said).toContain('\n  - from mysql://ann@db.example/shop, table "orders"\n');
  expect(said).toContain('\n  + from mysql://ann@evil.example/shop, table "orders"\n');
  const origins = {
    before: 'mysql://ann@db.example/shop, table "orders"',
    after: 'mysql://ann@evil.example/shop, table "orders"',
  };
  expect(box.json<DiffResult>(['diff', 'HEAD~1', 'HEAD', 'orders.csv']).datasets).toMatchObject([
    { origins },
  ]);
  expect(box.varve(['diff', 'HEAD~1..', '--exit-code']).code).toBe(1);
  expect(box.ok(['diff'])).toBe('');

  // A topic in its place, and a dataset that is moved at the same time.
  follow('events', 'topic: kafka://broker.example/orders', 'topic-offsets: 0:0-5');
  expect(box.ok(['diff', 'HEAD~1..'])).toContain('\n  + from kafka://broker.example/orders');
  // How far it was read is no other place.
  follow('events', 'topic: kafka://broker.example/orders', 'topic-offsets: 0:0-7');
  expect(box.ok(['diff', 'HEAD~1..'])).toBe('');
  box.ok(['mv', 'events', 'moved']);
  const moved = readFileSync(box.path('repo/moved.varve'), 'utf8');
  box.write('repo/moved.varve', moved.replace('broker.example', 'evil.example'));
  box.commit('moved');
  const [renamed] = box.json<DiffResult>(['diff', 'HEAD~1', 'HEAD']).datasets;
  expect(renamed).toMatchObject({
    change: 'renamed',
    origins: { before: 'kafka://broker.example/orders', after: 'kafka://evil.example/orders' },
  });
});
