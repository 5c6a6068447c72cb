// Measures the start page of `varve serve`: 200 datasets of 100 versions each, in Chromium, right after the server began and again later.
// Usage: node scripts/bench/pages.mjs [DATASETS] [VERSIONS]; VARVE_CHROMIUM names the browser. Prints milliseconds and megabytes.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const [datasets = 200, versions = 100] = process.argv.slice(2).map(Number);
const binary = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'bin', 'varve.js');
/** Different data; versions take turns among them. */
const STATES = 4;
const ROWS = 300;
const COLUMNS = 20;
const RUNS = 5;

const folder = mkdtempSync(join(tmpdir(), 'varve-bench-pages-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
const repo = join(folder, 'repo');
const env = {
  ...process.env,
  HOME: folder,
  GIT_AUTHOR_NAME: 'Ann',
  GIT_AUTHOR_EMAIL: 'ann@example.org',
  GIT_COMMITTER_NAME: 'Ann',
  GIT_COMMITTER_EMAIL: 'ann@example.org',
};

function run(command, args) {
  const { status, stderr } = spawnSync(command, args, { cwd: repo, env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${stderr}`);
}

const names = Array.from({ length: datasets }, (_, at) => `data/table-${String(at).padStart(4, '0')}.csv`);

function table(seed) {
  const head = Array.from({ length: COLUMNS }, (_, column) => `column_${column}`).join(',');
  let state = seed * 7919 + 1;
  const next = () => {
    state = (state * 48_271) % 2_147_483_647;
    return state % (1000 + 37 * seed);
  };
  const rows = Array.from({ length: ROWS }, () => Array.from({ length: COLUMNS }, next).join(','));
  return `${[head, ...rows].join('\n')}\n`;
}

mkdirSync(join(repo, 'data'), { recursive: true });
run('git', ['init', '-q', '-b', 'main']);
run(process.execPath, [binary, 'init']);
const pointers = [];
for (let state = 0; state < STATES; state++) {
  for (const [at, name] of names.entries()) writeFileSync(join(repo, name), table(state * datasets + at));
  run(process.execPath, [binary, 'add', ...names]);
  console.error(`added state ${state + 1} of ${STATES} after ${Math.round(performance.now() / 1000)} s`);
  pointers.push(names.map((name) => readFileSync(join(repo, `${name}.varve`))));
}
for (let version = 0; version < versions; version++) {
  for (const [at, name] of names.entries())
    writeFileSync(join(repo, `${name}.varve`), pointers[version % STATES][at]);
  run('git', ['add', '-A']);
  run('git', ['commit', '-qm', `version ${version}`]);
}

function start() {
  const child = spawn(
    process.execPath,
    [binary, 'serve', '--anonymous', '--json', '--log', 'error', '--listen', '127.0.0.1:0'],
    { cwd: repo, env, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  return new Promise((resolve) => {
    createInterface(child.stdout).once('line', (line) => resolve({ child, url: JSON.parse(line).url }));
  });
}

const browser = await chromium.launch({
  executablePath: process.env.VARVE_CHROMIUM ?? 'chromium',
  args: ['--no-sandbox'],
});

/** First paint and end of the page, in milliseconds from the navigation on. */
async function measured(url) {
  const page = await browser.newPage();
  await page.goto(url, { waitUntil: 'load' });
  await page.waitForFunction(`performance.getEntriesByName('first-contentful-paint').length > 0`);
  const times = await page.evaluate(`({
    paint: performance.getEntriesByName('first-contentful-paint')[0].startTime,
    load: performance.getEntriesByType('navigation')[0].loadEventStart,
    bytes: performance.getEntriesByType('navigation')[0].encodedBodySize,
  })`);
  await page.close();
  return times;
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
// The browser itself is warm; nothing of the server is.
const blank = await browser.newPage();
await blank.setContent('warm');
const results = { first: [], again: [], list: [] };
let memory = 0;
let bytes = 0;
for (let time = 0; time < RUNS; time++) {
  const { child, url } = await start();
  const first = await measured(`${url}/ui/repo/datasets/main`);
  results.first.push(first);
  results.again.push(await measured(`${url}/ui/repo/datasets/main`));
  results.list.push(await measured(`${url}/ui/repo/versions/main/${names[0]}`));
  bytes = first.bytes;
  memory = Math.max(
    memory,
    Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))[1]) / 1024,
  );
  child.kill();
}
await browser.close();

console.log(`${datasets} datasets of ${versions} versions, ${COLUMNS} columns each; medians of ${RUNS}`);
for (const [name, title] of [
  ['first', 'start page, the first request of the server'],
  ['again', 'start page, again'],
  ['list', 'versions of one dataset, first request'],
])
  console.log(
    `${title}: first paint ${Math.round(median(results[name].map((one) => one.paint)))} ms, whole page ${Math.round(median(results[name].map((one) => one.load)))} ms`,
  );
console.log(`start page ${Math.round(bytes / 1024)} KiB; the server had ${Math.round(memory)} MiB at most`);
