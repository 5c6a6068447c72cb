// Prints what share of each room's lines and branches the tests ran, as coverage/coverage-summary.json has it.
// Exits with 1 where a room has fallen below what it must have.
// Usage: node scripts/coverage-by-room.mjs
import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const summary = JSON.parse(readFileSync(join(root, 'coverage', 'coverage-summary.json'), 'utf8'));

/**
 * The least share of lines, in percent: some below what the suite reached without MinIO, DVC and TFDV. What end-to-end tests run is not
 * counted, since that happens in processes of their own, so cli/ has none.
 */
const LEAST = {
  base: 75,
  cli: 0,
  drift: 95,
  dvc: 65,
  engine: 85,
  library: 85,
  operations: 65,
  profile: 82,
  remote: 60,
  report: 87,
  schema: 90,
  'src/*.ts': 100,
  store: 88,
  wording: 95,
  workspace: 80,
};

const rooms = new Map();
for (const [file, { lines, branches }] of Object.entries(summary)) {
  if (file === 'total') continue;
  const parts = relative(join(root, 'src'), file).split('/');
  const name = parts.length === 1 ? 'src/*.ts' : parts[0];
  const room = rooms.get(name) ?? { files: 0, lines: [0, 0], branches: [0, 0] };
  room.files += 1;
  for (const [sum, { covered, total }] of [
    [room.lines, lines],
    [room.branches, branches],
  ]) {
    sum[0] += covered;
    sum[1] += total;
  }
  rooms.set(name, room);
}

const share = ([covered, total]) => (total === 0 ? '–' : `${((100 * covered) / total).toFixed(1)} %`);
console.log('| room | files | lines | branches |\n| --- | --- | --- | --- |');
for (const [name, { files, lines, branches }] of [...rooms].sort(([a], [b]) => (a < b ? -1 : 1)))
  console.log(`| ${name} | ${files} | ${share(lines)} | ${share(branches)} |`);

const below = [...rooms].filter(
  ([
    name,
    {
      lines: [covered, total],
    },
  ]) => {
    if (LEAST[name] === undefined) throw new Error(`No least share is set for the room ${name}`);
    return 100 * covered < LEAST[name] * total;
  },
);
for (const [name] of below) console.error(`${name} has fallen below ${LEAST[name]} % of its lines`);
if (below.length > 0) process.exitCode = 1;
