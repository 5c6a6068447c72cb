import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { processOwner } from '../../src/base/files/process-owner.ts';
import { Sandbox } from '../support/sandbox.ts';

let box: Sandbox;
beforeEach(() => {
  box = new Sandbox().repository();
});
afterEach(() => box.remove());

const [place, , start] = processOwner().split('-') as [string, string, string];
const nameOf = (pid: number) => `.varve-${place}-${pid}-${start}-${'0'.repeat(16)}.tmp`;
const dead = () => spawnSync(process.execPath, ['-e', '']).pid;
const DAYS_AGO = Date.now() / 1000 - 48 * 3600;

test('what a killed checkout left is no data, is named by status and is gone after the next checkout', () => {
  box.write('repo/data/deep/x.csv', 'a\n1\n');
  box.write('repo/one.csv', 'a\n1\n');
  box.ok(['add', 'data', 'one.csv']);
  const left = [`data/deep/${nameOf(dead())}`, `data/${nameOf(dead())}`, nameOf(dead())];
  const earlier = `data/.varve-${'ab'.repeat(12)}`;
  const stay = [`data/${nameOf(process.pid)}`, `data/.varve-${'cd'.repeat(12)}`];
  for (const path of [...left, earlier, ...stay]) box.write(`repo/${path}`, 'half');
  utimesSync(box.path('repo', earlier), DAYS_AGO, DAYS_AGO);
  const { datasets, unfinished } = box.json<{ datasets: { state: string }[]; unfinished: string[] }>([
    'status',
  ]);
  expect(datasets.map(({ state }) => state)).toEqual(['unchanged', 'unchanged']);
  expect(unfinished).toEqual([...left, earlier].sort());
  for (const path of unfinished) expect(box.ok(['status'])).toContain(path);
  expect(box.json<{ datasets: { files: number; change: string }[] }>(['add', 'data']).datasets).toMatchObject(
    [{ files: 1, change: 'unchanged' }],
  );
  // What status says.
  box.ok(['checkout']);
  for (const path of unfinished) expect(existsSync(box.path('repo', path))).toBe(false);
  for (const path of stay) expect(existsSync(box.path('repo', path))).toBe(true);
  expect(box.json(['status'])).not.toHaveProperty('unfinished');
});

test('a checkout that is killed at any time leaves nothing that the next one does not clear away', async () => {
  for (let file = 0; file < 300; file++) box.write(`repo/data/${file}.bin`, Buffer.alloc(20_000, `${file}`));
  box.ok(['add', 'data']);
  const unfinished = () =>
    readdirSync(box.path('repo'), { recursive: true, encoding: 'utf8' }).filter((path) =>
      /\.varve-[^/]*$/.test(path),
    );
  for (const after of [150, 250, 300, 350, 400]) {
    rmSync(box.path('repo/data'), { recursive: true, force: true });
    await box.killed(['checkout'], after);
    box.ok(['checkout', '--force']);
    expect(unfinished()).toEqual([]);
    expect(readdirSync(box.path('repo/data'))).toHaveLength(300);
  }
});

test('the names of unfinished files cannot be used to write through a link', () => {
  box.write('victim', 'mine');
  box.write('repo/data/x.csv', 'a\n1\n');
  // As a commit may bring them, for every number that a process can have.
  for (let pid = 1; pid < 3000; pid++)
    symlinkSync(box.path('victim'), box.path(`repo/data/.varve-${pid}.tmp`));
  for (let pid = 1; pid < 3000; pid++) symlinkSync(box.path('victim'), box.path(`repo/.varve-${pid}.tmp`));
  const ran = spawnSync(
    'sh',
    [
      '-c',
      `ln -s "${box.path('victim')}" "data/.varve-$$.tmp"; exec "${process.execPath}" "$0" add data/x.csv`,
      process.env.VARVE_TEST_BIN ?? `${import.meta.dirname}/../../bin/varve.js`,
    ],
    { cwd: box.path('repo'), env: box.env, encoding: 'utf8' },
  );
  expect(ran.status, ran.stderr).toBe(0);
  expect(box.run('cat', ['victim'], '.').out).toBe('mine');
});

test('folders of engines that were killed are removed by the next engine of the same user', () => {
  const temporary = box.path('temporary');
  mkdirSync(temporary);
  box.env.TMPDIR = temporary;
  const gone = `varve-engine-${place}-${dead()}-${start}-AbCdEf`;
  const living = `varve-engine-${processOwner()}-AbCdEf`;
  for (const name of [gone, living]) mkdirSync(`${temporary}/${name}`);
  writeFileSync(`${temporary}/${gone}/spilled`, 'x');
  box.write('repo/x.csv', 'a\n1\n');
  box.ok(['profile', 'x.csv']);
  expect(readdirSync(temporary)).toEqual([living]);
});
