import { spawn } from 'node:child_process';
import { chmodSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { refused } from '../support/refused.ts';
import { Sandbox } from '../support/sandbox.ts';

let box: Sandbox;
beforeAll(() => {
  box = new Sandbox();
  box.repository();
  box.write('repo/d.csv', 'n\n1\n2\n');
});
afterAll(() => box.remove());

/** A `spark-submit` that ends so: what is asked here is what varve makes of it, and tests/peers/spark asks the real one. */
function sparkThat(script: string): void {
  box.write('spark/bin/spark-submit', `#!/bin/sh\n${script}\n`);
  chmodSync(box.path('spark/bin/spark-submit'), 0o755);
  box.env.SPARK_HOME = box.path('spark');
}

test('a cluster is named beside an engine of clusters, and is not passed over', () => {
  for (const command of ['profile', 'validate', 'drift'])
    for (const option of ['--master', '--parts']) {
      if (command === 'validate') box.varve(['schema', 'infer', 'd.csv']);
      const data = command === 'drift' ? ['d.csv', 'd.csv'] : ['d.csv'];
      const err = refused(box, [command, ...data, option, '3'], 'usage', '');
      expect(err).toContain(`Give --engine spark or --engine ray too, or leave ${option} out.`);
    }
  box.ok(['profile', 'd.csv', '--part', '1/1', '--output', 'part']);
  for (const words of [
    ['profile', '--merge', 'part', '--engine', 'local'],
    ['profile', 'd.csv', '--part', '1/1', '--output', 'other', '--engine', 'local'],
  ])
    expect(box.varve(words).err).toContain('cannot be used with option');
});

test('where an engine itself fails, the cluster that it was told to find is named', () => {
  sparkThat('echo "Could not parse Master URL: lokal" >&2; exit 1');
  const named = refused(
    box,
    ['profile', 'd.csv', '--engine', 'spark', '--master', 'lokal'],
    'cluster-failed',
    '',
  );
  expect(named).toContain('Could not parse Master URL: lokal');
  expect(named).toContain('look whether --master lokal is right');
  expect(refused(box, ['profile', 'd.csv', '--engine', 'spark'], 'cluster-failed', '')).toContain(
    'name its cluster by `--master`',
  );
});

test('whoever waits for a cluster is told what for, and in words of varve why there is none', () => {
  const failure = JSON.stringify({ message: 'connection timeout', isUnreached: true });
  box.write(
    'leave.cjs',
    `const { readFileSync, writeFileSync } = require('node:fs');
writeFileSync(JSON.parse(readFileSync(process.argv[2])).failure, ${JSON.stringify(failure)});`,
  );
  sparkThat(`sleep 2; shift $(($# - 1)); node ${box.path('leave.cjs')} "$1"; exit 1`);
  const words = ['profile', 'd.csv', '--engine', 'spark', '--master', 'spark://nowhere:7077'];
  const said = refused(box, words, 'cluster-failed', '');
  expect(said).toContain('Waiting for Spark at spark://nowhere:7077 to do the work. If nobody is there');
  expect(said).toContain('Spark at spark://nowhere:7077 could not be reached: connection timeout');
  expect(said).toContain('Nothing was begun. Look whether --master spark://nowhere:7077 is right');
});

test('what an engine says is shown without where in its own code it was', () => {
  sparkThat(`cat >&2 <<'END'
Traceback (most recent call last):
  File "/x/client.py", line 355, in connect
    ^^^^^^^^^^^^
ConnectionError: nobody there
26/11/29 10:55:44 INFO Utils: nothing
java.lang.Thread.run(Thread.java:840)
	... 4 more
END
exit 1`);
  const said = refused(box, ['profile', 'd.csv', '--engine', 'spark'], 'cluster-failed', '');
  expect(said).toContain('ConnectionError: nobody there');
  sparkThat('echo "ERROR Backend: killed. Reason: All masters are unresponsive! Giving up." >&2; exit 1');
  const words = ['profile', 'd.csv', '--engine', 'spark', '--master', 'spark://nowhere:7077'];
  expect(refused(box, words, 'cluster-failed', '')).toContain(
    'Spark at spark://nowhere:7077 could not be reached: All masters are unresponsive',
  );
  for (const noise of ['4 more', 'client.py', 'Traceback', '^^^', 'INFO', 'Thread.java'])
    expect(said).not.toContain(noise);
});

test('Ctrl-C ends the wait, and every process that the engine has started', async () => {
  const pids = ['inner', 'outer'].map((name) => box.path(name));
  sparkThat(`trap "" TERM; sleep 600 2> /dev/null & echo $! > ${pids[0]}; echo $$ > ${pids[1]}; wait`);
  const words = ['profile', 'd.csv', '--engine', 'spark', '--master', 'spark://nowhere:7077'];
  const bin = process.env.VARVE_TEST_BIN ?? 'bin/varve.js';
  const child = spawn(process.execPath, [bin, '-C', box.path('repo'), ...words], { env: box.env });
  await vi.waitFor(() => expect(readFileSync(pids[1]!, 'utf8')).toMatch(/\d/), 60_000);
  child.kill('SIGINT');
  expect(await new Promise((resolve) => child.on('close', resolve))).toBe(130);
  // One that is dead may wait there for whoever started it.
  const states = pids.map((file) =>
    box.run('ps', ['-o', 'stat=', '-p', readFileSync(file, 'utf8').trim()]).out.trim(),
  );
  expect(
    states.every((state) => state === '' || state.startsWith('Z')),
    String(states),
  ).toBe(true);
});
