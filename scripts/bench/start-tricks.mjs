// Prints what each trick of the start is worth: `varve --help` and `varve status` with all of them, and with each one off, in turn.
// Usage: node scripts/bench/start-tricks.mjs [runs]
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { buildCommandLine, root, TRICKS } from '../build/bundles.mjs';

const runs = Number(process.argv[2] ?? 40);
const folder = mkdtempSync(join(tmpdir(), 'varve-tricks-'));

const variants = {
  'all tricks': (dist) => buildCommandLine(dist),
  'nothing minified': (dist) => buildCommandLine(dist, { ...TRICKS, minified: false }),
  'no modules of Node loaded late': (dist) => buildCommandLine(dist, { ...TRICKS, lateModules: false }),
  'no files of their own for status and push': (dist) =>
    buildCommandLine(dist, { ...TRICKS, quickCommands: false }),
  'no compiled code kept': async (dist) => {
    await buildCommandLine(dist);
    writeFileSync(join(dist, '.compiled'), 'in the way');
  },
  'compiled code that was not run lately is dropped': async (dist) => {
    await buildCommandLine(dist);
    const main = readFileSync(join(dist, 'main.cjs'), 'utf8');
    writeFileSync(join(dist, 'main.cjs'), main.replace('--no-flush-bytecode', '--flush-bytecode'));
  },
  'ES modules, no trick at all': buildPlainly,
};

/** What esbuild makes of the command line without further ado. */
async function buildPlainly(dist) {
  await build({
    absWorkingDir: root,
    outdir: dist,
    stdin: {
      contents:
        "import{run}from'./src/cli/run.ts';import{COMMANDS}from'./src/cli/registry.ts';run(process.argv.slice(2),COMMANDS).then(code=>{process.exitCode=code})",
      resolveDir: root,
    },
    entryNames: 'main',
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    mainFields: ['module', 'main'],
    external: ['minio', '@duckdb/*', 'apache-arrow'],
    banner: {
      js: "import{createRequire as __varveRequire}from'node:module';const require=__varveRequire(import.meta.url);",
    },
    logLevel: 'error',
  });
}

const repository = join(folder, 'repository');
mkdirSync(join(repository, 'data'), { recursive: true });
writeFileSync(join(repository, 'data', 'a.csv'), 'id,name\n1,Ann\n2,Bob\n');

const programs = [];
for (const [name, make] of Object.entries(variants)) {
  const home = join(folder, String(programs.length));
  for (const part of ['bin', 'package.json']) cpSync(join(root, part), join(home, part), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(home, 'node_modules'));
  await make(join(home, 'dist'));
  const file = make === buildPlainly ? join(home, 'dist', 'main.mjs') : join(home, 'bin', 'varve.js');
  programs.push({ name, file, help: [], status: [] });
}

function milliseconds(...args) {
  const start = process.hrtime.bigint();
  const { status } = spawnSync(process.execPath, args, { cwd: repository, stdio: 'ignore' });
  if (status !== 0) throw new Error(`exit ${status}: ${args.join(' ')}`);
  return Number(process.hrtime.bigint() - start) / 1e6;
}

spawnSync('git', ['init', '-q'], { cwd: repository });
milliseconds(programs[0].file, 'init');
milliseconds(programs[0].file, 'add', 'data/a.csv');
spawnSync('git', ['add', '-A'], { cwd: repository });

const bare = [];
for (let run = 0; run < runs + 2; run++) {
  const times = [milliseconds('-e', '0')];
  for (const { file } of programs) times.push(milliseconds(file, '--help'), milliseconds(file, 'status'));
  // The first runs keep what later ones use.
  if (run < 2) continue;
  bare.push(times[0]);
  for (const [index, program] of programs.entries()) {
    program.help.push(times[1 + 2 * index]);
    program.status.push(times[2 + 2 * index]);
  }
}
rmSync(folder, { recursive: true });

const least = (times) => Math.min(...times).toFixed(1);
const median = (times) => times.toSorted((a, b) => a - b)[times.length >> 1].toFixed(1);
console.log(
  '| start | `--help`: least | median | `status`: least | median |\n| --- | --- | --- | --- | --- |',
);
console.log(`| \`node -e 0\` | ${least(bare)} ms | ${median(bare)} ms | | |`);
for (const { name, help, status } of programs)
  console.log(
    `| ${name} | ${[least(help), median(help), least(status), median(status)].map((ms) => `${ms} ms`).join(' | ')} |`,
  );
