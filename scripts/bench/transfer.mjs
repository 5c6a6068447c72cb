// Times add, status, push and pull of one large file and of many small ones, to a folder and to MinIO, beside sha256sum,
// cp and, where they are installed, DVC, rclone and restic: all in one run, so that the ratios mean something on any machine.
// Beside the clock stand the seconds of the processor, which say more on a machine that has other work.
//
// Then: add of a table with its statistics beside either alone, add and status of very many files, and how long commands take to start.
//
// Usage: node scripts/bench/transfer.mjs [--large 1024] [--files 10000] [--only large|many] [--targets folder,minio] [--table 1024] [--more-files 60000]
//   VARVE_DVC=/path/to/dvc  names DVC where it is not on PATH
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { makeLargeFile, makeSmallFiles, makeTable } from './data.mjs';
import { startMinio } from './minio.mjs';
import { HEAD, makeTools, ratio, rowOf, STEPS, show } from './tools.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const varve = [process.execPath, join(root, 'bin', 'varve.js')];
const { values: flags } = parseArgs({
  options: {
    large: { type: 'string', default: '1024' },
    files: { type: 'string', default: '10000' },
    only: { type: 'string' },
    targets: { type: 'string', default: 'folder,minio' },
    table: { type: 'string', default: '1024' },
    'more-files': { type: 'string', default: '60000' },
  },
});

const work = mkdtempSync(join(process.env.VARVE_BENCH_DIR ?? tmpdir(), 'varve-bench-'));
// What is agreed to here is not remembered where a person's consents are.
process.env.XDG_CONFIG_HOME = join(work, 'config');
process.on('exit', () => rmSync(work, { recursive: true, force: true }));
const both = ({ seconds, processor }) => `${seconds.toFixed(2)} s (${processor.toFixed(1)} s)`;
const rows = [];

/** A row is shown when it is measured, so that a run that is cut off was not in vain. */
function note(row) {
  rows.push(row);
  console.log(rowOf(row));
}

const { time, timeShort, quiet, gitRepository, run, tools } = makeTools(work, varve);
if (tools.length === 1) console.log('DVC is not installed: its rows are left out (name it in VARVE_DVC).');

/** rclone copies the folder as it is, to the bucket and back; each file is compared by its checksum. */
function runRclone(workload, target) {
  const env = {
    RCLONE_CONFIG_BENCH_TYPE: 's3',
    RCLONE_CONFIG_BENCH_PROVIDER: 'Minio',
    RCLONE_CONFIG_BENCH_ENV_AUTH: 'true',
    RCLONE_CONFIG_BENCH_ENDPOINT: target.endpoint ?? '',
    ...minio?.env,
    // rclone takes its own certificates, and refuses to start where this names others.
    AWS_CA_BUNDLE: '',
  };
  const place = target.endpoint ? `bench:${minio.bucket}/rclone-${workload.id}` : target.url('rclone');
  const back = join(work, 'rclone-back');
  const copy = (...ways) => time(['rclone', 'copy', '--checksum', '--transfers', '16', ...ways], work, env);
  const push = copy(workload.path, place);
  const again = copy(workload.path, place);
  const pull = copy(place, back);
  rmSync(back, { recursive: true });
  note({ workload: workload.name, target: target.name, tool: 'rclone', push, again, pull });
}

/** restic cuts, encrypts and sends in one step, so that its push is to be held against add and push. */
function runRestic(workload, target) {
  const place = target.endpoint
    ? `s3:${target.endpoint}/${minio.bucket}/restic-${workload.id}`
    : target.url('restic');
  const env = { RESTIC_PASSWORD: 'bench', RESTIC_REPOSITORY: place, ...minio?.env };
  const cache = ['--cache-dir', join(work, 'restic-cache')];
  const back = join(work, 'restic-back');
  quiet(['restic', '-q', 'init', ...cache], work, env);
  const push = time(['restic', 'backup', ...cache, workload.path], work, env);
  const again = time(['restic', 'backup', ...cache, workload.path], work, env);
  const pull = time(['restic', 'restore', 'latest', ...cache, '--target', back], work, env);
  rmSync(back, { recursive: true });
  note({ workload: workload.name, target: target.name, tool: 'restic', push, again, pull });
}

const isInstalled = (command) => spawnSync(command, ['version']).status === 0;
const peers = [...(isInstalled('rclone') ? [runRclone] : []), ...(isInstalled('restic') ? [runRestic] : [])];

const workloads = [];
if (flags.only !== 'many') workloads.push(makeLargeFile(join(work, 'large'), Number(flags.large)));
if (flags.only !== 'large') workloads.push(makeSmallFiles(join(work, 'many'), Number(flags.files)));

