// Prints what `varve --help` and `varve status` take to start beside a bare Node: the least of many runs each, taken in turn.
// Usage: node scripts/bench/start.mjs [runs]
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const runs = Number(process.argv[2] ?? 50);
const varve = join(import.meta.dirname, '..', '..', 'bin', 'varve.js');
const repository = mkdtempSync(join(tmpdir(), 'varve-start-'));
const inRepository = (program, ...args) => execFileSync(program, args, { cwd: repository, stdio: 'ignore' });

inRepository('git', 'init', '-q');
inRepository(process.execPath, varve, 'init');
mkdirSync(join(repository, 'data'));
writeFileSync(join(repository, 'data', 'a.csv'), 'id,name\n1,Ann\n2,Bob\n');
inRepository(process.execPath, varve, 'add', 'data/a.csv');
inRepository('git', 'add', '-A');

const commands = [
  ['node -e 0', '-e', '0'],
  ['varve --help', varve, '--help'],
  ['varve status', varve, 'status'],
];
const times = commands.map(() => []);
for (let run = 0; run <= runs; run++) {
  for (const [index, [, ...args]] of commands.entries()) {
    const start = process.hrtime.bigint();
    spawnSync(process.execPath, args, { cwd: repository, stdio: 'ignore' });
    // The first run of each keeps what later ones use.
    if (run > 0) times[index].push(Number(process.hrtime.bigint() - start) / 1e6);
  }
}
rmSync(repository, { recursive: true });

const least = times.map((taken) => Math.min(...taken));
const middle = times.map((taken) => taken.sort((a, b) => a - b)[taken.length >> 1]);
console.log(
  '| command | least | of `node -e 0` | median | of `node -e 0` |\n| --- | --- | --- | --- | --- |',
);
for (const [index, [name]] of commands.entries()) {
  const cells = [least, middle].map(
    (all) => `${all[index].toFixed(1)} ms | ${(all[index] / all[0]).toFixed(2)}×`,
  );
  console.log(`| \`${name}\` | ${cells.join(' | ')} |`);
}
