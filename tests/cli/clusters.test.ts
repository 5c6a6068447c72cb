import { chmodSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
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
