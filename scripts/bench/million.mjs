// What a dataset of a million small files costs through the command line, and what a change of one of them costs then.
//
// Usage: node scripts/bench/million.mjs [files, 1000000]
//   VARVE_BENCH_DIR=/path  where to work; a million files take 4 GB of blocks
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { measured } from './measure.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const count = Number(process.argv[2] ?? 1_000_000);
const PER_FOLDER = 1000;
const work = mkdtempSync(join(process.env.VARVE_BENCH_DIR ?? tmpdir(), 'varve-million-'));
process.on('exit', () => rmSync(work, { recursive: true, force: true }));
const repository = join(work, 'repository');
const remote = join(work, 'remote');

const run = (...command) => measured(command, { cwd: repository });

function bytesIn(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).reduce(
    (sum, entry) => sum + (entry.isFile() ? statSync(join(entry.parentPath, entry.name)).size : 0),
    0,
  );
}

function varve(step, ...args) {
  const before = bytesIn(remote);
  const { seconds, mib } = run(process.execPath, join(root, 'bin', 'varve.js'), ...args);
  const sent = args[0] === 'push' ? `${((bytesIn(remote) - before) / 1024).toFixed(1)} KiB` : '';
  console.log(`| ${step} | ${seconds.toFixed(1)} s | ${mib} MiB | ${sent} |`);
}

const pathOf = (number) =>
  `data/d${String(Math.floor(number / PER_FOLDER)).padStart(5, '0')}/f${String(number).padStart(8, '0')}.txt`;

mkdirSync(repository);
mkdirSync(remote);
for (let number = 0; number < count; number++) {
  if (number % PER_FOLDER === 0) mkdirSync(join(repository, dirname(pathOf(number))), { recursive: true });
  writeFileSync(join(repository, pathOf(number)), `file ${number}\n`);
}
const git = (...args) => run('git', '-c', 'user.name=bench', '-c', 'user.email=bench@example.org', ...args);
git('init', '-q');
console.log(`| ${count.toLocaleString('en-US')} files | time | memory | sent |\n| --- | --- | --- | --- |`);
varve('`varve init`', 'init');
varve('`varve remote add`', 'remote', 'add', 'origin', remote);
varve('`varve add data`', 'add', 'data');
git('add', '-A');
git('commit', '-qm', 'one');
varve('`varve status`, nothing changed', 'status');
varve('`varve push`', 'push');
varve('`varve push`, nothing new', 'push');
writeFileSync(join(repository, pathOf(count >> 1)), 'changed\n');
varve('`varve status`, one file changed', 'status');
varve('`varve add data`, one file changed', 'add', 'data');
varve('`varve diff`', 'diff');
varve('`varve push`, one file changed', 'push');