const minio = flags.targets.includes('minio') ? await startMinio(join(work, 'minio')) : undefined;
if (flags.targets.includes('minio') && !minio) console.log('No MinIO here: its rows are left out.');
const floor = [];
console.log(HEAD);
for (const workload of workloads) {
  const list = `find ${workload.path} -type f -print0 | xargs -0 sha256sum > /dev/null`;
  const hash = time(['sh', '-c', list], work);
  const copy = time(['cp', '-r', workload.path, join(work, 'copy')], work);
  rmSync(join(work, 'copy'), { recursive: true });
  floor.push({ workload: workload.name, hash, copy });
  console.log(`| ${workload.name} | – | sha256sum, cp | ${both(hash)} + ${both(copy)} | | | | |`);
  const targets = [];
  if (flags.targets.includes('folder')) {
    const url = (tool) => join(work, `remote-${tool}-${workload.id}`);
    targets.push({
      name: 'folder',
      url,
      place: (place) => ({ url: join(work, `remote-${place}`), flags: [], settings: {} }),
    });
  }
  if (minio) {
    targets.push({
      name: 'minio',
      endpoint: minio.endpoint,
      place: (place) => ({
        url: `s3://${minio.bucket}/${place}`,
        flags: ['--endpoint', minio.endpoint, '--region', 'us-east-1'],
        settings: { endpointurl: minio.endpoint },
      }),
    });
  }
  for (const target of targets) {
    for (const tool of tools) note(await run(tool, workload, target, minio?.env ?? {}));
    for (const runPeer of peers) runPeer(workload, target);
  }
}
minio?.stop();

for (const row of rows.filter(({ tool }) => tool === 'varve')) {
  const base = floor.find(({ workload }) => workload === row.workload);
  const limit = {
    seconds: base.hash.seconds + base.copy.seconds,
    processor: base.hash.processor + base.copy.processor,
  };
  const limits = ['add', 'push', 'pull'].map((step) => `${step} ${ratio(row[step], limit)}`);
  console.log(`\n${row.workload}, ${row.target}: of sha256sum + cp, ${limits.join(', ')}.`);
  for (const peer of rows) {
    if (peer.tool === 'varve' || peer.workload !== row.workload || peer.target !== row.target) continue;
    const factors = STEPS.filter((step) => peer[step]).map(
      (step) => `${step} ${ratio(peer[step], row[step])}`,
    );
    console.log(`${row.workload}, ${row.target}: ${peer.tool} takes ${factors.join(', ')} of varve.`);
  }
}

if (Number(flags.table) > 0) timeTable(Number(flags.table));
if (Number(flags['more-files']) > 0) timeManyFiles(Number(flags['more-files']));
console.log(
  `\n${execFileSync(process.execPath, [join(root, 'scripts', 'bench', 'start.mjs'), '30'], { encoding: 'utf8' })}`,
);

/** Add of a table with its statistics, beside the store's part and the statistics alone. */
function timeTable(mib) {
  const repository = join(work, 'table');
  gitRepository(repository);
  quiet([...varve, 'init'], repository);
  const path = join(repository, 'table.csv');
  makeTable(path, mib);
  // By a name that is none of a table, the same bytes have no statistics.
  renameSync(path, join(repository, 'table.bin'));
  const alone = time([...varve, 'add', 'table.bin'], repository);
  renameSync(join(repository, 'table.bin'), path);
  rmSync(join(repository, '.git', 'varve', 'cache'), { recursive: true });
  const profile = time([...varve, 'profile', 'table.csv'], repository);
  const together = time([...varve, 'add', 'table.csv'], repository);
  const slower = Math.max(alone.seconds, profile.seconds);
  console.log(`\n| CSV of ${mib} MiB | |\n|---|---|`);
  console.log(`| add, no statistics | ${show(alone)} |\n| profile | ${show(profile)} |`);
  console.log(
    `| add | ${show(together)}, ${(together.seconds / slower).toFixed(2)}× of the slower of these |`,
  );
  rmSync(repository, { recursive: true });
}

function timeManyFiles(count) {
  const repository = join(work, 'more');
  gitRepository(repository);
  quiet([...varve, 'init'], repository);
  makeSmallFiles(join(repository, 'data'), count);
  const add = time([...varve, 'add', 'data'], repository);
  const status = timeShort([...varve, 'status'], repository);
  console.log(
    `\n| ${count} files of 4–12 KiB | |\n|---|---|\n| add | ${show(add)} |\n| status | ${show(status)} |`,
  );
  rmSync(repository, { recursive: true });
}
