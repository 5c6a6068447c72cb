// Times varve beside DVC in one and the same DVC repository with 10,000 small files: add, status, push to MinIO, push again,
// pull into a fresh clone. Both tools take turns on the same data in one run, so that the ratios mean something on any machine.
//
// Usage: node scripts/bench/dvc.mjs [--files 10000] [--jobs 16,64]
//   VARVE_DVC=/path/to/dvc  names DVC where it is not on PATH; of the given --jobs, its best counts
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { makeSmallFiles } from './data.mjs';
import { startMinio } from './minio.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const { values: flags } = parseArgs({
  options: { files: { type: 'string', default: '10000' }, jobs: { type: 'string', default: '16,64' } },
});
const dvc = process.env.VARVE_DVC ?? 'dvc';
const missing = spawnSync(dvc, ['--version']).status !== 0;
if (missing) {
  console.log('DVC is not installed: there is nothing to compare with (name it in VARVE_DVC).');
  process.exit(0);
}
const work = mkdtempSync(join(process.env.VARVE_BENCH_DIR ?? tmpdir(), 'varve-bench-dvc-'));
process.on('exit', () => rmSync(work, { recursive: true, force: true }));
const minio = await startMinio(join(work, 'minio'));
if (!minio) {
  console.log('No MinIO here: nothing to push to.');
  process.exit(0);
}

const env = {
  ...process.env,
  XDG_CONFIG_HOME: join(work, 'config'),
  ...minio.env,
  AWS_REGION: 'us-east-1',
  DVC_NO_ANALYTICS: '1',
  DVC_GLOBAL_CONFIG_DIR: join(work, 'global'),
};

function run(command, cwd, site = 'site') {
  const started = process.hrtime.bigint();
  execFileSync(command[0], command.slice(1), {
    cwd,
    env: { ...env, DVC_SITE_CACHE_DIR: join(work, site) },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return Number(process.hrtime.bigint() - started) / 1e9;
}

function repository(name) {
  const folder = join(work, name);
  run(['git', 'init', '-q', folder], work);
  run(['git', 'config', 'user.email', 'bench@example.org'], folder);
  run(['git', 'config', 'user.name', 'bench'], folder);
  run([dvc, 'init', '-q'], folder);
  run([dvc, 'remote', 'add', '-q', '-d', 'origin', `s3://${minio.bucket}/${name}`], folder);
  run([dvc, 'remote', 'modify', 'origin', 'endpointurl', minio.endpoint], folder);
  run([...varveCommand, 'trust'], folder);
  makeSmallFiles(join(folder, 'data'), Number(flags.files));
  return folder;
}

/** Seconds of each step; a file system cache of DVC of its own for each tool, as in a fresh checkout. */
function measure(name, command, jobs) {
  const folder = repository(name);
  const seconds = { add: run([...command, 'add', 'data'], folder, name) };
  run(['git', 'add', '-A'], folder);
  run(['git', 'commit', '-qm', 'data'], folder);
  run([...command, 'status'], folder, name);
  seconds.status = Math.min(...[1, 2, 3].map(() => run([...command, 'status'], folder, name)));
  seconds.push = run([...command, 'push', ...jobs], folder, name);
  seconds.again = run([...command, 'push', ...jobs], folder, name);
  const clone = `${folder}-clone`;
  run(['git', 'clone', '-q', folder, clone], work);
  run([...varveCommand, 'trust'], clone);
  seconds.pull = run([...command, 'pull', ...jobs], clone, `${name}-clone`);
  run(['diff', '-r', '-q', join(folder, 'data'), join(clone, 'data')], work);
  run([dvc, 'status', '-q'], clone, `${name}-clone`);
  // Nothing is removed before the end: ext4 does not use the inodes of removed files again for minutes, and searches long for others.
  return seconds;
}

const steps = ['add', 'status', 'push', 'again', 'pull'];
const varveCommand = [process.execPath, join(root, 'bin', 'varve.js')];
if (!existsSync(varveCommand[1])) throw new Error('Run `npm run build` first');
// In turn, and as many turns for one as for the other, since a disk is not always as fast; of each step, a tool's best counts.
const own = { name: 'varve', turns: [] };
const peers = flags.jobs.split(',').map((jobs) => ({ name: `dvc --jobs ${jobs}`, jobs, turns: [] }));
for (const peer of peers) {
  peer.turns.push(measure(`dvc-${peer.jobs}`, [dvc], ['--jobs', peer.jobs]));
  own.turns.push(measure(`varve-${peer.jobs}`, varveCommand, []));
}
minio.stop();

const best = (turns, step) => Math.min(...turns.map((seconds) => seconds[step]));
console.log(
  `\n| ${flags.files} files of 4–12 KiB | ${steps.join(' | ')} |\n|---|${steps.map(() => '---|').join('')}`,
);
for (const { name, turns } of [own, ...peers]) {
  console.log(`| ${name} | ${steps.map((step) => `${best(turns, step).toFixed(2)} s`).join(' | ')} |`);
}
const allPeers = peers.flatMap(({ turns }) => turns);
const ratios = steps.map((step) => `${step} ${(best(allPeers, step) / best(own.turns, step)).toFixed(1)}×`);
console.log(`\nvarve is faster than DVC with its best --jobs by ${ratios.join(', ')}.`);
