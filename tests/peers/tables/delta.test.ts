import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { describeWithMinio } from '../../support/minio.ts';
import { Sandbox } from '../../support/sandbox.ts';
import { findSpark } from '../spark/cluster.ts';
import { ask, sumOf, twoVersions } from './trips.ts';

/** Engines are the judges: each reads the table that an export wrote, in each of its versions. */
const python = process.env.VARVE_TABLES_PYTHON;
const isHere = python !== undefined && existsSync(python);
const jars = process.env.VARVE_DELTA_JARS;

const DELTA_RS = `
import json, sys, polars
from deltalake import DeltaTable, QueryBuilder
url, answers = sys.argv[1], []
options = {"allow_http": "true"}
for version in [0, 1]:
    table = DeltaTable(url, version=version, storage_options=options)
    reader = QueryBuilder().register("t", table)
    [[count, total, days]] = [list(row.values()) for row in polars.DataFrame(reader.execute("SELECT count(*), sum(id), max(day) FROM t").read_all()).to_dicts()]
    paths = polars.DataFrame(table.get_add_actions(flatten=True))["path"].to_list()
    frame = polars.scan_parquet(paths, storage_options={"aws_allow_http": "true"} if url.startswith("s3") else None)
    known = table.history()[0]["userMetadata"]
    answers.append([count, total, days, frame.select(polars.len(), polars.col("id").sum()).collect().row(0), json.loads(known)["dataset"]])
print(json.dumps(answers))
`;

const URLS = `
import json, sys, polars
print(json.dumps(polars.scan_parquet(sys.argv[1:]).select(polars.col("id").sum()).collect().item()))
`;

describeWithMinio('Delta Lake in a bucket', (server) => {
  test.skipIf(!isHere)(
    'delta-rs and polars read each version (skipped where VARVE_TABLES_PYTHON names no Python with `deltalake` and `polars`)',
    async () => {
      const box = new Sandbox().repository();
      Object.assign(box.env, server.env, { AWS_ENDPOINT_URL: server.endpoint, AWS_ALLOW_HTTP: 'true' });
      const bucket = await server.makeBucket();
      box.ok(['remote', 'add', 'origin', `s3://${bucket}/store`, '--endpoint', server.endpoint]);
      await twoVersions(box);
      const { table } = box.json<{ table: string }>(['export', 'delta', 'tables/trips', 'trips']);
      expect(table).toBe(`s3://${bucket}/store/tables/trips`);
      expect(ask(box, python!, DELTA_RS, table)).toEqual([
        [120_003, sumOf(0, 120_003), 2, [120_003, sumOf(0, 120_003)], 'trips'],
        [
          120_003,
          sumOf(60_000, 120_003) + sumOf(120_000, 180_000),
          3,
          [120_003, expect.any(Number)],
          'trips',
        ],
      ]);
      // Whoever has them needs no keys.
      const signed = box.ok(['url', 'trips@HEAD~1', '--presign', '1h']).trimEnd().split('\n');
      expect(signed).toHaveLength(2);
      for (const url of signed) {
        const answer = await fetch(url);
        expect(
          Buffer.from(await answer.arrayBuffer())
            .toString('latin1')
            .slice(0, 4),
          url,
        ).toBe('PAR1');
      }
      const plain = box.ok(['url', 'trips@HEAD~1']).trimEnd().split('\n');
      expect(ask(box, python!, URLS, ...plain)).toBe(sumOf(0, 120_003));
      // Of two who export at once, each version comes from one.
      const [one, other] = await Promise.all([
        box.later(['export', 'delta', 'tables/both', 'trips', '--json']),
        box.later(['export', 'delta', 'tables/both', 'trips', '--json']),
      ]);
      expect([one.err, other.err]).toEqual(['', '']);
      const versions = [one, other].flatMap(
        ({ out }) => (JSON.parse(out) as { versions: object[] }).versions,
      );
      expect(versions).toHaveLength(2);
      expect(ask(box, python!, DELTA_RS, table.replace('trips', 'both'))).toHaveLength(2);
      box.remove();
    },
    240_000,
  );
});

const spark = findSpark();
const SPARK = `
import json, sys
from pyspark.sql import SparkSession
path, jars = sys.argv[1:]
builder = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").config("spark.jars", jars)
builder = builder.config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension").config("spark.databricks.delta.snapshotPartitions", "1")
spark = builder.config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog").getOrCreate()
answers = []
for version in [0, 1]:
    rows = spark.read.format("delta").option("versionAsOf", version).load(path)
    [found] = rows.where("id < 60000").selectExpr("count(*)").collect()
    [row] = rows.selectExpr("count(*)", "sum(id)", "sum(who.a)", "max(day)", "count(\`at all\`)").collect()
    answers.append([*row, found[0]])
history = spark.sql(f"DESCRIBE HISTORY delta.\`{path}\`").select("version", "userMetadata").collect()
print(json.dumps([answers, sorted([row[0], json.loads(row[1])["gitCommit"]] for row in history)]))
`;

describe.skipIf(spark === undefined || jars === undefined)(
  'Spark with delta-spark (skipped where VARVE_SPARK_PYTHON and VARVE_DELTA_JARS do not name them)',
  () => {
    let box: Sandbox;
    beforeAll(async () => {
      box = new Sandbox().repository().withRemote();
      await twoVersions(box);
    }, 60_000);
    afterAll(() => box?.remove());

    test('reads each version, and skips files by what the log says of them', () => {
      box.ok(['export', 'delta', 'tables/trips', 'trips']);
      const all = readdirSync(jars!).map((name) => join(jars!, name));
      Object.assign(box.env, { SPARK_LOCAL_IP: '127.0.0.1' });
      const [answers, history] = ask(
        box,
        spark!.python,
        SPARK,
        box.path('remote/tables/trips'),
        all.join(','),
      ) as [number[][], unknown[]];
      const second = sumOf(60_000, 120_003) + sumOf(120_000, 180_000);
      expect(answers).toEqual([
        [120_003, sumOf(0, 120_003), sumOf(0, 120_003), 2, 120_003, 60_000],
        [120_003, second, second, 3, 120_003, 0],
      ]);
      expect(history).toEqual([
        [0, box.git(['rev-parse', 'HEAD~1']).trim()],
        [1, box.git(['rev-parse', 'HEAD']).trim()],
      ]);
    }, 480_000);
  },
);
