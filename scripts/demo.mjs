// The main job on real sample data, with a local folder as the remote: what a person would type, and what varve answers.
// Works in a temporary folder that it removes, and fails where any answer is not the promised one.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const work = mkdtempSync(join(tmpdir(), 'varve-demo-'));
process.on('exit', () => rmSync(work, { recursive: true, force: true }));

const environment = {
  ...process.env,
  GIT_AUTHOR_NAME: 'Demo',
  GIT_AUTHOR_EMAIL: 'demo@example.org',
  GIT_COMMITTER_NAME: 'Demo',
  GIT_COMMITTER_EMAIL: 'demo@example.org',
};

/** Runs a command line of plain words, shows it, and insists on its exit code. */
function run(folder, line, expected = 0) {
  console.log(`\n$ ${line}`);
  const [program, ...words] = line.split(' ');
  const command = program === 'varve' ? [process.execPath, join(root, 'bin', 'varve.js')] : [program];
  const result = spawnSync(command[0], [...command.slice(1), ...words], {
    cwd: folder,
    env: environment,
    encoding: 'utf8',
  });
  process.stdout.write(result.stdout + result.stderr);
  if (result.status === expected) return;
  console.error(`The demo expected exit code ${expected} here, and got ${result.status ?? result.error}.`);
  process.exit(2);
}

const tell = (text) => console.log(`\n# ${text}`);
const sha256 = (file) => createHash('sha256').update(readFileSync(file)).digest('hex');

const [header, ...flights] = readFileSync(join(root, 'fixtures', 'flights-sample.csv'), 'utf8')
  .trimEnd()
  .split('\n');
const month = header.split(',').indexOf('month');
const ofMonths = (from, to) => flights.filter((line) => inRange(Number(line.split(',')[month]), from, to));
const inRange = (value, from, to) => value >= from && value <= to;
const repository = join(work, 'project');
const data = join(repository, 'data', 'flights.csv');
const write = (lines) => writeFileSync(data, `${[header, ...lines].join('\n')}\n`);

mkdirSync(dirname(data), { recursive: true });
tell('Version 1: flights from New York, January to June 2013');
write(ofMonths(1, 6));
run(repository, 'git init -q -b main .');
run(repository, 'varve init');
run(repository, 'varve add data/flights.csv');
run(repository, 'varve schema infer data/flights.csv');
run(repository, 'varve validate data/flights.csv');
run(repository, 'git add -A');
run(repository, 'git commit -qm v1');
run(repository, 'varve remote add origin ../remote');
run(repository, 'varve push');

tell('Version 2: July to December');
write(ofMonths(7, 12));
run(repository, 'varve status');
run(repository, 'varve add data/flights.csv');
run(repository, 'git add -A');
run(repository, 'git commit -qm v2');
run(repository, 'varve push');
run(repository, 'varve log data/flights.csv');

tell('What changed, from the profiles alone (exit code 1: there is drift)');
run(repository, 'varve drift data/flights.csv@HEAD~1 data/flights.csv', 1);

tell('A colleague clones and pulls: the same bytes');
run(work, 'git clone -q project colleague');
const clone = join(work, 'colleague');
run(clone, 'varve trust');
run(clone, 'varve pull');
const copy = join(clone, 'data', 'flights.csv');
if (sha256(copy) !== sha256(data)) throw new Error('The pulled file differs from the added one.');
console.log(`sha256 of both: ${sha256(copy)}`);

tell('A damaged delivery: an unknown carrier and a missing origin (exit code 1: anomalies)');
const broken = ofMonths(1, 6).map((line, index) =>
  index % 3 ? line : line.replace(/,(EWR|JFK|LGA),/, ',,').replace(',UA,', ',??,'),
);
writeFileSync(join(work, 'delivery.csv'), `${[header, ...broken].join('\n')}\n`);
run(clone, 'varve validate ../delivery.csv --schema data/flights.csv.schema.yaml', 1);

console.log('\nThe main job works here: versions, transfer, schema and drift.');
