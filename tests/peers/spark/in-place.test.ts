import { mkdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, test } from 'vitest';
import { describeWithMinio } from '../../support/minio.ts';
import { Sandbox } from '../../support/sandbox.ts';
import { TablesInBucket } from '../../support/tables-in-bucket.ts';
import { findSpark, SparkCluster } from './cluster.ts';

/** Data in a bucket, read by the tasks of a real Spark 4 whose workers share a folder with this machine, and no home. */
const spark = findSpark();

describe.skipIf(spark === undefined)(
  'Spark and data in place (skipped where VARVE_SPARK_PYTHON names no Python that has pyspark)',
  () => {
    describeWithMinio('tasks of Spark', (server) => {
      const sandbox = new Sandbox().repository();
      const data = new TablesInBucket(server, sandbox);
      let cluster: SparkCluster;

      beforeAll(async () => {
        Object.assign(sandbox.env, server.env, {
          SPARK_HOME: spark!.home,
          PYSPARK_PYTHON: spark!.python,
          SPARK_LOCAL_IP: '127.0.0.1',
          SPARK_CONF_DIR: sandbox.path('conf'),
        });
        sandbox.write(
          'conf/spark-defaults.conf',
          `spark.executor.memory 512m\nspark.ui.enabled false\nspark.executorEnv.HOME ${sandbox.path('elsewhere')}\n`,
        );
        mkdirSync(sandbox.path('elsewhere'));
        await data.fill();
        cluster = await SparkCluster.start(spark!.home, 2, sandbox.root, sandbox.env);
      }, 240_000);

      afterAll(async () => {
        await cluster?.stop();
        sandbox.remove();
      });

      test('give it its statistics, and keep nothing of it', () => {
        data.addedBy(['--engine', 'spark', '--master', cluster.url, '--parts', '3']);
      }, 600_000);

      test('hold it against a schema and another version', () => {
        data.heldAgainst(['--engine', 'spark', '--master', cluster.url, '--parts', '2']);
      }, 600_000);
    });
  },
);
