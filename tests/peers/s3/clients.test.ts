import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join, relative } from 'node:path';
import { DuckDBConnection } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Sandbox } from '../../support/sandbox.ts';
import { type ServeProcess, startServe } from '../../support/serve-process.ts';
import { findSpark } from '../spark/cluster.ts';

/** Clients that people read S3 by are the judges of the gateway. Those of Python are in one environment, `aws` beside it; Ray has its own. */
const { VARVE_S3_PYTHON, VARVE_RAY_PYTHON, VARVE_HADOOP_AWS = '' } = process.env;
const hasRay = spawnSync(VARVE_RAY_PYTHON ?? 'none', ['-c', 'import pyarrow, ray.data']).status === 0;
const pythons = [VARVE_S3_PYTHON ?? '', hasRay ? VARVE_RAY_PYTHON! : ''].filter((one) => existsSync(one));
const aws = join(dirname(VARVE_S3_PYTHON ?? ''), 'aws');
const spark = existsSync(VARVE_HADOOP_AWS) ? findSpark() : undefined;
const isThere = (program: string): boolean => spawnSync(program, ['--version']).status === 0;

const ROWS = 50_000;
const DAYS = ['2026-01-01', '2026-01-02'];

let box: Sandbox;
let server: ServeProcess;
let key: { readonly id: string; readonly secret: string };

beforeAll(async () => {
  box = new Sandbox();
  box.repository();
  const db = await DuckDBConnection.create();
  const write = (rows: number, path: string): Promise<unknown> => {
    box.write(path, '');
    return db.run(
      `COPY (SELECT range AS a, random()::VARCHAR AS b FROM range(${rows})) TO '${box.path(path)}' (FORMAT parquet)`,
    );
  };
  await write(ROWS, 'repo/table.parquet');
  for (const day of DAYS) await write(10, `repo/days/day=${day}/0.parquet`);
  db.closeSync();
  box.write('repo/x.csv', 'a,b\n1,2\n');
  box.write('repo/odd/ü & +.txt', 'odd');
  box.ok(['add', 'table.parquet', 'days', 'x.csv', 'odd']);
  box.commit('one');
  box.git(['branch', 'topic/one']);
  key = box.json(['serve', 'key', 'add']);
  server = await startServe(box);
});
afterAll(async () => {
  await server?.stop();
  box.remove();
});

const KEYS = [...DAYS.map((day) => `days/day=${day}/0.parquet`), 'odd/ü & +.txt', 'table.parquet', 'x.csv'];

function environment(): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    HOME: box.root,
    LC_ALL: 'C.UTF-8',
    AWS_ACCESS_KEY_ID: key.id,
    AWS_SECRET_ACCESS_KEY: key.secret,
    AWS_DEFAULT_REGION: 'us-east-1',
    AWS_ENDPOINT_URL: server.url,
  };
}

function run(program: string, args: readonly string[]): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(program, args, { env: environment(), encoding: 'utf8' });
  return { code: status, out: stdout, err: stderr };
}

function ok(program: string, ...args: string[]): string {
  const { code, out, err } = run(program, args);
  expect(code, `${program} ${args.join(' ')}: ${err}`).toBe(0);
  return out;
}

/** The files below a folder that a client copied a version to, and whether each is byte by byte that of the working tree. */
function copied(folder: string): string[] {
  const files = readdirSync(box.path(folder), { recursive: true, withFileTypes: true }).filter((one) =>
    one.isFile(),
  );
  return files
    .map(({ parentPath, name }) => relative(box.path(folder), join(parentPath, name)))
    .filter((path) => readFileSync(box.path(folder, path)).equals(readFileSync(box.path('repo', path))))
    .sort();
}

test.skipIf(pythons.length === 0)(
  'the clients of Python read what was added (skipped where VARVE_S3_PYTHON names no Python with some of boto3, s3fs, pyarrow, polars and duckdb-extension-httpfs, nor VARVE_RAY_PYTHON one with ray[data])',
  { timeout: 240_000 },
  () => {
    const table = createHash('sha256')
      .update(readFileSync(box.path('repo/table.parquet')))
      .digest('hex');
    const part = createHash('sha256')
      .update(readFileSync(box.path('repo/table.parquet')).subarray(1000, 2234))
      .digest('hex');
    const rows = { rows: ROWS, days: 20 };
    const judge = join(import.meta.dirname, 'judge.py');
    for (const [python, revision] of pythons.flatMap((one) => [
      [one, 'main'] as const,
      [one, 'topic..one'] as const,
    ])) {
      const said = ok(python, judge, server.url, key.id, key.secret, 'repo', revision);
      const seen = JSON.parse(said.trim().split('\n').at(-1)!) as Record<string, unknown>;
      const expected = {
        boto3: { keys: KEYS, table, presigned: 'a,b\n1,2\n' },
        s3fs: { keys: KEYS, table, part },
        pyarrow: rows,
        polars: rows,
        duckdb_extension_httpfs: rows,
        ray: rows,
      };
      expect(Object.keys(seen).length).toBeGreaterThan(0);
      expect(expected).toMatchObject(seen);
    }
  },
);

