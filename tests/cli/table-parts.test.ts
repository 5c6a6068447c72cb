import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AddResult } from '../../src/index.ts';
import { refused } from '../support/refused.ts';
import { Sandbox } from '../support/sandbox.ts';
import { describeWithWeb } from '../support/web-server.ts';

/** Written by delta-rs and pyiceberg: `scripts/make-table-fixtures.py`. */
const TABLES = join(import.meta.dirname, '..', '..', 'fixtures', 'tables');

describeWithWeb('places on a server that are a part of a table, or hold one', (server) => {
  let box: Sandbox;
  beforeAll(() => {
    for (const table of ['delta', 'iceberg'])
      cpSync(join(TABLES, table), join(server.root, 'lake', table), { recursive: true });
    mkdirSync(join(server.root, 'lake/plain'), { recursive: true });
    writeFileSync(join(server.root, 'lake/plain/a.csv'), 'a\n1\n');
    box = new Sandbox().repository();
  });
  afterAll(() => box?.remove());

  const add = (place: string) => ['add', `${server.url}/lake${place}`, '--to', 'data/x'];

  test('they are refused, with the table by its name, and the command that is told adds it', () => {
    const [file] = readdirSync(join(server.root, 'lake/delta/day=2'));
    for (const [place, table] of [
      ['/delta/day=2', 'delta'],
      [`/delta/day=2/${file}`, 'delta'],
      ['/delta/_delta_log', 'delta'],
      ['/iceberg/data', 'iceberg'],
      ['/iceberg/metadata', 'iceberg'],
      ['', 'delta'],
    ] as const) {
      const told = refused(box, add(place), 'table-misplaced', `lake${place}`);
      expect(told).toContain(`\`varve add ${server.url}/lake/${table} --to data/x\``);
      expect(readdirSync(box.path('repo')), place).not.toContain('data');
    }
    box.ok(add('/delta'));
    expect(box.ok(add('/plain'))).toContain('1 file');
  });

  test('who says in .varveignore that a log does not count has the files as they lie there', () => {
    const fresh = new Sandbox().repository();
    const told = refused(fresh, add('/delta/day=2'), 'table-misplaced', 'day=2');
    const [line] = /\/data\/x\/_delta_log\//.exec(told)!;
    fresh.write('repo/.varveignore', `${line}\n`);
    expect(fresh.json<AddResult>(add('/delta/day=2')).datasets[0]).toMatchObject({ kind: 'directory' });
    fresh.remove();
  });

  test('update of a table that is no more there leaves the version that the dataset has', () => {
    cpSync(join(TABLES, 'delta'), join(server.root, 'lake/gone'), { recursive: true });
    box.ok(['add', `${server.url}/lake/gone`, '--to', 'data/gone']);
    rmSync(join(server.root, 'lake/gone/_delta_log'), { recursive: true });
    refused(box, ['update', 'data/gone'], 'table-version-missing', 'lake/gone');
  });
});

describe('local folders that are a table', () => {
  test('add says that files are not the rows of a version, and a log has no rows', () => {
    const box = new Sandbox().repository();
    cpSync(join(TABLES, 'delta'), box.path('repo/data/dt'), { recursive: true });
    cpSync(join(TABLES, 'iceberg'), box.path('repo/data/ice'), { recursive: true });
    const tables = (path: string) =>
      box
        .json<{ tables: { name: string; rows: number }[] }>(['profile', path])
        .tables.filter(({ name }) => name !== '.files');
    for (const path of ['data/dt', 'data/ice']) {
      const { code, err } = box.varve(['add', path]);
      expect(code).toBe(0);
      expect(err).toContain(`${path} is a table`);
      expect(tables(path)).toHaveLength(1);
    }
    const inner = new Sandbox().repository();
    cpSync(join(TABLES, 'delta'), inner.path('repo/data/dt'), { recursive: true });
    expect(inner.varve(['add', 'data/dt/day=2']).err).toContain(
      'data/dt/day=2 is a part of the table data/dt',
    );
    inner.ok(['add', 'data/dt/_delta_log']);
    for (const made of [box, inner]) made.remove();
  });
});
