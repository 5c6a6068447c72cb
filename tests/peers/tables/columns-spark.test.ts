import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { AddResult } from '../../../src/index.ts';
import { filesInPlace } from '../../../src/operations/datasets/files.ts';
import { nameDataset } from '../../../src/operations/datasets/resolve.ts';
import type { DataFile } from '../../../src/profile/dataset/profile-files.ts';
import { Sandbox } from '../../support/sandbox.ts';
import { describeWithWeb } from '../../support/web-server.ts';
import { findSpark } from '../spark/cluster.ts';
import { filesBelow, rowsOf, rowsOfFiles } from './rows.ts';
import { DELTA_SESSION, ICEBERG_SESSION, jarsIn, SPARK_BUILDER } from './spark-sessions.ts';
import { ask } from './trips.ts';

const spark = findSpark();
const { VARVE_DELTA_JARS: delta, VARVE_ICEBERG_JARS: iceberg, VARVE_TABLES_PYTHON: python } = process.env;
const hasPyIceberg = python !== undefined && spawnSync(python, ['-c', 'import pyiceberg']).status === 0;

/** Changes the columns of tables as time goes on, and writes what Spark shows of each once more as one file of Parquet. Prints their names. */
const START = `${SPARK_BUILDER}
rows = lambda first: f"SELECT id, id / 4D AS fare, concat('n', id) AS note, CASE WHEN id % 3 > 0 THEN concat('r', id % 3) END AS region, TIMESTAMP '2024-01-30 22:00:00' + make_interval(0, 0, 0, CAST(id AS INT)) AS at FROM range({first}, {first + 20})"
more = lambda first, columns: f"SELECT {columns} FROM ({rows(first)})"
def change(name, table, create, steps):
    spark.sql(create)
    for at, step in enumerate(steps):
        spark.sql(step if step.startswith("INSERT") else f"ALTER TABLE {table} {step}")
    spark.table(table).coalesce(1).write.parquet(f"{truth}/{name}")
    return name
`;

const STEPS = `
def steps(table):
    return {
        "dropped": ["DROP COLUMN note", f"INSERT INTO {table} {more(20, 'id, fare, region, at')}"],
        "renamed": ["RENAME COLUMN fare TO price", f"INSERT INTO {table} {rows(20)}", "RENAME COLUMN id TO number"],
        "reused": ["DROP COLUMN note", "ADD COLUMNS (note DOUBLE)", f"INSERT INTO {table} {more(20, 'id, fare, region, at, id / 8D')}"],
        "swapped": ["RENAME COLUMN fare TO x", "RENAME COLUMN id TO fare", "RENAME COLUMN x TO id", f"INSERT INTO {table} {more(20, 'id, fare, note, region, at')}"],
        "parted": ["RENAME COLUMN region TO area", f"INSERT INTO {table} {rows(20)}", "DROP COLUMN note"],
        "later": ["DROP COLUMN note", "ADD COLUMNS (tip DECIMAL(9,2), seen TIMESTAMP)"],
    }
`;

const DELTA = `${START}${STEPS}${DELTA_SESSION}
names = []
for mode in ["upgraded", "name", "id"]:
    for step in steps(""):
        name = f"{mode}_{step}"
        table = f"delta.\`{folder}/{name}\`"
        upgrade = "'delta.columnMapping.mode'='%s', 'delta.minReaderVersion'='2', 'delta.minWriterVersion'='5'"
        first = ["SET TBLPROPERTIES (" + upgrade % "name" + ")"] if mode == "upgraded" else []
        mapped = "" if mode == "upgraded" else ", " + upgrade % mode
        parted = "PARTITIONED BY (region)" if step == "parted" else ""
        # A column that parts the table is the last one.
        create = f"CREATE TABLE {table} USING delta {parted} TBLPROPERTIES ('delta.enableDeletionVectors'='false'{mapped}) AS {rows(0)}"
        names.append(change(name, table, create, first + steps(table)[step]))
print(json.dumps(names))
`;

const ICEBERG = `${START}${STEPS}${ICEBERG_SESSION}
names = []
for step in steps(""):
    table = f"made.db.{step}"
    parted = "PARTITIONED BY (region)" if step == "parted" else ""
    names.append(change(step, table, f"CREATE TABLE {table} USING iceberg {parted} AS {rows(0)}", steps(table)[step]))
spark.sql(f"CREATE TABLE made.db.odd USING iceberg AS SELECT id, fare AS \`trip fare\`, note AS \`1st\` FROM ({rows(0)})")
names.append(change("odd_names", "made.db.odd", "SELECT 1", []))
print(json.dumps(names[:-1] + ["odd"]))
import shutil; shutil.move(f"{truth}/odd_names", f"{truth}/odd")
`;

