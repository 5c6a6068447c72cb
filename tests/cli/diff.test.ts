import { rmSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
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
