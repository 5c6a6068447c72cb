import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { AddResult } from '../../../src/index.ts';
import { Sandbox } from '../../support/sandbox.ts';
import { describeWithWeb } from '../../support/web-server.ts';
import { findSpark } from '../spark/cluster.ts';
import { filesBelow, rowsOf } from './rows.ts';
import { DELTA_SESSION, ICEBERG_SESSION, jarsIn, SPARK_BUILDER } from './spark-sessions.ts';
import { ask } from './trips.ts';

const spark = findSpark();
const { VARVE_DELTA_JARS: delta, VARVE_ICEBERG_JARS: iceberg, VARVE_TABLES_PYTHON: python } = process.env;
const hasDeltaRs = python !== undefined && spawnSync(python, ['-c', 'import deltalake']).status === 0;

/** A session of Spark, and rows of which each column says its row by `id`. Names the tables, and writes each once more as one file of Parquet. */
const START = `${SPARK_BUILDER}
names = []
def rows(first, count):
    return f"""SELECT id, CASE id % 7 WHEN 0 THEN NULL WHEN 1 THEN 'eu' WHEN 2 THEN 'a b/c=d' WHEN 3 THEN '東京 é*' WHEN 4 THEN '7' WHEN 5 THEN 'x+y~%20' ELSE '..' END AS region,
      CASE WHEN id % 5 > 0 THEN CAST(id % 3 - 1 AS INT) END AS size, CASE WHEN id % 4 > 0 THEN date_add(DATE '2024-02-27', CAST(id % 3 AS INT)) END AS day,
      TIMESTAMP '2024-01-30 22:00:00' + make_interval(0, 0, 0, 0, CAST(7 * id AS INT)) AS at FROM range({first}, {first + count})"""
def finish(name, table):
    spark.table(table).coalesce(1).write.parquet(f"{truth}/{name}")
    names.append(name)
`;

const DELTA = `${START}${DELTA_SESSION}
for name, columns in [("region", "region"), ("days", "day, size"), ("plain", "")]:
    parted = f"PARTITIONED BY ({columns})" if columns else ""
    table = f"delta.\`{folder}/{name}\`"
    spark.sql(f"CREATE TABLE {table} USING delta {parted} TBLPROPERTIES ('delta.enableDeletionVectors'='false') AS {rows(0, 20)}")
    spark.sql(f"ALTER TABLE {table} ADD COLUMNS (more DOUBLE)")
    spark.sql(f"INSERT INTO {table} SELECT *, id / 4D FROM ({rows(20, 20)})")
    spark.sql(f"DELETE FROM {table} WHERE id = 3")
    finish(name, table)
print(json.dumps(names))
`;

const ICEBERG = `${START}${ICEBERG_SESSION}
def change(name, first, *steps):
    table = f"made.db.{name}"
    spark.sql(f"CREATE TABLE {table} USING iceberg {first} AS {rows(0, 20)}")
    at = 20
    for step in steps:
        spark.sql(f"ALTER TABLE {table} {step}")
        more = ", id / 4D" if "more" in spark.table(table).columns else ""
        spark.sql(f"INSERT INTO {table} SELECT *{more} FROM ({rows(at, 20)})")
        at += 20
    finish(name, table)
change("identity", "PARTITIONED BY (region)")
change("transforms", "PARTITIONED BY (days(at), bucket(3, id))", "ADD PARTITION FIELD truncate(1, region)")
change("evolved", "", "ADD PARTITION FIELD region", "ADD COLUMNS (more DOUBLE)", "DROP PARTITION FIELD region", "ADD PARTITION FIELD hours(at)")
change("dates", "PARTITIONED BY (day, size)", "REPLACE PARTITION FIELD day WITH months(day)")
change("moments", "PARTITIONED BY (at)")
# Files of Hive that lack the column by which they are parted, and later ones that have it.
spark.sql(f"{rows(0, 21)}").write.partitionBy("region").parquet(f"{folder}/db/hive/old")
spark.sql("CREATE TABLE made.db.hive (id BIGINT, size INT, day DATE, at TIMESTAMP, region STRING) USING iceberg PARTITIONED BY (region)")
spark.sql(f"CALL made.system.add_files(table => 'db.hive', source_table => '\`parquet\`.\`{folder}/db/hive/old\`')")
spark.sql(f"INSERT INTO made.db.hive SELECT id, size, day, at, region FROM ({rows(21, 20)})")
finish("hive", "made.db.hive")
print(json.dumps(names))
`;

