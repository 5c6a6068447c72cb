import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import type { AddResult } from '../../../src/index.ts';
import { Sandbox } from '../../support/sandbox.ts';
import { program } from '../../support/server-process.ts';

/** A folder with the jars of Apache Flink 1.20: flink-clients, flink-connector-files, and what they need. */
const jars = process.env.VARVE_FLINK;
const javac = program('', 'javac');
const isHere = javac !== undefined && jars !== undefined && existsSync(jars);

describe.skipIf(!isHere)(
  'Apache Flink (skipped where VARVE_FLINK names no folder of its jars, or there is no javac)',
  () => {
    const box = new Sandbox().repository();
    afterAll(() => box.remove());

    test('what its sink finished is a version while it writes, without the files in progress', async () => {
      const classes = join(jars!, '*');
      execFileSync(javac!, ['-d', box.root, '-cp', classes, join(import.meta.dirname, 'Rides.java')]);
      const open = ['java.util', 'java.lang'].flatMap((name) => [
        '--add-opens',
        `java.base/${name}=ALL-UNNAMED`,
      ]);
      const words = ['-Xmx400m', ...open, '-cp', [box.root, classes].join(delimiter), 'Rides'];
      const folder = box.path('repo/data/rides');
      const job = spawn('java', [...words, `file://${folder}`], { stdio: 'ignore' });
      const ended = once(job, 'close');
      const named = (pattern: RegExp) =>
        existsSync(folder) ? readdirSync(folder).filter((name) => pattern.test(name)) : [];
      box.write('repo/.varveignore', '.*\n');
      try {
        while (
          job.exitCode === null &&
          !(named(/^part-/).length > 0 && named(/^\.part-.*inprogress/).length > 0)
        )
          await sleep(50);
        const [first] = box.json<AddResult>(['add', 'data/rides']).datasets;
        expect(first!.rows).toBeGreaterThan(0);
        expect(first!.rows).toBeLessThan(1000);
        expect(box.ok(['ls', 'data/rides'])).not.toContain('inprogress');
        await ended;
        expect(named(/^\./)).toEqual([]);
        expect(box.json<AddResult>(['add', 'data/rides']).datasets).toMatchObject([{ rows: 1000 }]);
      } finally {
        job.kill('SIGKILL');
      }
    });
  },
);
