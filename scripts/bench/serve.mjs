// `varve serve` beside MinIO in one run: the same files, the same client, in turns.
// Usage: node scripts/bench/serve.mjs [MIB [OBJECTS [KEYS]]]; VARVE_BENCH_DIR names the folder to work in.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, get as httpGet } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Client } from 'minio';
import { makeSmallFiles, randomBytes } from './data.mjs';
import { startMinio } from './minio.mjs';

const [mib = 1024, objects = 10_000, keys = 1_000_000] = process.argv.slice(2).map(Number);
const ROUNDS = 5;
const JOBS = 16;
const CONNECTIONS = 200;
/** Beginning of a PNG: held as a whole object, as what does not gain from chunks is. */
const PNG = Buffer.from('89504e470d0a1a0a', 'hex');

const varve = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'bin', 'varve.js');
const work = mkdtempSync(join(process.env.VARVE_BENCH_DIR ?? tmpdir(), 'varve-bench-'));
const repo = join(work, 'repo');
const env = { ...process.env, HOME: work, XDG_CONFIG_HOME: join(work, 'config'), GIT_CONFIG_NOSYSTEM: '1' };
const run = (command, ...args) => execFileSync(command, args, { cwd: repo, env, encoding: 'utf8' });

function makeData() {
  mkdirSync(repo, { recursive: true });
  const next = randomBytes(1);
  for (const name of ['whole.png', 'chunked.bin']) {
    const first = name.endsWith('png') ? PNG : Buffer.alloc(0);
    writeFileSync(join(repo, name), Buffer.concat([first, next(Math.min(mib, 1) * (1 << 20))]));
    for (let written = 1; written < mib; written++)
      writeFileSync(join(repo, name), next(1 << 20), { flag: 'a' });
  }
  makeSmallFiles(join(repo, 'small'), objects);
  for (let at = 0; at < keys; at++) {
    const folder = join(repo, 'keys', `p${String(Math.floor(at / 1000)).padStart(4, '0')}`);
    if (at % 1000 === 0) mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `key-${String(at).padStart(7, '0')}`), '');
  }
}

async function startVarve() {
  run('git', 'init', '-q', '-b', 'main');
  run(process.execPath, varve, 'init');
  run(process.execPath, varve, 'add', 'whole.png', 'chunked.bin', 'small', 'keys');
  run('git', 'add', '-A');
  run('git', '-c', 'user.name=bench', '-c', 'user.email=bench@example.org', 'commit', '-qm', 'bench');
  const key = JSON.parse(run(process.execPath, varve, 'serve', 'key', 'add', '--json'));
  const words = [
    varve,
    'serve',
    '--listen',
    '127.0.0.1:0',
    '--json',
    '--log',
    'error',
    '--client-limit',
    '4000',
  ];
  const child = spawn(process.execPath, words, { cwd: repo, env, stdio: ['ignore', 'pipe', 'inherit'] });
  const line = await new Promise((resolve) => createInterface(child.stdout).once('line', resolve));
  const { url } = JSON.parse(line);
  const client = clientOf(url, key.id, key.secret);
  return { name: 'varve', client, bucket: 'repo', prefix: 'main/', pid: child.pid, stop: () => child.kill() };
}

async function startOther() {
  const server = await startMinio(join(work, 'minio'));
  if (server === undefined) throw new Error('There is no MinIO');
  const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret } = server.env;
  const client = clientOf(server.endpoint, id, secret);
  for (const name of ['whole.png', 'chunked.bin'])
    await client.fPutObject(server.bucket, `main/${name}`, join(repo, name));
  const small = execFileSync('find', ['small', 'keys', '-type', 'f'], {
    cwd: repo,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
    .trim()
    .split('\n');
  await each(small, 32, (path) =>
    client.putObject(server.bucket, `main/${path}`, readFileSync(join(repo, path))),
  );
  return {
    name: 'MinIO',
    client,
    bucket: server.bucket,
    prefix: 'main/',
    pid: server.pid,
    stop: server.stop,
  };
}

function clientOf(url, accessKey, secretKey) {
  const { hostname, port } = new URL(url);
  return new Client({
    endPoint: hostname,
    port: Number(port),
    useSSL: false,
    accessKey,
    secretKey,
    region: 'us-east-1',
  });
}

const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });

/** Milliseconds to the first byte and to the last, and how many bytes came. */
function fetched(url) {
  const start = performance.now();
  return new Promise((resolve, reject) => {
    httpGet(url, { agent }, (response) => {
      let first;
      let bytes = 0;
      if (response.statusCode !== 200 && response.statusCode !== 206)
        reject(new Error(`${response.statusCode}`));
      response.on('data', (piece) => {
        first ??= performance.now() - start;
        bytes += piece.length;
      });
      response.on('end', () =>
        resolve({ first: first ?? performance.now() - start, total: performance.now() - start, bytes }),
      );
      response.on('error', reject);
    }).on('error', reject);
  });
}

async function each(items, jobs, work) {
  const queue = items[Symbol.iterator]();
  const one = async () => {
    for (let next = queue.next(); !next.done; next = queue.next()) await work(next.value);
  };
  await Promise.all(Array.from({ length: jobs }, one));
}

const address = ({ client, bucket, prefix }, path) => client.presignedGetObject(bucket, prefix + path, 3600);