test.skipIf(!existsSync(aws))(
  'the AWS command line lists, copies and synchronises, and is refused what would write (skipped where there is no aws beside VARVE_S3_PYTHON)',
  { timeout: 120_000 },
  () => {
    expect(ok(aws, 's3', 'ls')).toMatch(/ repo\n$/);
    expect(ok(aws, 's3', 'ls', 's3://repo/')).toBe(
      '                           PRE main/\n                           PRE topic..one/\n',
    );
    ok(aws, 's3', 'cp', '--recursive', '--only-show-errors', 's3://repo/main/', box.path('aws'));
    expect(copied('aws')).toEqual(KEYS);
    expect(ok(aws, 's3', 'sync', 's3://repo/main/', box.path('aws'))).not.toContain('download');
    const put = run(aws, ['s3', 'cp', box.path('repo/x.csv'), 's3://repo/main/new.csv']);
    expect([put.code, put.err]).toEqual([1, expect.stringContaining('AccessDenied')]);
    expect(run(aws, ['s3', 'rm', 's3://repo/main/x.csv']).err).toContain('AccessDenied');
  },
);

test.skipIf(!isThere('rclone'))(
  'rclone copies a version and finds no difference (skipped where there is no rclone)',
  () => {
    const remote = `:s3,provider=Other,env_auth=true,region=us-east-1,endpoint="${server.url}":repo/main`;
    ok('rclone', 'copy', remote, box.path('rclone'));
    expect(copied('rclone')).toEqual(KEYS);
    ok('rclone', 'check', '--download', remote, box.path('rclone'));
    expect(ok('rclone', 'lsf', `${remote}/odd`)).toBe('ü & +.txt\n');
  },
);

test.skipIf(!isThere('mc'))(
  "MinIO's mc lists, looks at and mirrors a version (skipped where there is no mc)",
  () => {
    ok('mc', 'alias', 'set', 'varve', server.url, key.id, key.secret);
    expect(ok('mc', 'ls', 'varve')).toContain('repo/');
    expect(ok('mc', 'stat', '--json', 'varve/repo/main/x.csv')).toContain('"size":8');
    expect(ok('mc', 'cat', 'varve/repo/main/odd/ü & +.txt')).toBe('odd');
    ok('mc', 'mirror', 'varve/repo/main', box.path('mc'));
    expect(copied('mc')).toEqual(KEYS);
  },
);

describe.skipIf(spark === undefined)(
  'Hadoop (skipped without Java, a Spark in VARVE_SPARK_PYTHON, or a folder of the jars of hadoop-aws in VARVE_HADOOP_AWS)',
  () => {
    /** A folder with the settings of Hadoop. */
    const settings = (): string => {
      const values = {
        'fs.s3a.endpoint': server.url,
        'fs.s3a.endpoint.region': 'us-east-1',
        'fs.s3a.path.style.access': 'true',
        'fs.s3a.connection.ssl.enabled': 'false',
        'fs.s3a.attempts.maximum': '1',
        'fs.s3a.access.key': key.id,
        'fs.s3a.secret.key': key.secret,
      };
      const properties = Object.entries(values).map(
        ([name, value]) => `<property><name>${name}</name><value>${value}</value></property>`,
      );
      box.write('hadoop/core-site.xml', `<configuration>${properties.join('\n')}</configuration>`);
      return box.path('hadoop');
    };
    const jars = join(VARVE_HADOOP_AWS, '*');
    const hadoop = (...words: string[]): ReturnType<typeof run> => {
      const path = [settings(), join(spark!.home, 'jars', '*'), jars].join(delimiter);
      return run('java', ['-cp', path, 'org.apache.hadoop.fs.FsShell', ...words]);
    };

    test('its shell lists and reads every version, and is refused what would write', {
      timeout: 600_000,
    }, () => {
      for (const revision of ['main', 'topic..one']) {
        const listed = hadoop('-ls', '-R', '-C', `s3a://repo/${revision}/`);
        const files = KEYS.map((one) => `s3a://repo/${revision}/${one}`);
        const found = listed.out
          .trim()
          .split('\n')
          .filter((path) => files.includes(path));
        expect([found.sort(), listed.err]).toEqual([files, expect.anything()]);
        expect(hadoop('-cat', `s3a://repo/${revision}/x.csv`).out).toBe('a,b\n1,2\n');
      }
      expect(hadoop('-ls', '-C', 's3a://repo/').out).toBe('s3a://repo/main\ns3a://repo/topic..one\n');
      const copied = box.path('hadoop.parquet');
      expect(hadoop('-get', 's3a://repo/main/table.parquet', copied).code).toBe(0);
      expect(readFileSync(copied).equals(readFileSync(box.path('repo/table.parquet')))).toBe(true);
      const put = hadoop('-put', box.path('repo/x.csv'), 's3a://repo/main/new.csv');
      expect([put.code, put.err]).toEqual([1, expect.stringMatching(/AccessDenied|Access Denied/)]);
    });

    test('Spark counts rows of a file, of folders by day, and of CSV', { timeout: 600_000 }, () => {
      const script = `
import json, sys
from pyspark.sql import SparkSession
build = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
for name, value in json.loads(sys.argv[1]).items():
    build = build.config(name, value)
spark = build.getOrCreate()
base = "s3a://repo/topic..one/"
days = spark.read.parquet(base + "days")
print(json.dumps([
    spark.read.parquet(base + "table.parquet").count(),
    sorted([str(row["day"]), row["count"]] for row in days.groupBy("day").count().collect()),
    spark.read.option("header", True).csv(base + "x.csv").collect()[0].asDict(),
]))`;
      const options = {
        'spark.driver.extraClassPath': [settings(), jars].join(delimiter),
        'spark.driver.bindAddress': '127.0.0.1',
      };
      const said = ok(spark!.python, '-c', script, JSON.stringify(options));
      expect(JSON.parse(said.trim().split('\n').at(-1)!)).toEqual([
        ...[ROWS, DAYS.map((day) => [day, 10]), { a: '1', b: '2' }],
      ]);
    });
  },
);
