/**
 * Load and soak of `varve serve --observe`: rows of 20 features are posted as fast as the server takes them, beside clients that send
 * slowly, send nonsense, hold connections open, read versions and break off, or look at pages, while commits are made in the repository and
 * gc runs there. Prints a line each ten seconds, and what it was in the end: rows a second, memory, delay of the event loop, open files, what
 * was dropped and what failed. Start it by `node scripts/bench/soak.mjs [MINUTES [ROWS_A_SECOND]]`; the server keeps to one core where
 * `taskset` is there.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

const MINUTES = Number(process.argv[2] ?? 1);
/** As fast as the server takes them unless given. */
const ROWS_PER_SECOND = Number(process.argv[3] ?? Number.POSITIVE_INFINITY);
const ROWS_PER_REQUEST = 500;
const SENDERS = 4;
const IDLE_CONNECTIONS = 2000;
const WINDOW_ROWS = 100_000;
/** Keeps a process to the first core, on Linux. */
const PINNING = ['taskset', '-c', '0'];
const REPORT_MS = 10_000;
const BINARY = join(import.meta.dirname, '../../bin/varve.js');

const folder = mkdtempSync(join(tmpdir(), 'varve-soak-'));
const repo = join(folder, 'repo');
const env = {
  ...process.env,
  XDG_CONFIG_HOME: join(folder, 'config'),
  XDG_STATE_HOME: join(folder, 'state'),
  GIT_AUTHOR_NAME: 'soak',
  GIT_AUTHOR_EMAIL: 'soak@example.org',
  GIT_COMMITTER_NAME: 'soak',
  GIT_COMMITTER_EMAIL: 'soak@example.org',
};
const run = (program, ...args) => execFileSync(program, args, { cwd: repo, env, encoding: 'utf8' });
const varve = (...args) => run(process.execPath, BINARY, ...args);

const NAMES = Array.from({ length: 20 }, (_, at) => `f${at}`);
/** Whole numbers, fractions and words, as tables have them. */
function rowOf(seed) {
  return Object.fromEntries(
    NAMES.map((name, at) => {
      const value = (seed * 7919 + at * 104_729) % 10_007;
      return [name, at % 3 === 0 ? value : at % 3 === 1 ? value / 7 : `word-${value % 50}`];
    }),
  );
}

function prepare() {
  execFileSync('git', ['init', '-q', '-b', 'main', repo], { env });
  varve('init');
  addVersion(20_000);
}

function addVersion(rows) {
  const lines = Array.from({ length: rows }, (_, seed) => JSON.stringify(rowOf(seed)));
  writeFileSync(join(repo, 'served.jsonl'), `${lines.join('\n')}\n`);
  varve('add', 'served.jsonl');
  run('git', 'add', '-A');
  run('git', 'commit', '-qm', `${rows} rows`);
}

async function startServer() {
  const words = [BINARY, 'serve', '--anonymous', '--json', '--listen', '127.0.0.1:0', '--log', 'warn'];
  const args = [
    ...words,
    '--observe',
    'served.jsonl@HEAD',
    '--window',
    String(WINDOW_ROWS),
    '--client-limit',
    '4096',
  ];
  const isPinned = spawnSync(PINNING[0], ['--version']).status === 0;
  const [program, ...rest] = isPinned ? [...PINNING, process.execPath, ...args] : [process.execPath, ...args];
  const child = spawn(program, rest, { cwd: repo, env, stdio: ['ignore', 'pipe', 'inherit'] });
  const line = await new Promise((resolve) => createInterface(child.stdout).once('line', resolve));
  return { child, url: new URL(JSON.parse(line).url), isPinned };
}

const agent = new Agent({ keepAlive: true, maxSockets: SENDERS });

function post(url, body, type) {
  return new Promise((resolve) => {
    const sent = request(
      new URL('/v1/observe/served.jsonl', url),
      { method: 'POST', agent, headers: { 'content-type': type, 'content-length': body.length } },
      (answer) => {
        answer.resume();
        answer.on('end', () => resolve(answer.statusCode)).on('error', () => resolve(0));
      },
    );
    sent.on('error', () => resolve(0));
    sent.end(body);
  });
}

async function metricsOf(url) {
  const text = await (await fetch(new URL('/metrics', url))).text();
  const value = (name) =>
    Number(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'm').exec(text)?.[1] ?? Number.NaN);
  return {
    rows: value('varve_observe_rows_total'),
    malformed: value('varve_observe_malformed_total'),
    dropped: value('varve_observe_dropped_total'),
    windows: value('varve_observe_windows_total'),
    failed: value('varve_observe_failed_total'),
    memory: value('process_resident_memory_bytes'),
    cpu: value('process_cpu_seconds_total'),
    delay: value('varve_event_loop_delay_seconds'),
    queue: value('varve_observe_queue_bytes'),
  };
}

/** Posts as fast as it is let. What is refused is sent again, as the answer asks. */
async function sendRows(url, until, bodies) {
  for (let at = 0; Date.now() < until; at++) {
    const status = await post(url, bodies[at % bodies.length], 'application/json');
    if (status !== 202) await sleep(100);
    else if (Number.isFinite(ROWS_PER_SECOND))
      await sleep((SENDERS * ROWS_PER_REQUEST * 1000) / ROWS_PER_SECOND);
  }
}

async function sendNonsense(url, until) {
  const pieces = [
    '{',
    '}',
    '[',
    ']',
    '"inputs"',
    ':',
    ',',
    '1e999',
    '"shape"',
    '\u0000',
    '"instances"',
    'null',
    '"',
  ];
  for (let seed = 1; Date.now() < until; seed++) {
    const length = seed % 40;
    const text = Array.from({ length }, (_, at) => pieces[(seed * 31 + at * at * 17) % pieces.length]).join(
      '',
    );
    await post(url, Buffer.from(text), seed % 2 === 0 ? 'application/json' : 'application/x-ndjson');
    await sleep(50);
  }
}

