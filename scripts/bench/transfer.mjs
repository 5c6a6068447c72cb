// Times add, status, push and pull of one large file and of many small ones, to a folder and to MinIO, beside sha256sum,
// cp and, where it is installed, DVC: all in one run, so that the ratios mean something on any machine.
//
// Usage: node scripts/bench/transfer.mjs [--large 1024] [--files 10000] [--only large|many] [--targets folder,minio]
//   VARVE_DVC=/path/to/dvc  names DVC where it is not on PATH
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { makeLargeFile, makeSmallFiles } from './data.mjs';
import { measured } from './measure.mjs';
import { startMinio } from './minio.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const varve = [process.execPath, join(root, 'bin', 'varve.js')];
const { values: flags } = parseArgs({
  options: {
    large: { type: 'string', default: '1024' },
    files: { type: 'string', default: '10000' },
    only: { type: 'string' },
    targets: { type: 'string', default: 'folder,minio' },
  },
});

const work = mkdtempSync(join(process.env.VARVE_BENCH_DIR ?? tmpdir(), 'varve-bench-'));
// What is agreed to here is not remembered where a person's consents are.
process.env.XDG_CONFIG_HOME = join(work, 'config');
process.on('exit', () => rmSync(work, { recursive: true, force: true }));
const rows = [];

function time(command, cwd, env = {}) {
  return measured(command, { cwd, env: { ...process.env, ...env } });
}

/** What takes a tenth of a second is measured three times, and the best counts. */
function timeShort(...work) {
  return [1, 2, 3].map(() => time(...work)).reduce((best, one) => (one.seconds < best.seconds ? one : best));
}

