import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { DuckDBConnection } from '@duckdb/node-api';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Sandbox } from '../../support/sandbox.ts';
import { type ServeProcess, startServe } from '../../support/serve-process.ts';

/** Clients that people read S3 by are the judges of the gateway. Those of Python are in one environment, `aws` beside it. */
const python = process.env.VARVE_S3_PYTHON;
const isPythonHere = python !== undefined && existsSync(python);
const aws = join(dirname(python ?? ''), 'aws');
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

test.skipIf(!isPythonHere)(
  'the clients of Python read what was added (skipped where VARVE_S3_PYTHON names no Python with some of boto3, s3fs, pyarrow, polars and duckdb-extension-httpfs)',
  { timeout: 120_000 },
  () => {
    const table = createHash('sha256')
      .update(readFileSync(box.path('repo/table.parquet')))
      .digest('hex');
    const part = createHash('sha256')
      .update(readFileSync(box.path('repo/table.parquet')).subarray(1000, 2234))
      .digest('hex');
    const rows = { rows: ROWS, days: 20 };
    const judge = join(import.meta.dirname, 'judge.py');
    for (const revision of ['main', 'topic..one']) {
      const seen = JSON.parse(ok(python!, judge, server.url, key.id, key.secret, 'repo', revision)) as Record<
        string,
        unknown
      >;
      const expected = {
        boto3: { keys: KEYS, table, presigned: 'a,b\n1,2\n' },
        s3fs: { keys: KEYS, table, part },
        pyarrow: rows,
        polars: rows,
        duckdb_extension_httpfs: rows,
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
