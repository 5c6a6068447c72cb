// What a Hive-partitioned prefix of a million Parquet objects costs in place: its list, what changed, and the footers of some of them, beside plain
// listings of the same server in the same run. Needs GNU time, and for the listing rclone on PATH.
//
// Usage: node scripts/bench/million-in-place.mjs [objects, 1000000] [objects whose footers are read, 20000]
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import { loadavg, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DuckDBInstance } from '@duckdb/node-api';
import { measured } from './measure.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const varve = join(here, '..', '..', 'bin', 'varve.js');
const count = Number(process.argv[2] ?? 1_000_000);
const withFooters = Number(process.argv[3] ?? 20_000);
const work = mkdtempSync(join(process.env.VARVE_BENCH_DIR ?? tmpdir(), 'varve-prefix-'));
process.on('exit', () => rmSync(work, { recursive: true, force: true }));

const file = join(work, 'part.parquet');
const connection = await (await DuckDBInstance.create()).connect();
const columns = Array.from(
  { length: 8 },
  (_, at) => `range + ${at} AS n${at}, 'text ' || (range + ${at}) AS t${at}`,
);
await connection.run(`COPY (SELECT ${columns} FROM range(100)) TO '${file}' (FORMAT parquet)`);
connection.closeSync();

/** Over a connection of its own: one that is kept would be closed while a command runs, for which this process waits. */
async function ask(url) {
  const [response] = await once(http.get(url, { agent: false }), 'response');
  const pieces = await response.toArray();
  return Buffer.concat(pieces).toString();
}

async function serve(objects) {
  const server = spawn(
    process.execPath,
    [join(here, 'prefix-server.mjs'), String(objects), file, 'checksums'],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  process.on('exit', () => server.kill());
  const [port] = await once(server.stdout, 'data');
  const url = `http://127.0.0.1:${String(port).trim()}`;
  return { server, url, ask: (path) => ask(url + path) };
}

const env = {
  ...process.env,
  ...{ AWS_ACCESS_KEY_ID: 'bench', AWS_SECRET_ACCESS_KEY: 'bench', AWS_REGION: 'us-east-1' },
};
// rclone refuses to start where this is set, and nothing here speaks TLS.
delete env.AWS_CA_BUNDLE;

async function step(place, name, command, cwd) {
  const before = Number(await place.ask('/-/requests'));
  const { seconds, processor, mib } = measured(command, { cwd, env, stdio: ['ignore', 'ignore', 'pipe'] });
  const requests = Number(await place.ask('/-/requests')) - before;
  const load = loadavg()[0].toFixed(1);
  console.log(
    `| ${name} | ${seconds.toFixed(1)} s | ${processor.toFixed(1)} s | ${requests.toLocaleString('en-US')} | ${mib} MiB | ${load} |`,
  );
}

async function repository(name, url) {
  const folder = join(work, name);
  mkdirSync(folder);
  const run = (...words) => measured(words, { cwd: folder, env });
  run('git', 'init', '-q');
  run(process.execPath, varve, 'init');
  const add = [process.execPath, varve, 'add', 's3://bench/trips', '--to', 'trips', '--endpoint', url];
  return { folder, run, add };
}

console.log(
  `| ${count.toLocaleString('en-US')} objects | time | processor | requests | memory | load |\n| --- | --- | --- | --- | --- | --- |`,
);
const place = await serve(count);
const { folder, run, add } = await repository('all', place.url);
if (spawnSync('rclone', ['version']).status === 0) {
  const remote = `:s3,provider=Other,env_auth=true,list_version=2,endpoint='${place.url}':bench/trips`;
  const list = ['rclone', 'lsf', '--recursive', '--files-only', '--fast-list', remote];
  await step(place, '`rclone lsf --recursive --fast-list`', list, work);
}
await step(place, '`varve add`', add, folder);
run('git', 'add', '-A');
run('git', '-c', 'user.name=bench', '-c', 'user.email=bench@example.org', 'commit', '-qm', 'one');
await step(place, '`varve status`', [process.execPath, varve, 'status'], folder);
await step(place, '`varve add`, nothing changed', add, folder);
await place.ask(`/-/change?number=${count >> 1}`);
await step(place, '`varve add`, one object changed', add, folder);
await step(place, '`varve diff HEAD`', [process.execPath, varve, 'diff', 'HEAD'], folder);
place.server.kill();

if (withFooters > 0) {
  const few = await serve(withFooters);
  const some = await repository('some', few.url);
  const name = `\`varve add --statistics footers\` of ${withFooters.toLocaleString('en-US')}`;
  await step(few, name, [...some.add, '--statistics', 'footers'], some.folder);
  few.server.kill();
}
