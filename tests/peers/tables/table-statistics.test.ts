import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { FooterStatistics } from '../../../src/profile/footers/model.ts';
import { Sandbox } from '../../support/sandbox.ts';
import { describeWithWeb } from '../../support/web-server.ts';
import { findSpark } from '../spark/cluster.ts';
import { ask } from './trips.ts';

const python = process.env.VARVE_TABLES_PYTHON;
const spark = findSpark();
const jars = process.env.VARVE_DELTA_JARS;

/** Rows of every type that has bounds, and what is true of all rows of a table: rows, and by column nulls, least and largest. */
const ROWS = `
import datetime as dt, decimal, json, math, random, sys
import pyarrow as pa, pyarrow.compute as pc
random.seed(23)
SCHEMA = pa.schema([("long", pa.int64()), ("int", pa.int32()), ("double", pa.float64()), ("float", pa.float32()), ("text", pa.string()),
  ("day", pa.date32()), ("at", pa.timestamp("us")), ("moment", pa.timestamp("us", "UTC")), ("paid", pa.decimal128(12, 3)),
  ("flag", pa.bool_()), ("who", pa.struct([("a", pa.int64()), ("b", pa.string())])), ("gone", pa.int64()), ("part", pa.string())])
def some(value): return None if random.random() < 0.2 else value
def text(): return "".join(random.choice("aé😀z ") for _ in range(random.choice([0, 3, 15, 16, 17, 32, 33, 90])))
def moment(): return dt.datetime(1900, 1, 1) + dt.timedelta(microseconds=random.randrange(200 * 365 * 86_400 * 10**6))
def rows(count, part):
    return pa.Table.from_pylist([{
        "long": some(random.choice([-2**63, 2**63 - 1, 2**53 + 1, random.randrange(-2**60, 2**60)])), "int": some(random.randrange(-2**31, 2**31)),
        "double": some(random.choice([random.uniform(-1e9, 1e9), 0.1, float("nan")])), "float": some(random.uniform(-10, 10)), "text": some(text()),
        "day": some(moment().date()), "at": some(moment()), "moment": some(moment().replace(tzinfo=dt.timezone.utc)),
        "paid": some(decimal.Decimal(random.randrange(-10**11, 10**11)).scaleb(-3)), "flag": some(random.random() < 0.5),
        "who": some({"a": some(random.randrange(100)), "b": some(text())}), "gone": None, "part": part} for _ in range(count)], schema=SCHEMA)
def shown(value):
    if isinstance(value, bool): return str(value).lower()
    if isinstance(value, dt.datetime): return value.replace(tzinfo=None).isoformat(timespec="microseconds")
    return value.isoformat() if isinstance(value, dt.date) else str(value)
def truth(table):
    flat = table.flatten().rename_columns([name for name in table.flatten().column_names])
    answer = {}
    for name in flat.column_names:
        values = [v for v in flat[name].to_pylist() if v is not None and not (isinstance(v, float) and math.isnan(v))]
        key = (lambda v: v.encode()) if values and isinstance(values[0], str) else None
        ends = [shown(min(values, key=key)), shown(max(values, key=key))] if values else [None, None]
        answer[name] = [flat[name].null_count, *ends]
    return [table.num_rows, answer]
`;

const DELTA_RS = `${ROWS}
from deltalake import DeltaTable, write_deltalake
path = sys.argv[1]
for number in range(12):
    write_deltalake(path, rows(random.randrange(1, 60), random.choice(["1", "b", None])), partition_by=["part"], mode="append")
    if number == 5: DeltaTable(path).create_checkpoint()
    if number == 7: DeltaTable(path).delete("int > 1000000000")
    if number == 9: DeltaTable(path).optimize.compact()
print(json.dumps(truth(DeltaTable(path).to_pyarrow_table())))
`;

const PYICEBERG = `${ROWS}
from pyiceberg.catalog.memory import InMemoryCatalog
path = sys.argv[1]
catalog = InMemoryCatalog("c", warehouse="file://" + path)
catalog.create_namespace("n")
table = catalog.create_table("n.t", schema=SCHEMA, location="file://" + path)
for number in range(8):
    table.append(rows(random.randrange(1, 60), random.choice(["1", "b", None])))
    if number == 4: table.delete("int > 1000000000")
    if number == 5:
        with table.update_schema() as change: change.add_column("later", __import__("pyiceberg.types", fromlist=["LongType"]).LongType())
print(json.dumps(truth(table.scan().to_arrow())))
`;