/** Sends a body of which a byte comes each second. */
async function sendSlowly(url, until) {
  while (Date.now() < until) {
    const socket = connect(Number(url.port), url.hostname).on('error', () => undefined);
    socket.write(
      'POST /v1/observe/served.jsonl HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n',
    );
    for (let sent = 0; sent < 40 && !socket.destroyed && Date.now() < until; sent++) {
      socket.write('[');
      await sleep(1000);
    }
    socket.destroy();
  }
}

function openConnections(url) {
  return Array.from({ length: IDLE_CONNECTIONS }, () =>
    connect(Number(url.port), url.hostname).on('error', () => undefined),
  );
}

/** Commits, and each fourth time collects what nothing needs. */
async function changeRepository(until) {
  for (let rows = 20_001; Date.now() < until; rows++) {
    addVersion(rows);
    if (rows % 4 === 0) varve('gc');
    await sleep(15_000);
  }
}

const VIEWS = ['datasets', 'versions', 'profile', 'drift', 'history', 'files', 'search'];

/** Reads a version whole, breaks another off, and looks at a page, over and over. Counts what was not answered as it should be. */
async function readVersions(url, until, failures) {
  const whole = readFileSync(join(repo, 'served.jsonl')).length;
  for (let at = 0; Date.now() < until; at++) {
    try {
      const listed = await fetch(new URL('/repo?list-type=2&prefix=HEAD/', url));
      await listed.text();
      const answer = await fetch(new URL('/repo/main/served.jsonl', url));
      const { length } = new Uint8Array(await answer.arrayBuffer());
      if (answer.status !== 200 || length < whole) failures.push(`read: ${answer.status}, ${length} bytes`);
      const broken = new AbortController();
      await fetch(new URL('/repo/main/served.jsonl', url), { signal: broken.signal });
      broken.abort();
      const view = VIEWS[at % VIEWS.length];
      const path = ['datasets', 'search'].includes(view) ? '' : '/served.jsonl';
      const page = await fetch(new URL(`/ui/repo/${view}/main${path}?q=f1`, url));
      if (page.status !== 200 || !(await page.text()).includes('</main>'))
        failures.push(`${view}: ${page.status}`);
    } catch (error) {
      failures.push(`${error.message} ${error.cause ?? ''}`);
    }
    await sleep(200);
  }
}

/** Files and sockets that a process holds open; undefined where the system does not tell. */
function openFiles(pid) {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return undefined;
  }
}

/** Processor time of a process and of those that it started and that ended, in seconds; undefined where the system does not tell. */
function cpuSeconds(pid) {
  const TICKS = 100;
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at]), 0) / TICKS;
  } catch {
    return undefined;
  }
}

async function report(url, until) {
  let most = 0;
  let longest = 0;
  let before = await metricsOf(url);
  while (Date.now() < until) {
    await sleep(Math.min(REPORT_MS, until - Date.now()));
    const now = await metricsOf(url);
    most = Math.max(most, now.memory);
    longest = Math.max(longest, now.delay);
    const seconds = REPORT_MS / 1000;
    console.log(
      `${Math.round((now.rows - before.rows) / seconds)} rows/s, ${Math.round(now.memory / 2 ** 20)} MiB, delay ${Math.round(now.delay * 1000)} ms, ` +
        `queue ${Math.round(now.queue / 2 ** 20)} MiB, ${now.windows} windows, ${now.failed} failed, ${now.dropped} dropped, ${now.malformed} malformed`,
    );
    before = now;
  }
  return { most, longest };
}

prepare();
const { child, url, isPinned } = await startServer();
const bodies = Array.from({ length: 20 }, (_, body) =>
  Buffer.from(
    JSON.stringify({
      instances: Array.from({ length: ROWS_PER_REQUEST }, (_, row) => rowOf(body * ROWS_PER_REQUEST + row)),
    }),
  ),
);
const idle = openConnections(url);
const failures = [];
const begun = Date.now();
const until = begun + MINUTES * 60_000;
const [{ most, longest }] = await Promise.all([
  report(url, until),
  ...Array.from({ length: SENDERS }, () => sendRows(url, until, bodies)),
  sendNonsense(url, until),
  sendSlowly(url, until),
  changeRepository(until),
  readVersions(url, until, failures),
]);
const end = await metricsOf(url);
const seconds = (Date.now() - begun) / 1000;
// The process that counts ends when it had no work for some seconds: then its time is known.
await sleep(8000);
const cpu = cpuSeconds(child.pid);
console.log(
  JSON.stringify({
    minutes: MINUTES,
    oneCore: isPinned,
    rowsPerSecond: Math.round(end.rows / seconds),
    mostMemoryMiB: Math.round(most / 2 ** 20),
    longestDelayMs: Math.round(longest * 1000),
    connections: idle.length,
    openFiles: openFiles(child.pid),
    failures: failures.length,
    firstFailures: failures.slice(0, 5),
    ...end,
    cpu,
    rowsPerCpuSecond: cpu && Math.round(end.rows / cpu),
  }),
);
for (const socket of idle) socket.destroy();
agent.destroy();
await sleep(2000);
console.log(`${openFiles(child.pid)} open files without connections`);
child.kill('SIGTERM');
const code = await new Promise((resolve) => child.once('exit', resolve));
console.log(`ended with ${code}`);
rmSync(folder, { recursive: true, force: true });
