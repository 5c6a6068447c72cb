import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { writeParquet } from '../../support/parquet.ts';
import type { Sandbox } from '../../support/sandbox.ts';

/** Two versions: the rows of days 1 and 2, then those of 2 and 3. */
export async function twoVersions(box: Sandbox): Promise<void> {
  const day = (name: string) => box.path(`repo/trips/day=${name}/rows.parquet`);
  const rows = (from: number, to: number) =>
    `SELECT range AS id, 'trip ' || hash(range) AS text, TIMESTAMP '2026-01-02 10:00:00' AS "at all", {'a': range, 'b': [range]} AS who FROM range(${from}, ${to})`;
  await writeParquet({ [day('1')]: rows(0, 60_000), [day('2')]: rows(60_000, 120_003) });
  box.ok(['add', 'trips']);
  box.commit('one');
  rmSync(box.path('repo/trips/day=1'), { recursive: true });
  await writeParquet({ [day('3')]: rows(120_000, 180_000) });
  box.ok(['add', 'trips']);
  box.commit('two');
  box.ok(['push', '--all-commits']);
}

/** What a program of Python prints last, as JSON. */
export function ask(box: Sandbox, program: string, script: string, ...words: string[]): unknown {
  const { status, stdout, stderr } = spawnSync(program, ['-c', script, ...words], {
    env: { ...box.env, PYTHONWARNINGS: 'ignore' },
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr.slice(-4000));
  return JSON.parse(stdout.trimEnd().split('\n').at(-1)!);
}

/** From `from` up to `to`, which is not among them. */
export function sumOf(from: number, to: number): number {
  return ((from + to - 1) * (to - from)) / 2;
}

/** Two versions, of which the second has the file of day 1 as one of day 2, and its bytes as those of day 0 as well. */
export async function movedFile(box: Sandbox): Promise<void> {
  const rows = (day: string) => box.path(`repo/moved/day=${day}/rows.parquet`);
  const sql = (from: number) =>
    `SELECT range AS id, 'trip ' || hash(range) AS text FROM range(${from}, ${from + 60_000})`;
  await writeParquet({ [rows('1')]: sql(0), [rows('3')]: sql(60_000) });
  box.ok(['add', 'moved']);
  box.commit('before');
  mkdirSync(dirname(rows('2')), { recursive: true });
  renameSync(rows('1'), rows('2'));
  mkdirSync(dirname(rows('0')), { recursive: true });
  copyFileSync(rows('3'), rows('0'));
  box.ok(['add', 'moved']);
  box.commit('after');
  box.ok(['push', '--all-commits']);
}