const PYICEBERG = `
import json, sys
from pathlib import Path
import pyarrow as pa, pyarrow.parquet as pq
from pyiceberg.catalog.sql import SqlCatalog
folder, truth = sys.argv[1:]
catalog = SqlCatalog("made", uri=f"sqlite:///{truth}/catalog.db", warehouse="file://" + folder)
catalog.create_namespace("db")
def rows(first, *names):
    ids = range(first, first + 20)
    table = pa.table({"id": pa.array(ids, pa.int64()), "fare": [i / 4 for i in ids], "note": [f"n{i}" for i in ids]})
    return table.rename_columns(list(names)) if names else table
made = []
for name in ["dropped", "renamed", "imported"]:
    table = catalog.create_table(f"db.{name}", rows(0).schema, location=f"file://{folder}/{name}")
    if name == "imported":
        pq.write_table(rows(0), f"{folder}/{name}/old.parquet")
        table.add_files([f"file://{folder}/{name}/old.parquet"])
    else:
        table.append(rows(0))
    with table.update_schema() as update:
        if name == "dropped":
            update.delete_column("note")
        else:
            update.rename_column("fare", "price")
    table.append(rows(20).drop_columns("note") if name == "dropped" else rows(20, "id", "price", "note"))
    Path(truth, name).mkdir()
    pq.write_table(table.scan().to_arrow(), f"{truth}/{name}/all.parquet")
    made.append(name)
print(json.dumps(made))
`;

describeWithWeb('tables in place of which columns were renamed and dropped', (server) => {
  const skipped =
    'skipped where VARVE_SPARK_PYTHON, VARVE_DELTA_JARS and VARVE_ICEBERG_JARS do not name them';

  test.skipIf(spark === undefined || delta === undefined)(
    `of Delta Lake are shown row for row as Spark shows them (${skipped})`,
    () => compared('delta', spark!.python, DELTA, jarsIn(delta!)),
    600_000,
  );

  test.skipIf(spark === undefined || iceberg === undefined)(
    `of Iceberg are shown row for row as Spark shows them (${skipped})`,
    () => compared('db', spark!.python, ICEBERG, jarsIn(iceberg!)),
    600_000,
  );

  test.skipIf(!hasPyIceberg)(
    'are shown row for row as pyiceberg shows them (skipped where VARVE_TABLES_PYTHON names no Python with `pyiceberg`)',
    () => compared('py', python!, PYICEBERG),
    600_000,
  );

  /** Hold what varve shows of tables against what their writer reads, and a profile in parts against the whole. */
  async function compared(kind: string, program: string, script: string, jars?: string): Promise<void> {
    const box = new Sandbox().repository();
    Object.assign(box.env, { SPARK_LOCAL_IP: '127.0.0.1', TZ: 'UTC' });
    const truth = box.path('truth');
    mkdirSync(truth);
    const made = join(server.root, kind);
    mkdirSync(made, { recursive: true });
    const folder = kind === 'db' ? server.root : made;
    const names = ask(box, program, script, folder, truth, ...(jars === undefined ? [] : [jars])) as string[];
    expect(names.length).toBeGreaterThan(2);
    for (const name of names) {
      const path = `data/${name}`;
      const words = ['add', `${server.url}/${kind}/${name}`, '--to', path, '--statistics', 'table'];
      const [added] = box.json<AddResult>(words).datasets;
      box.ok(['pull', path]);
      const [whole] = await rowsOf(join(truth, name), filesBelow(join(truth, name)));
      const { files } = await filesInPlace(await nameDataset(box.path('repo'), path));
      expect(await rowsOfFiles(files as DataFile[]), name).toEqual([whole]);
      expect(added!.rows, name).toBe(whole!.rows.length);
      for (const part of ['1', '2'])
        box.ok(['profile', path, '--part', `${part}/2`, '--output', box.path(`${part}.part`)]);
      const merged = ['profile', '--merge', box.path('1.part'), box.path('2.part')];
      expect(box.json<{ tables: unknown }>(merged).tables, name).toEqual(
        box.json<{ tables: unknown }>(['profile', path]).tables,
      );
    }
    if (jars !== undefined) {
      Object.assign(box.env, { SPARK_HOME: spark!.home, PYSPARK_PYTHON: spark!.python });
      const words = ['add', `${server.url}/${kind}/${names[0]}`, '--to', 'by-spark', '--engine', 'spark'];
      box.ok([...words, '--master', 'local[1]']);
      expect(box.ok(['profile', 'by-spark', '--json'])).toBe(
        box.ok(['profile', `data/${names[0]}`, '--json']).replaceAll(`data/${names[0]}`, 'by-spark'),
      );
    }
    box.remove();
  }
});
