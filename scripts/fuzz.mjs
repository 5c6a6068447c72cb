// Fuzzes the readers of bytes that come from outside: `npm run fuzz -- [TARGET…] [--seconds N | --runs N] [--jobs N] [--seed N]`. Each target runs in a process
// of its own, which is watched from here: one that hangs, crashes or runs out of memory is a fault too. The inputs of faults go to
// tests/fuzz/found/TARGET/; once mended, they belong in tests/fuzz/corpus/TARGET/.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const corpus = join(root, 'tests', 'fuzz', 'corpus');
const MAX_HEAP_MIB = 512;
/** A process that has been reading one input for so long hangs. */
const HANGS_AFTER_MS = 20_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '10' },
    runs: { type: 'string', default: '0' },
    jobs: { type: 'string', default: '2' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});

// The worker shares the code of the targets, which stays in a file of its own: only that is watched for coverage.
const bundle = (outdir) =>
  build({
    entryPoints: ['targets', 'worker'].map((name) => join(root, 'tests', 'fuzz', `${name}.ts`)),
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    logLevel: 'warning',
  });

// Beside the packages, so that they are found.
const made = mkdtempSync(join(root, 'node_modules', '.varve-fuzz-'));
const work = mkdtempSync(join(tmpdir(), 'varve-fuzz-'));
try {
  await bundle(made);
  const { targets } = await import(pathToFileURL(join(made, 'targets.mjs')).href);
  const unknown = positionals.filter((name) => !(name in targets));
  if (unknown.length > 0)
    throw new Error(`No target ${unknown}. There are: ${Object.keys(targets).join(', ')}`);
  const waiting = positionals.length > 0 ? positionals : Object.keys(targets);
  const each = values.runs === '0' ? `${values.seconds} s` : `${values.runs} runs`;
  console.log(`${waiting.length} targets, ${each} each, seed ${values.seed}`);
  let faults = 0;
  let executions = 0;
  const runNext = async () => {
    for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
      const result = await fuzz(name);
      executions += result.executions;
      const facts = `${result.executions} executions, ${result.blocks} blocks, ${result.inputs} inputs`;
      console.log(`${result.fault === undefined ? 'ok  ' : 'FAIL'} ${name}: ${facts}`);
      if (result.fault === undefined) continue;
      faults += 1;
      console.log(`     ${result.fault.replaceAll('\n', '\n     ')}\n     input: ${keep(name)}`);
    }
  };
  await Promise.all(Array.from({ length: Number(values.jobs) }, runNext));
  console.log(`${executions} executions, ${faults} faults`);
  process.exitCode = faults === 0 ? 0 : 1;
} finally {
  rmSync(made, { recursive: true, force: true });
  rmSync(work, { recursive: true, force: true });
}

function fuzz(name) {
  const input = join(work, name);
  writeFileSync(input, '');
  const flags = ['--enable-source-maps', `--max-old-space-size=${MAX_HEAP_MIB}`];
  const options = [name, values.seconds, values.runs, values.seed, corpus, input];
  const child = spawn(process.execPath, [...flags, join(made, 'worker.mjs'), ...options], {
    cwd: work,
    env: { ...process.env, TMPDIR: work },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let problem = '';
  child.stdout.on('data', (text) => (out += text));
  child.stderr.on('data', (text) => (problem = (problem + text).slice(-4000)));
  let hangs = false;
  const watch = setInterval(() => {
    if (Date.now() - statSync(input).mtimeMs < HANGS_AFTER_MS) return;
    hangs = true;
    child.kill('SIGKILL');
  }, 1000);
  return new Promise((resolve) => {
    child.on('close', (code, signal) => {
      clearInterval(watch);
      const last = out.trimEnd().split('\n').at(-1);
      if (last?.startsWith('{')) return resolve(JSON.parse(last));
      const end = hangs ? 'It hangs' : `It ended with ${signal ?? code}`;
      resolve({ executions: 0, blocks: 0, inputs: 0, fault: `${end}: ${problem}` });
    });
  });
}

/** Keeps the input that the process of a target read last. */
function keep(name) {
  const record = readFileSync(join(work, name));
  const bytes = record.subarray(8, 8 + record.readDoubleLE(0));
  const folder = join(root, 'tests', 'fuzz', 'found', name);
  mkdirSync(folder, { recursive: true });
  const path = join(folder, createHash('sha256').update(bytes).digest('hex').slice(0, 16));
  writeFileSync(path, bytes);
  return path;
}