const SPARK = `
import json, sys
from pyspark.sql import SparkSession
path, jars = sys.argv[1:]
builder = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").config("spark.jars", jars)
builder = builder.config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension").config("spark.sql.shuffle.partitions", "1")
builder = builder.config("spark.databricks.delta.snapshotPartitions", "1").config("spark.sql.session.timeZone", "Europe/Paris")
spark = builder.config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog").getOrCreate()
columns = """9007199254740993 + id AS long, CASE WHEN id % 5 = 0 THEN NULL ELSE CAST(-id AS INT) END AS int,
  CASE WHEN id = 3 THEN double('NaN') ELSE id / 7 END AS double, concat(repeat('é😀', id % 30), id) AS text,
  date_sub(date'1970-01-02', CAST(id AS INT)) AS day, timestamp_micros(id * 1234567 - 50000000) AS moment, CAST(id / 8 AS DECIMAL(12, 3)) AS paid,
  named_struct('a', id, 'b', CASE WHEN id % 2 = 0 THEN 'x' END) AS who, date_add(date'2026-01-01', CAST(id % 3 AS INT)) AS part"""
props = "'delta.checkpointInterval'='2', 'delta.enableDeletionVectors'='false'"
spark.sql(f"CREATE TABLE delta.\`{path}\` USING delta PARTITIONED BY (part) TBLPROPERTIES ({props}) AS SELECT {columns} FROM range(60)")
spark.sql(f"INSERT INTO delta.\`{path}\` SELECT {columns} FROM range(60, 90)")
spark.sql(f"DELETE FROM delta.\`{path}\` WHERE who.a % 9 = 1")
spark.sql(f"INSERT INTO delta.\`{path}\` SELECT {columns} FROM range(90, 95)")
spark.conf.set("spark.sql.session.timeZone", "UTC")
t = spark.read.format("delta").load(path)
names = ["long", "int", "double", "text", "day", "moment", "paid", "who.a", "who.b", "part"]
value = lambda name: f"CASE WHEN isnan({name}) THEN NULL ELSE {name} END" if name == "double" else name
def shown(name, end):
    found = f"{end}({value(name)})"
    return f"date_format({found}, \\"yyyy-MM-dd'T'HH:mm:ss.SSSSSS\\")" if name == "moment" else f"string({found})"
[row] = t.selectExpr("count(*)", *[part for name in names for part in [f"count_if({name} IS NULL)", shown(name, "min"), shown(name, "max")]]).collect()
print(json.dumps([row[0], {name: list(row[1 + 3 * at : 4 + 3 * at]) for at, name in enumerate(names)}]))
`;

type Truth = readonly [
  rows: number,
  columns: Record<string, [nulls: number, min: string | null, max: string | null]>,
];

function orders(type: string): (a: string, b: string) => boolean {
  if (type === 'long' || type === 'integer') return (a, b) => BigInt(a) >= BigInt(b);
  if (/^(double|float|decimal)/.test(type)) return (a, b) => Number(a) >= Number(b);
  return (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)) >= 0;
}

/** Hold what a table tells against what is true of its rows. */
function hold({ tables: [table] }: FooterStatistics, [rows, truth]: Truth): void {
  expect(table!.rows).toBe(rows);
  expect(table!.columns.map(({ path }) => path.join('.')).sort()).toEqual(Object.keys(truth).sort());
  for (const { path, type, nulls, min, max } of table!.columns) {
    const name = path.join('.');
    const [isNull, least, largest] = truth[name]!;
    expect(nulls, name).toBe(isNull);
    const isExact = /^(long|integer|date|decimal.*)$/.test(type);
    // pyiceberg says no bounds of fields of structs.
    const isSaid = min !== undefined || path.length === 1;
    if (isExact && isSaid) expect([min ?? null, max ?? null], name).toEqual([least, largest]);
    const isNoLess = orders(type);
    if (min !== undefined) expect(isNoLess(least!, min), `${name}: ${min}, ${least}`).toBe(true);
    if (max !== undefined) expect(isNoLess(max, largest!), `${name}: ${max}, ${largest}`).toBe(true);
    // Nothing but microseconds are cut.
    const isTime = type.startsWith('timestamp');
    if (isTime)
      expect([min, max].map((end) => end?.slice(0, 23))).toEqual(
        [least, largest].map((end) => end?.slice(0, 23)),
      );
  }
  const bounded = table!.columns
    .filter(({ min, max }) => min !== undefined && max !== undefined)
    .map(({ path }) => path.join('.'));
  expect(bounded).toEqual(expect.arrayContaining(['long', 'int', 'day', 'moment', 'paid']));
}

describeWithWeb('what a table tells of its rows', (server) => {
  let box: Sandbox;
  beforeAll(() => {
    box = new Sandbox().repository();
    Object.assign(box.env, { SPARK_LOCAL_IP: '127.0.0.1' });
  });
  afterAll(() => box?.remove());

  const told = (name: string): FooterStatistics => {
    box.ok(['add', `${server.url}/${name}`, '--to', name, '--statistics', 'table']);
    return box.json<FooterStatistics>(['profile', name]);
  };

  test.skipIf(python === undefined)(
    'is true of tables by delta-rs and pyiceberg (skipped where VARVE_TABLES_PYTHON names no Python with `deltalake`, `pyiceberg`)',
    () => {
      for (const [name, script] of [
        ['delta', DELTA_RS],
        ['iceberg', PYICEBERG],
      ] as const) {
        const truth = ask(box, python!, script, join(server.root, name)) as Truth;
        hold(told(name), truth);
      }
    },
    240_000,
  );

  test.skipIf(spark === undefined || jars === undefined)(
    'is true of tables by Spark, in another time zone and with checkpoints (skipped where VARVE_SPARK_PYTHON and VARVE_DELTA_JARS do not name them)',
    () => {
      const all = readdirSync(jars!).map((name) => join(jars!, name));
      const truth = ask(box, spark!.python, SPARK, join(server.root, 'spark'), all.join(',')) as Truth;
      hold(told('spark'), truth);
    },
    600_000,
  );
});