function quiet(command, cwd, env = {}) {
  execFileSync(command[0], command.slice(1), {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

function dvcCommand() {
  const named = process.env.VARVE_DVC;
  if (named) return existsSync(named) ? [named] : undefined;
  return spawnSync('dvc', ['--version']).status === 0 ? ['dvc'] : undefined;
}

function gitRepository(folder) {
  mkdirSync(folder, { recursive: true });
  quiet(['git', 'init', '-q'], folder);
  quiet(['git', 'config', 'user.email', 'bench@example.org'], folder);
  quiet(['git', 'config', 'user.name', 'bench'], folder);
}

/** One tool against one target: init, add, status, push, push again, pull into a fresh clone. */
function run(tool, workload, target, env) {
  const repository = join(work, `${tool.name}-${workload.id}-${target.name}`);
  gitRepository(repository);
  tool.init(repository, target, env);
  cpSync(workload.path, join(repository, 'data'), { recursive: true });
  const add = time([...tool.command, 'add', 'data'], repository, env);
  const status = timeShort([...tool.command, 'status'], repository, env);
  quiet(['git', 'add', '-A'], repository);
  quiet(['git', 'commit', '-qm', 'data'], repository);
  const push = time([...tool.command, 'push', ...tool.jobs], repository, env);
  const again = time([...tool.command, 'push', ...tool.jobs], repository, env);
  const clone = `${repository}-clone`;
  quiet(['git', 'clone', '-q', repository, clone], work);
  tool.local?.(clone, target, env);
  const pull = time([...tool.command, 'pull', ...tool.jobs], clone, env);
  quiet(['diff', '-r', '-q', join(repository, 'data'), join(clone, 'data')], work);
  rows.push({
    workload: workload.name,
    target: target.name,
    tool: tool.name,
    add,
    status,
    push,
    again,
    pull,
  });
  rmSync(repository, { recursive: true, force: true });
  rmSync(clone, { recursive: true, force: true });
}

const tools = [
  {
    name: 'varve',
    command: varve,
    jobs: [],
    init(folder, target, env) {
      quiet([...varve, 'init'], folder, env);
      quiet([...varve, 'remote', 'add', 'origin', target.url('varve'), ...target.flags], folder, env);
    },
    local(folder, _, env) {
      quiet([...varve, 'trust'], folder, env);
    },
  },
];
const dvc = dvcCommand();
if (dvc) {
  const settle = (folder, target, env, scope) => {
    if (target.endpoint)
      quiet([...dvc, 'remote', 'modify', ...scope, 'origin', 'endpointurl', target.endpoint], folder, env);
  };
  tools.push({
    name: 'dvc',
    command: dvc,
    jobs: ['--jobs', '16'],
    init(folder, target, env) {
      quiet([...dvc, 'init', '-q'], folder, env);
      quiet([...dvc, 'config', 'core.analytics', 'false'], folder, env);
      quiet([...dvc, 'remote', 'add', '-q', '-d', 'origin', target.url('dvc')], folder, env);
      settle(folder, target, env, []);
    },
  });
} else {
  console.log('DVC is not installed: its rows are left out (name it in VARVE_DVC).');
}

const workloads = [];
if (flags.only !== 'many') workloads.push(makeLargeFile(join(work, 'large'), Number(flags.large)));
if (flags.only !== 'large') workloads.push(makeSmallFiles(join(work, 'many'), Number(flags.files)));

const minio = flags.targets.includes('minio') ? await startMinio(join(work, 'minio')) : undefined;
if (flags.targets.includes('minio') && !minio) console.log('No MinIO here: its rows are left out.');
const floor = [];
for (const workload of workloads) {
  const list = `find ${workload.path} -type f -print0 | xargs -0 sha256sum > /dev/null`;
  const hash = time(['sh', '-c', list], work);
  const copy = time(['cp', '-r', workload.path, join(work, 'copy')], work);
  rmSync(join(work, 'copy'), { recursive: true });
  floor.push({ workload: workload.name, hash, copy });
  const targets = [];
  if (flags.targets.includes('folder')) {
    targets.push({ name: 'folder', url: (tool) => join(work, `remote-${tool}-${workload.id}`), flags: [] });
  }
  if (minio) {
    targets.push({
      name: 'minio',
      endpoint: minio.endpoint,
      url: (tool) => `s3://${minio.bucket}/${tool}-${workload.id}`,
      flags: ['--endpoint', minio.endpoint, '--region', 'us-east-1'],
    });
  }
  for (const target of targets) for (const tool of tools) run(tool, workload, target, minio?.env ?? {});
}
minio?.stop();

const show = ({ seconds, mib }) => `${seconds.toFixed(2)} s (${mib} MiB)`;
console.log(
  '\n| workload | target | tool | add | status | push | push again | pull |\n|---|---|---|---|---|---|---|---|',
);
for (const { workload, hash, copy } of floor) {
  console.log(
    `| ${workload} | – | sha256sum, cp | ${hash.seconds.toFixed(2)} s + ${copy.seconds.toFixed(2)} s | | | | |`,
  );
}
for (const row of rows) {
  const cells = ['add', 'status', 'push', 'again', 'pull'].map((step) => show(row[step]));
  console.log(`| ${row.workload} | ${row.target} | ${row.tool} | ${cells.join(' | ')} |`);
}
for (const row of rows.filter(({ tool }) => tool === 'varve')) {
  const base = floor.find(({ workload }) => workload === row.workload);
  const peer = rows.find(
    (other) => other.tool === 'dvc' && other.workload === row.workload && other.target === row.target,
  );
  const ratio = row.add.seconds / (base.hash.seconds + base.copy.seconds);
  console.log(`\n${row.workload}, ${row.target}: add is ${ratio.toFixed(2)}× sha256sum + cp.`);
  if (!peer) continue;
  const factors = ['add', 'status', 'push', 'again', 'pull'].map(
    (step) => `${step} ${(peer[step].seconds / row[step].seconds).toFixed(1)}×`,
  );
  console.log(`${row.workload}, ${row.target}: faster than DVC by ${factors.join(', ')}.`);
}