/** By curl, which takes less of the machine than a client in JavaScript. */
async function large(server, path) {
  const url = await address(server, path);
  const out = spawnSync(
    'curl',
    ['-sS', '-o', '/dev/null', '-w', '%{time_starttransfer} %{time_total} %{http_code}', url],
    { encoding: 'utf8' },
  );
  const [first, total, code] = out.stdout.split(' ').map(Number);
  if (code !== 200) throw new Error(`${server.name}: ${out.stdout}${out.stderr}`);
  return { 'MiB/s': mib / total, 'first byte, ms': first * 1000 };
}

async function small(server) {
  const paths = Array.from(
    { length: objects },
    (_, at) => `small/d${String(Math.floor(at / 1000)).padStart(3, '0')}/f${String(at).padStart(6, '0')}.bin`,
  );
  const urls = [];
  for (const path of paths) urls.push(await address(server, path));
  const start = performance.now();
  const firsts = [];
  await each(urls, JOBS, async (url) => firsts.push((await fetched(url)).first));
  return {
    'objects/s': objects / ((performance.now() - start) / 1000),
    'first byte, median ms': median(firsts),
  };
}

/** Ranges of 64 KiB at places that a seed chooses. */
async function ranges(server, path) {
  const url = await address(server, path);
  const next = randomBytes(3);
  const count = 2000;
  const start = performance.now();
  await each(Array.from({ length: count }), JOBS, () => {
    const offset = Math.floor((next(4).readUInt32BE() / 2 ** 32) * (mib * 2 ** 20 - 65_536));
    return new Promise((resolve, reject) => {
      httpGet(url, { agent, headers: { Range: `bytes=${offset}-${offset + 65_535}` } }, (response) => {
        if (response.statusCode !== 206) reject(new Error(`${response.statusCode}`));
        response.on('end', resolve).resume();
      }).on('error', reject);
    });
  });
  return { 'ranges/s': count / ((performance.now() - start) / 1000) };
}

async function listing({ client, bucket, prefix }) {
  const start = performance.now();
  let token;
  let count = 0;
  do {
    const query = {
      'list-type': '2',
      prefix: `${prefix}keys/`,
      ...(token && { 'continuation-token': token }),
    };
    const text = await (await fetch(await client.presignedUrl('GET', bucket, '', 3600, query))).text();
    count += text.split('<Contents>').length - 1;
    token = /<NextContinuationToken>([^<]*)</.exec(text)?.[1];
  } while (token !== undefined);
  if (count !== keys) throw new Error(`${count} keys were listed`);
  return { 'keys/s': keys / ((performance.now() - start) / 1000) };
}

/** Peak of the resident memory while so many clients read slowly. */
async function memory(server) {
  const url = await address(server, 'whole.png');
  const open = await Promise.all(
    Array.from(
      { length: CONNECTIONS },
      () => new Promise((resolve, reject) => httpGet(url, resolve).on('error', reject)),
    ),
  );
  for (const response of open) response.once('readable', () => response.read(1));
  await new Promise((resolve) => setTimeout(resolve, 3000));
  for (const response of open) response.destroy();
  const [, kib] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'));
  return { 'peak, MiB': Number(kib) / 1024 };
}

const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];

/** Seconds of processor time that a server has taken. Of a busy machine, they say more than seconds by the clock. Source: proc_pid_stat(5). */
function cpuSeconds({ pid }) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** The median of several rounds, the servers in turns. */
async function compare(title, servers, measure, rounds = ROUNDS) {
  const seen = new Map(servers.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++)
    for (const server of servers) {
      const before = cpuSeconds(server);
      const facts = await measure(server);
      seen.get(server.name).push({ ...facts, 'processor, s': cpuSeconds(server) - before });
    }
  for (const [name, results] of seen) {
    const facts = Object.keys(results[0]).map(
      (fact) => `${fact} ${median(results.map((one) => one[fact])).toFixed(2)}`,
    );
    console.log(`${title.padEnd(34)} ${name.padEnd(6)} ${facts.join('  ')}`);
  }
}

makeData();
const servers = [];
try {
  servers.push(await startVarve());
  const [own] = servers;
  console.log(
    'first reading of all, varve alone:',
    await large(own, 'whole.png'),
    await ranges(own, 'chunked.bin'),
  );
  servers.push(await startOther());
  await compare(`GetObject, whole, ${mib} MiB`, servers, (server) => large(server, 'whole.png'));
  await compare(`GetObject, in chunks, ${mib} MiB`, servers, (server) => large(server, 'chunked.bin'));
  await compare(`GetObject, ${objects} objects`, servers, small, 3);
  await compare('ranges of 64 KiB, whole', servers, (server) => ranges(server, 'whole.png'), 3);
  await compare('ranges of 64 KiB, in chunks', servers, (server) => ranges(server, 'chunked.bin'), 3);
  await compare(`memory at ${CONNECTIONS} connections`, servers, memory, 1);
  await compare(`listing of ${keys} keys`, servers, listing, 2);
  await compare(`memory after that`, servers, memory, 1);
} finally {
  for (const { stop } of servers) await stop();
  agent.destroy();
  // A server that was stopped may write to its end.
  rmSync(work, { recursive: true, force: true, maxRetries: 20, retryDelay: 200 });
}