const DELTA_RS = `
import datetime, json, sys
import pyarrow as pa, pyarrow.parquet as pq
from pathlib import Path
from deltalake import DeltaTable, write_deltalake
folder, truth = sys.argv[1:]
def rows(first, count):
    ids = range(first, first + count)
    return pa.table({
        "id": pa.array(ids, pa.int64()),
        "region": pa.array([[None, "eu", "a b/c=d", "東京 é*", "7", "x+y~%20", ".."][i % 7] for i in ids], pa.string()),
        "size": pa.array([i % 3 - 1 if i % 5 else None for i in ids], pa.int32()),
        "day": pa.array([datetime.date(2024, 2, 27 + i % 3) if i % 4 else None for i in ids], pa.date32()),
    })
for name, by in [("region", ["region"]), ("days", ["day", "size"])]:
    write_deltalake(f"{folder}/{name}", rows(0, 20), partition_by=by)
    write_deltalake(f"{folder}/{name}", rows(20, 20).append_column("more", pa.array([i / 4 for i in range(20)])), partition_by=by, mode="append", schema_mode="merge")
    Path(truth, name).mkdir()
    pq.write_table(pa.table(DeltaTable(f"{folder}/{name}").to_pyarrow_table()), f"{truth}/{name}/all.parquet")
print(json.dumps(["region", "days"]))
`;

/** What Spark shows of folders that it is told nothing about, as text, beside what it shows of another that has the same rows. */
const READ = `
import json, sys
from pyspark.sql import SparkSession
spark = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").config("spark.sql.session.timeZone", "UTC").getOrCreate()
answers = []
for one, other in json.loads(sys.argv[1]):
    shown = []
    for path in [one, other]:
        rows = spark.read.option("mergeSchema", "true").parquet(path)
        columns = sorted(rows.columns)
        shown.append([columns, sorted([[None if v is None else str(v) for v in row] for row in rows.selectExpr(*[f"CAST(\`{c}\` AS STRING)" for c in columns]).collect()], key=str)])
    answers.append(shown)
print(json.dumps(answers))
`;

describeWithWeb('partitioned tables in place', (server) => {
  const skipped =
    'skipped where VARVE_SPARK_PYTHON, VARVE_DELTA_JARS and VARVE_ICEBERG_JARS do not name them';

  test.skipIf(spark === undefined || delta === undefined)(
    `of Delta Lake are shown row for row as Spark shows them (${skipped})`,
    () => compared(spark!.python, DELTA, jarsIn(delta!)),
    600_000,
  );

  test.skipIf(spark === undefined || iceberg === undefined)(
    `of Iceberg are shown row for row as Spark shows them (${skipped})`,
    () => compared(spark!.python, ICEBERG, jarsIn(iceberg!), 'db/'),
    600_000,
  );

  test.skipIf(!hasDeltaRs)(
    'are shown row for row as delta-rs shows them (skipped where VARVE_TABLES_PYTHON names no Python with `deltalake`)',
    () => compared(python!, DELTA_RS),
    600_000,
  );

  /** Hold what varve shows of tables, and what Spark reads from their checkouts, against what their writer reads. */
  async function compared(program: string, script: string, jars?: string, below = ''): Promise<void> {
    const box = new Sandbox().repository();
    Object.assign(box.env, { SPARK_LOCAL_IP: '127.0.0.1', TZ: 'UTC' });
    const truth = box.path('truth');
    mkdirSync(truth);
    const made = join(server.root, `${program === python ? 'rs' : below || 'delta'}`);
    mkdirSync(made, { recursive: true });
    const words = jars === undefined ? [] : [jars];
    const names = ask(box, program, script, made, truth, ...words) as string[];
    expect(names.length).toBeGreaterThan(1);
    for (const name of names) {
      const url = `${server.url}${made.slice(server.root.length)}/${below}${name}`
        .replaceAll('//', '/')
        .replace(':/', '://');
      const [added] = box.json<AddResult>([
        'add',
        url,
        '--to',
        `data/${name}`,
        '--statistics',
        'table',
      ]).datasets;
      box.ok(['pull', `data/${name}`]);
      const here = box.path(`repo/data/${name}`);
      const [whole, ...others] = await rowsOf(join(truth, name), filesBelow(join(truth, name)));
      expect(others).toEqual([]);
      const shown = await rowsOf(here, filesBelow(here));
      expect(shown, `${name}: ${readFileSync(`${here}.varve`, 'utf8')}`).toEqual([whole]);
      expect(added!.rows, name).toBe(whole!.rows.length);
    }
    if (spark === undefined) return box.remove();
    // Of folders that are no columns, Spark reads the one that it is told.
    const folders = names.map((name) => box.path(`repo/data/${name}`));
    const pairs = folders.map((folder, at) => [
      existsSync(join(folder, 'data')) ? join(folder, 'data') : folder,
      join(truth, names[at]!),
    ]);
    const answers = ask(box, spark.python, READ, JSON.stringify(pairs)) as [unknown, unknown][];
    for (const [at, [mine, theirs]] of answers.entries()) expect(mine, names[at]).toEqual(theirs);
    box.remove();
  }
});
