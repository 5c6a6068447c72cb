import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { AddResult } from '../../../src/index.ts';
import { refused } from '../../support/refused.ts';
import { Sandbox } from '../../support/sandbox.ts';
import { describeWithWeb } from '../../support/web-server.ts';
import { findSpark } from '../spark/cluster.ts';
import { ask } from './trips.ts';

const spark = findSpark();
const jars = process.env.VARVE_DELTA_JARS;

/** Versions 0 to 6, with a checkpoint after 2 and 4 commits; 6 deletes rows by a deletion vector. Prints rows and files of each. */
const WRITE = `
import json, sys
from pyspark.sql import SparkSession
path, jars = sys.argv[1:]
builder = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").config("spark.jars", jars)
builder = builder.config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension").config("spark.sql.shuffle.partitions", "1")
builder = builder.config("spark.databricks.delta.snapshotPartitions", "1")
spark = builder.config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog").getOrCreate()
days = "CASE WHEN id % 3 = 0 THEN NULL ELSE concat('at ', id % 3, ':00') END AS day"
spark.sql(f"CREATE TABLE delta.\`{path}\` USING delta PARTITIONED BY (day) TBLPROPERTIES ('delta.checkpointInterval'='2', 'delta.enableDeletionVectors'='false') AS SELECT id, {days} FROM range(30)")
spark.sql(f"INSERT INTO delta.\`{path}\` SELECT id, {days} FROM range(30, 60)")
spark.sql(f"DELETE FROM delta.\`{path}\` WHERE day IS NULL")
spark.sql(f"DELETE FROM delta.\`{path}\` WHERE id = 1")
spark.sql(f"OPTIMIZE delta.\`{path}\`")
spark.sql(f"ALTER TABLE delta.\`{path}\` SET TBLPROPERTIES ('delta.enableDeletionVectors'='true')")
spark.sql(f"DELETE FROM delta.\`{path}\` WHERE id = 2")
answers = []
for version in range(7):
    rows = spark.read.format("delta").option("versionAsOf", version).load(path)
    answers.append([rows.count(), len(rows.inputFiles())])
print(json.dumps(answers))
`;

describeWithWeb('a table that Spark with delta-spark wrote', (server) => {
  test.skipIf(spark === undefined || jars === undefined)(
    'is added in each version as Spark reads it, and refused with deletion vectors (skipped where VARVE_SPARK_PYTHON and VARVE_DELTA_JARS do not name them)',
    () => {
      const box = new Sandbox().repository();
      Object.assign(box.env, { SPARK_LOCAL_IP: '127.0.0.1' });
      const all = readdirSync(jars!).map((name) => join(jars!, name));
      const written = ask(box, spark!.python, WRITE, join(server.root, 'trips'), all.join(','));
      const found: [rows: number, files: number][] = [];
      for (let version = 0; version < 6; version++) {
        const words = ['add', `${server.url}/trips`, '--at', String(version), '--to', 'trips'];
        const { files } = box.json<AddResult>(words).datasets[0]!;
        box.ok(['pull', 'trips']);
        const { tables } = box.json<{ tables: { rows: number }[] }>(['profile', 'trips']);
        found.push([tables[0]!.rows, files]);
      }
      expect([...found, [38, expect.any(Number)]]).toEqual(written);
      // Its statistics by the tasks of Spark are those that this machine makes, and travel with the version.
      const here = box.ok(['profile', 'trips', '--json']);
      Object.assign(box.env, { SPARK_HOME: spark!.home, PYSPARK_PYTHON: spark!.python });
      const words = [
        'add',
        `${server.url}/trips`,
        '--at',
        '5',
        '--to',
        'read',
        '--engine',
        'spark',
        '--master',
        'local[1]',
      ];
      expect(box.json<AddResult>(words).datasets).toMatchObject([{ rows: 39, profile: expect.any(String) }]);
      expect(box.ok(['profile', 'read', '--json'])).toBe(here);
      const newest = ['add', `${server.url}/trips`, '--to', 'trips'];
      refused(box, newest, 'table-feature-unsupported', 'deletion vector');
      box.remove();
    },
    480_000,
  );
});
