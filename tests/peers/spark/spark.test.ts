import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { literal } from '../../../src/engine/quote.ts';
import { Sandbox } from '../../support/sandbox.ts';
import { findSpark, SparkCluster } from './cluster.ts';

/** The tasks of a real Spark 4: what they give is to the byte what this machine gives, whatever becomes of them. */
const spark = findSpark();

describe.skipIf(spark === undefined)(
  'Spark (skipped where VARVE_SPARK_PYTHON names no Python that has pyspark)',
  () => {
    const sandbox = new Sandbox();
    let cluster: SparkCluster;
    let whole: string;

    beforeAll(async () => {
      Object.assign(sandbox.env, {
        SPARK_HOME: spark!.home,
        PYSPARK_PYTHON: spark!.python,
        SPARK_LOCAL_IP: '127.0.0.1',
        SPARK_CONF_DIR: sandbox.path('conf'),
      });
      sandbox.write(
        'conf/spark-defaults.conf',
        'spark.executor.memory 512m\nspark.speculation true\nspark.speculation.interval 100ms\nspark.ui.enabled false\n',
      );
      mkdirSync(sandbox.path('repo/logs/day=1'), { recursive: true });
      const database = await DuckDBInstance.create();
      const connection = await database.connect();
      for (const day of [1, 2, 3]) {
        mkdirSync(sandbox.path(`repo/logs/day=${day}`), { recursive: true });
        const path = join(sandbox.path(`repo/logs/day=${day}`), 'rows.parquet');
        const rows = `SELECT i AS id, hash(i * ${day}) % 5000 AS kind, 'row ' || hash(i) AS text FROM range(200000) t(i)`;
        await connection.run(`COPY (${rows}) TO ${literal(path)} (FORMAT parquet)`);
      }
      connection.closeSync();
      database.closeSync();
      sandbox.write('repo/logs/notes.txt', 'no table');
      sandbox.write('repo/bad/a.csv', `a,b\n${'1,2\n'.repeat(50_000)}1,2,3\n`);
      whole = sandbox.ok(['profile', 'logs', '--json']);
      cluster = await SparkCluster.start(spark!.home, 2, sandbox.root, sandbox.env);
    }, 120_000);

    afterAll(async () => {
      await cluster?.stop();
      sandbox.remove();
    });

    test('the threads of one machine give the bytes of the whole, and errors in the data by name', () => {
      const local = ['--engine', 'spark', '--master', 'local[2]'];
      expect(sandbox.ok(['profile', 'logs', ...local, '--parts', '3', '--json'])).toBe(whole);
      const slice = ['--slice', 'day=2', '--weight', 'kind'];
      const plain = sandbox.ok(['profile', 'logs', ...slice, '--json']);
      expect(sandbox.ok(['profile', 'logs', ...slice, ...local, '--parts', '2', '--json'])).toBe(plain);
      // What the data is to blame for is said as one machine says it, and no task tries it again.
      const failed = sandbox.json(['profile', 'bad', ...local, '--parts', '2'], 'repo', 2);
      expect(failed).toMatchObject({ error: { code: 'line-ragged' } });
      expect(failed).toEqual(sandbox.json(['profile', 'bad'], 'repo', 2));
    }, 240_000);

    test('a cluster on which nothing is installed gives them too, and loses an executor in the middle', async () => {
      const words = ['profile', 'logs', '--engine', 'spark', '--master', cluster.url, '--json'];
      const running = sandbox.later([...words, '--parts', '6']);
      process.kill(await cluster.busyExecutor(), 'SIGKILL');
      const { code, out, err } = await running;
      expect(code, err).toBe(0);
      expect(out).toBe(whole);
    }, 300_000);

    test('many parts are merged by tasks before the driver gets them', () => {
      for (let file = 0; file < 20; file++)
        sandbox.write(`repo/small/${file}.csv`, `id,kind\n${file},a\n${file * 7},b\n`);
      const local = ['--engine', 'spark', '--master', 'local[2]', '--parts', '20'];
      expect(sandbox.ok(['profile', 'small', ...local, '--json'])).toBe(
        sandbox.ok(['profile', 'small', '--json']),
      );
    }, 300_000);

    test('a schema and another version are held against what Spark found', () => {
      const engine = ['--engine', 'spark', '--master', 'local[2]', '--parts', '2'];
      sandbox.ok(['schema', 'infer', 'logs', '--output', 'logs.schema.yaml']);
      expect(sandbox.ok(['validate', 'logs', ...engine, '--json'])).toBe(
        sandbox.ok(['validate', 'logs', '--json']),
      );
    }, 240_000);
  },
);

test('without Spark, that is said', () => {
  const sandbox = new Sandbox();
  sandbox.write('repo/a.csv', 'a\n1\n');
  Object.assign(sandbox.env, { SPARK_HOME: sandbox.path('nowhere') });
  expect(sandbox.varve(['profile', 'a.csv', '--engine', 'spark'])).toMatchObject({
    code: 2,
    err: expect.stringContaining('no `spark-submit`'),
  });
  sandbox.remove();
});
