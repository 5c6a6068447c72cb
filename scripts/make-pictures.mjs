// Makes the pictures of README.md and docs/: pages that varve writes, of the flights in fixtures/, in Chromium.
// Usage: npm run build && node scripts/make-pictures.mjs; VARVE_CHROMIUM names the browser. Look at each picture before you commit it.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const binary = join(root, 'bin', 'varve.js');
const pictures = join(root, 'docs', 'pictures');
const folder = mkdtempSync(join(tmpdir(), 'varve-pictures-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
const repo = join(folder, 'flights');
const ann = { name: 'Ann', email: 'ann@example.org' };
const env = {
  ...process.env,
  HOME: folder,
  GIT_AUTHOR_NAME: ann.name,
  GIT_AUTHOR_EMAIL: ann.email,
  GIT_COMMITTER_NAME: ann.name,
  GIT_COMMITTER_EMAIL: ann.email,
};

/** The day after the last flight of a version, so that pictures made on another day are the same. */
let today = '2013-01-01';

function run(command, ...words) {
  const date = `${today}T00:00:00Z`;
  const dated = { ...env, GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date };
  const { status, stderr } = spawnSync(command, words, { cwd: repo, env: dated, encoding: 'utf8' });
  // 1 says that a check found something, which is what the pictures show.
  if (status !== 0 && status !== 1) throw new Error(`${command} ${words.join(' ')}: ${stderr}`);
}
const varve = (...words) => run(process.execPath, binary, ...words);

const [header, ...rows] = readFileSync(join(root, 'fixtures', 'flights-sample.csv'), 'utf8')
  .trimEnd()
  .split('\n');

function addVersion(path, first, last, subject) {
  const chosen = rows.filter((row) => {
    const month = Number(row.split(',')[1]);
    return first <= month && month <= last;
  });
  today = new Date(Date.UTC(2013, last, 1)).toISOString().slice(0, 10);
  writeFileSync(join(repo, path), `${[header, ...chosen].join('\n')}\n`);
  varve('add', path);
  run('git', 'add', '-A');
  run('git', 'commit', '-q', '-m', subject);
}

/** The page that `varve serve` shows first, while `look` looks at it. */
async function serving(look) {
  const server = spawn(process.execPath, [binary, 'serve', '--listen', '127.0.0.1:0', '--anonymous'], {
    cwd: repo,
    env,
  });
  try {
    for await (const line of createInterface({ input: server.stdout })) {
      const url = /https?:\/\/127\.0\.0\.1:\d+\S*/.exec(line)?.[0];
      if (url !== undefined) return await look(url);
    }
    throw new Error('varve serve ended');
  } finally {
    server.kill();
  }
}

/** @param height pixels from the top of the page */
async function take(browser, url, name, height) {
  for (const colorScheme of ['light', 'dark']) {
    const page = await browser.newPage({ viewport: { width: 1100, height }, colorScheme });
    await page.goto(url);
    await page.screenshot({ path: join(pictures, `${name}-${colorScheme}.png`) });
    await page.close();
  }
}

mkdirSync(pictures, { recursive: true });
mkdirSync(join(repo, 'data'), { recursive: true });
run('git', 'init', '-q', '-b', 'main');
varve('init');
for (let month = 1; month <= 12; month++)
  addVersion('data/month.csv', month, month, `Flights of month ${month}`);
addVersion('data/flights.csv', 1, 6, 'Flights of the first half of 2013');
addVersion('data/flights.csv', 7, 12, 'Flights of the second half of 2013');
const drift = ['drift', 'data/flights.csv@HEAD~1', 'data/flights.csv', '--format', 'html'];
varve(...drift, '--output', 'drift.html');
varve('profile', 'data/flights.csv', '--format', 'html', '--output', 'profile.html');
const browser = await chromium.launch({
  executablePath: process.env.VARVE_CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
try {
  await take(browser, pathToFileURL(join(repo, 'drift.html')).href, 'drift', 556);
  await take(browser, pathToFileURL(join(repo, 'profile.html')).href, 'profile', 724);
  await serving((url) => take(browser, `${url}/ui/flights/history/main/data/month.csv`, 'serve', 980));
} finally {
  await browser.close();
}
