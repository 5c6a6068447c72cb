import { type ChildProcess, spawn } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeParquet } from '../../support/parquet.ts';
import { commandOf, descendants } from '../../support/processes.ts';
import { Sandbox } from '../../support/sandbox.ts';
import { findRay, rayAlone } from './ray.ts';

/** The tasks of a real Ray: what they give is to the byte what this machine gives, whatever becomes of them. */
const python = findRay();

describe.skipIf(python === undefined)(
  'Ray (skipped where VARVE_RAY_PYTHON names no Python that has ray)',
  () => {
    const box = new Sandbox();
    let whole: string;

    beforeAll(async () => {
      box.env.PATH = `${dirname(python!)}:${box.env.PATH}`;
      Object.assign(box.env, rayAlone());
      const day = (name: string) => box.path(`repo/logs/day=${name}/rows.parquet`);
      const rows = (seed: number) =>
        `SELECT range AS id, hash(range * ${seed}) % 5000 AS kind, 'row ' || hash(range) AS text FROM range(200000)`;
      await writeParquet({ [day('1')]: rows(1), [day('2')]: rows(2), [day('3')]: rows(3) });
      box.write('repo/logs/notes.txt', 'no table');
      box.write('repo/bad/a.csv', `a,b\n${'1,2\n'.repeat(50_000)}1,2,3\n`);
      whole = box.ok(['profile', 'logs', '--json']);
    }, 120_000);
    afterAll(() => box.remove());

    test('a Ray of this machine gives the bytes of the whole, and errors in the data by name', () => {
      const local = ['--engine', 'ray', '--master', 'local'];
      const slice = ['--slice', 'day=2', '--weight', 'kind'];
      const plain = box.ok(['profile', 'logs', ...slice, '--json']);
      expect(box.ok(['profile', 'logs', ...slice, ...local, '--parts', '2', '--json'])).toBe(plain);
      // What the data is to blame for is said as one machine says it, and no task tries it again.
      const failed = box.json(['profile', 'bad', ...local, '--parts', '2'], 'repo', 2);
      expect(failed).toMatchObject({ error: { code: 'line-ragged' } });
      expect(failed).toEqual(box.json(['profile', 'bad'], 'repo', 2));
    }, 240_000);

    test('many parts are merged by tasks before the driver gets them', () => {
      for (let file = 0; file < 20; file++)
        box.write(`repo/small/${file}.csv`, `id,kind\n${file},a\n${file * 7},b\n`);
      const local = ['--engine', 'ray', '--master', 'local', '--parts', '20'];
      expect(box.ok(['profile', 'small', ...local, '--json'])).toBe(box.ok(['profile', 'small', '--json']));
    }, 300_000);

    test('a cluster on which nothing is installed gives them too, and loses a worker in the middle', async () => {
      const port = 20_000 + (process.pid % 20_000);
      const head = spawn(
        python!,
        [
          '-m',
          'ray.scripts.scripts',
          'start',
          '--head',
          '--block',
          `--port=${port}`,
          '--num-cpus=2',
          '--include-dashboard=false',
          '--object-store-memory=700000000',
        ],
        { env: box.env, stdio: 'ignore' },
      );
      try {
        await answered(box, port, head);
        const running = box.later([
          'profile',
          'logs',
          '--engine',
          'ray',
          '--master',
          `127.0.0.1:${port}`,
          '--parts',
          '6',
          '--json',
        ]);
        const worker = await Promise.race([busyWorker(head), running]);
        if (typeof worker === 'number') process.kill(worker, 'SIGKILL');
        expect(worker).toBeTypeOf('number');
        const { code, out, err } = await running;
        expect(code, err).toBe(0);
        expect(out).toBe(whole);
      } finally {
        head.kill('SIGTERM');
        await new Promise((resolve) => head.once('close', resolve));
      }
    }, 300_000);
  },
);

test('without Ray, that is said', () => {
  const box = new Sandbox();
  box.write('repo/a.csv', 'a\n1\n');
  box.write('bin/python3', '');
  box.env.PATH = box.path('bin');
  symlinkSync(process.execPath, box.path('bin/node'));
  expect(box.varve(['profile', 'a.csv', '--engine', 'ray'])).toMatchObject({
    code: 2,
    err: expect.stringContaining('The Python on PATH has no Ray'),
  });
  box.remove();
});

/** Waits until a cluster takes work. */
async function answered(box: Sandbox, port: number, head: ChildProcess): Promise<void> {
  while (head.exitCode === null) {
    const asked = box.run(
      python!,
      ['-m', 'ray.scripts.scripts', 'status', `--address=127.0.0.1:${port}`],
      '.',
    );
    if (asked.code === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** The worker of a cluster that runs a part, once there is one. */
async function busyWorker(head: ChildProcess): Promise<number | undefined> {
  while (head.exitCode === null) {
    const found = descendants(head.pid!).find(
      (pid) =>
        descendants(pid).some((one) => commandOf(one).includes('--part')) &&
        commandOf(pid).startsWith('ray::'),
    );
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return undefined;
}
