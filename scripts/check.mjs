// What every change has to pass beside the tests: each check is a script of package.json, as many at once as there are cores.
// Usage: node scripts/check.mjs     (exit 1 where one fails, after all have ended)
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The longest first, so that none is left alone at the end. */
const CHECKS = ['types', 'package', 'names', 'dead', 'rooms', 'lint'];

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const waiting = [...CHECKS];
const failed = [];

/** @returns whether it passed; what it says is printed in one piece, once it has ended */
function passes(name) {
  return new Promise((resolve, reject) => {
    const said = [];
    const check = spawn('npm', ['run', '--silent', name], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [check.stdout, check.stderr]) stream.on('data', (bytes) => said.push(bytes));
    check.on('error', reject);
    check.on('close', (code) => {
      console.log(`\n== ${name}\n${Buffer.concat(said)}`);
      resolve(code === 0);
    });
  });
}

async function runWaiting() {
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift())
    if (!(await passes(name))) failed.push(name);
}

await Promise.all(Array.from({ length: availableParallelism() }, runWaiting));
if (failed.length > 0) {
  console.error(`Failed: ${failed.join(', ')}.`);
  process.exitCode = 1;
}
