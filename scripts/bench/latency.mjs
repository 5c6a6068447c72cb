// Times push and pull over a slow line: a proxy before MinIO that delays what passes by half the round trip each way and holds 1 % of all
// pieces up for a retransmission, as a lost packet does. Beside it DVC, with the best of several --jobs.
//
// Usage: node scripts/bench/latency.mjs [--files 10000] [--large 1024] [--rtt 50] [--loss 1] [--jobs 16,64]
//   VARVE_DVC=/path/to/dvc  names DVC where it is not on PATH
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { makeLargeFile, makeSmallFiles } from './data.mjs';
import { measured } from './measure.mjs';
import { startMinio } from './minio.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const varve = [process.execPath, join(root, 'bin', 'varve.js')];
const { values: flags } = parseArgs({
  options: {
    files: { type: 'string', default: '10000' },
    large: { type: 'string', default: '1024' },
    rtt: { type: 'string', default: '50' },
    loss: { type: 'string', default: '1' },
    jobs: { type: 'string', default: '16,64' },
  },
});
const work = mkdtempSync(join(process.env.VARVE_BENCH_DIR ?? tmpdir(), 'varve-latency-'));
process.env.XDG_CONFIG_HOME = join(work, 'config');
process.on('exit', () => rmSync(work, { recursive: true, force: true }));

const minio = await startMinio(join(work, 'minio'));
if (minio === undefined) throw new Error('This needs MinIO on PATH.');
const { worker, endpoint } = await startProxy(new URL(minio.endpoint));
const env = { ...process.env, ...minio.env };
const quiet = (command, cwd) =>
  execFileSync(command[0], command.slice(1), { cwd, env, stdio: ['ignore', 'ignore', 'inherit'] });

/** The proxy runs on a thread of its own, since this one waits for the commands that it measures. */
function startProxy({ hostname, port }) {
  const source = new URL('delaying-proxy.mjs', import.meta.url);
  const worker = new Worker(source, {
    workerData: {
      hostname,
      port: Number(port),
      delayMs: Number(flags.rtt) / 2,
      loss: Number(flags.loss) / 100,
    },
  });
  return new Promise((resolve) => {
    worker.once('message', (listening) => resolve({ worker, endpoint: `http://127.0.0.1:${listening}` }));
  });
}

const dvc = process.env.VARVE_DVC ?? 'dvc';
const hasDvc = existsSync(dvc) || spawnSync(dvc, ['--version']).status === 0;
const tools = [
  {
    name: 'varve',
    command: varve,
    jobs: [],
    prepare(folder, url) {
      quiet([...varve, 'init'], folder);
      quiet(
        [...varve, 'remote', 'add', 'origin', url, '--endpoint', endpoint, '--region', 'us-east-1'],
        folder,
      );
    },
    settle: (folder) => quiet([...varve, 'trust'], folder),
  },
  ...(hasDvc ? flags.jobs.split(',') : []).map((jobs) => ({
    name: `dvc --jobs ${jobs}`,
    command: [dvc],
    jobs: ['--jobs', jobs],
    prepare(folder, url) {
      quiet([dvc, 'init', '-q'], folder);
      quiet([dvc, 'config', 'core.analytics', 'false'], folder);
      quiet([dvc, 'remote', 'add', '-q', '-d', 'origin', url], folder);
      quiet([dvc, 'remote', 'modify', 'origin', 'endpointurl', endpoint], folder);
    },
    settle: () => undefined,
  })),
];

const workloads = [
  ...(Number(flags.files) > 0 ? [makeSmallFiles(join(work, 'many'), Number(flags.files))] : []),
  ...(Number(flags.large) > 0 ? [makeLargeFile(join(work, 'large'), Number(flags.large))] : []),
];
const show = ({ seconds, processor, mib }) =>
  `${seconds.toFixed(1)} s (${processor.toFixed(1)} s, ${mib} MiB)`;
console.log(`Round trip ${flags.rtt} ms, ${flags.loss} % held up.\n`);
console.log('| workload | tool | push | push again | pull |\n|---|---|---|---|---|');
for (const workload of workloads) for (const tool of tools) run(tool, workload);
minio.stop();
await worker.terminate();

function run(tool, workload) {
  const name = `${tool.name.replaceAll(/\W+/g, '-')}-${workload.id}`;
  const repository = join(work, name);
  mkdirSync(repository);
  quiet(['git', 'init', '-q'], repository);
  quiet(['git', 'config', 'user.email', 'bench@example.org'], repository);
  quiet(['git', 'config', 'user.name', 'bench'], repository);
  tool.prepare(repository, `s3://${minio.bucket}/${name}`);
  cpSync(workload.path, join(repository, 'data'), { recursive: true });
  quiet([...tool.command, 'add', 'data'], repository);
  quiet(['git', 'add', '-A'], repository);
  quiet(['git', 'commit', '-qm', 'data'], repository);
  const time = (verb, cwd) => measured([...tool.command, verb, ...tool.jobs], { cwd, env });
  const push = time('push', repository);
  const again = time('push', repository);
  const clone = `${repository}-clone`;
  quiet(['git', 'clone', '-q', repository, clone], work);
  tool.settle(clone);
  const pull = time('pull', clone);
  quiet(['diff', '-r', '-q', join(repository, 'data'), join(clone, 'data')], work);
  console.log(`| ${workload.name} | ${tool.name} | ${show(push)} | ${show(again)} | ${show(pull)} |`);
  rmSync(repository, { recursive: true, force: true });
  rmSync(clone, { recursive: true, force: true });
}
