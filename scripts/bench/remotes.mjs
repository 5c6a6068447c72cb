// Times add, push, push again and pull of one large file and of many small ones to each store that is not S3, beside DVC, in turns in one
// run: Google's and Azure's emulators, an OpenSSH server and HDFS, each as the tests start it. Beside the clock stand the seconds of the
// processor of the tool; the server works on the same machine.
//
// Usage: node scripts/bench/remotes.mjs [--large 1024] [--files 10000] [--only large|many] [--stores gs,azure,ssh,webhdfs]
//   VARVE_DVC=/path/to/dvc  names DVC where it is not on PATH; it needs `dvc[gs,azure,ssh,webhdfs]`
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { makeLargeFile, makeSmallFiles } from './data.mjs';
import { importServers } from './servers.mjs';
import { HEAD, makeTools, ratio, rowOf } from './tools.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const varve = [process.execPath, join(root, 'bin', 'varve.js')];
const { values: flags } = parseArgs({
  options: {
    large: { type: 'string', default: '1024' },
    files: { type: 'string', default: '10000' },
    only: { type: 'string' },
    stores: { type: 'string', default: 'gs,azure,ssh,webhdfs' },
  },
});

const work = mkdtempSync(join(process.env.VARVE_BENCH_DIR ?? tmpdir(), 'varve-remotes-'));
process.on('exit', () => rmSync(work, { recursive: true, force: true }));
// Neither what is agreed to here nor the keys of the server are those of a person.
const home = join(work, 'home');
mkdirSync(home);
Object.assign(process.env, { HOME: home, XDG_CONFIG_HOME: join(home, 'config'), DVC_NO_ANALYTICS: '1' });
delete process.env.SSH_AUTH_SOCK;
const { startStore } = await importServers('store-servers');

const { run, tools } = makeTools(work, varve);
if (tools.length === 1) console.log('DVC is not installed: its rows are left out (name it in VARVE_DVC).');
const workloads = [];
if (flags.only !== 'many') workloads.push(makeLargeFile(join(work, 'large'), Number(flags.large)));
if (flags.only !== 'large') workloads.push(makeSmallFiles(join(work, 'many'), Number(flags.files)));

const compared = [];
console.log(HEAD);
for (const scheme of flags.stores.split(',')) {
  const server = await startStore(scheme, home);
  if (server === undefined) {
    console.log(`No server for ${scheme} here: its rows are left out.`);
    continue;
  }
  for (const workload of workloads) {
    const rows = [];
    for (const tool of tools) {
      rows.push(await run(tool, workload, { name: scheme, place: server.place }, server.env));
      console.log(rowOf(rows.at(-1)));
    }
    const [own, peer] = rows;
    if (peer === undefined) continue;
    const factors = ['add', 'push', 'again', 'pull'].map((step) => `${step} ${ratio(peer[step], own[step])}`);
    compared.push(`${workload.name}, ${scheme}: DVC takes ${factors.join(', ')} of varve.`);
  }
  server.stop();
}
console.log(`\n${compared.join('\n')}`);
process.exit(0);
