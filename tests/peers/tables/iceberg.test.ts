import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Sandbox } from '../../support/sandbox.ts';
import { findSpark } from '../spark/cluster.ts';
import { ask, sumOf, twoVersions } from './trips.ts';

/** Engines are the judges: each reads the table that an export wrote, in each of its snapshots. */
const python = process.env.VARVE_TABLES_PYTHON;
const isHere = python !== undefined && existsSync(python);

const PYICEBERG = `
import json, sys, polars
from pyiceberg.table import StaticTable
table = StaticTable.from_metadata(sys.argv[1] + "/metadata/v2.metadata.json")
answers = []
for snapshot in table.snapshots():
    frame = polars.from_arrow(table.scan(snapshot_id=snapshot.snapshot_id, selected_fields=("id", "day", "who")).to_arrow())
    answers.append([*frame.select(polars.len(), polars.col("id").sum(), polars.col("who").struct.field("a").sum(), polars.col("day").max()).row(0), snapshot.summary["varve.git-commit"]])
skipped = [len(list(table.scan(row_filter=f).plan_files())) for f in ["id < 0", "id < 100000", "day = 3"]]
print(json.dumps([answers, skipped, polars.scan_iceberg(table).select(polars.col("id").sum()).collect().item()]))
`;

const DUCKDB = `
import importlib, json, pathlib, sys, duckdb
connection = duckdb.connect()
for name in ["avro", "iceberg"]:
    folder = pathlib.Path(importlib.import_module("duckdb_extension_" + name).__file__).parent
    connection.execute(f"LOAD '{next(folder.rglob('*.duckdb_extension'))}'")
print(json.dumps(connection.execute("SELECT count(*), sum(id)::BIGINT, max(day) FROM iceberg_scan(?)", [sys.argv[1]]).fetchone()))
`;

test.skipIf(!isHere)(
  'pyiceberg, polars and DuckDB read each snapshot (skipped where VARVE_TABLES_PYTHON names no Python with `pyiceberg`)',
  async () => {
    const box = new Sandbox().repository().withRemote();
    await twoVersions(box);
    const { table } = box.json<{ table: string }>(['export', 'iceberg', 'tables/trips', 'trips']);
    const [first, second] = [sumOf(0, 120_003), sumOf(60_000, 120_003) + sumOf(120_000, 180_000)];
    expect(ask(box, python!, PYICEBERG, table)).toEqual([
      [
        [120_003, first, first, 2, box.git(['rev-parse', 'HEAD~1']).trim()],
        [120_003, second, second, 3, box.git(['rev-parse', 'HEAD']).trim()],
      ],
      // Files are skipped by their bounds and by the parts that they are of.
      [0, 1, 1],
      second,
    ]);
    expect(ask(box, python!, DUCKDB, box.path('remote/tables/trips'))).toEqual([120_003, second, 3]);
    box.remove();
  },
  120_000,
);

const spark = findSpark();
const jars = process.env.VARVE_ICEBERG_JARS;

/** Of each snapshot, by its id and by the time of its commit: what Spark finds, and the files that it opens for a range of ids. */
const SPARK = `
import json, sys
from pyspark.sql import SparkSession
url, jars = sys.argv[1:]
builder = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").config("spark.jars", jars)
spark = builder.config("spark.sql.adaptive.enabled", "false").getOrCreate()
def scanned(rows):
    rows.collect()
    [scan] = [leaf for leaf in leaves(rows) if leaf.metrics().contains("resultDataFiles")]
    return scan.metrics().get("resultDataFiles").get().value()
def leaves(rows):
    found = rows._jdf.queryExecution().executedPlan().collectLeaves()
    return [found.apply(at) for at in range(found.size())]
def found(rows):
    [row] = rows.selectExpr("count(*)", "sum(id)", "sum(who.a)", "max(day)", "count(\`at all\`)").collect()
    return list(row)
load = lambda **options: spark.read.format("iceberg").options(**options).load(url)
snapshots = spark.read.format("iceberg").load(url + "#snapshots").orderBy("committed_at").collect()
answers = []
for snapshot in snapshots:
    rows = load(**{"snapshot-id": str(snapshot.snapshot_id)})
    files = spark.read.format("iceberg").option("snapshot-id", str(snapshot.snapshot_id)).load(url + "#files").count()
    skipped = [scanned(rows.where(f).select("id")) for f in ["id < 0", "id < 60000", "day = 3"]]
    answers.append([found(rows), files, skipped, snapshot.summary["varve.git-commit"]])
at = str(int(snapshots[0].committed_at.timestamp() * 1000))
print(json.dumps([answers, found(load(**{"as-of-timestamp": at})), found(load())]))
`;

test.skipIf(spark === undefined || jars === undefined)(
  'Spark with iceberg-spark-runtime reads each snapshot, and skips files by their bounds (skipped where VARVE_SPARK_PYTHON and VARVE_ICEBERG_JARS do not name them)',
  async () => {
    const box = new Sandbox().repository().withRemote();
    await twoVersions(box);
    box.ok(['export', 'iceberg', 'tables/trips', 'trips']);
    Object.assign(box.env, { SPARK_LOCAL_IP: '127.0.0.1', TZ: 'UTC' });
    const all = readdirSync(jars!).map((name) => join(jars!, name));
    const table = box.path('remote/tables/trips');
    const [first, second] = [sumOf(0, 120_003), sumOf(60_000, 120_003) + sumOf(120_000, 180_000)];
    const answers = [
      [120_003, first, first, 2, 120_003],
      [120_003, second, second, 3, 120_003],
    ];
    expect(ask(box, spark!.python, SPARK, table, all.join(','))).toEqual([
      [
        [answers[0], 2, [0, 1, 0], box.git(['rev-parse', 'HEAD~1']).trim()],
        [answers[1], 2, [0, 0, 1], box.git(['rev-parse', 'HEAD']).trim()],
      ],
      answers[0],
      answers[1],
    ]);
    box.remove();
  },
  480_000,
);
