// Packs what would be published into .package/varve.tgz, and holds it against its budget.
// Usage: node scripts/pack.mjs
import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MAX_FILES = 1000;
// Of these, 4.5 MB are the web server and its pages, and 3.5 MB the drivers of databases, each for the command line and for the library.
// 2 MB are the pages and the examples, which the README and remedies name. 2 MB are the client of SSH, twice too; 0.8 MB are rpc.cjs with its map, without which Python's first read takes 1.5 times as long.
const MAX_UNPACKED_BYTES = 29e6;

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const folder = join(root, '.package');
const run = (program, ...args) =>
  execFileSync(program, args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder);
run(process.execPath, 'scripts/build.mjs');
const packed = JSON.parse(run('npm', 'pack', '--json', '--ignore-scripts', '--pack-destination', folder));
const { filename, entryCount, unpackedSize } = Object.values(packed)[0];
renameSync(join(folder, filename), join(folder, 'varve.tgz'));

const size = `${entryCount} files, ${(unpackedSize / 1e6).toFixed(1)} MB unpacked`;
console.log(`The package: ${size}`);
if (entryCount > MAX_FILES || unpackedSize > MAX_UNPACKED_BYTES) {
  console.error(
    `That is over its budget of ${MAX_FILES} files and ${MAX_UNPACKED_BYTES / 1e6} MB. Find what came in by \`tar -tvf .package/varve.tgz\`; where it is worth it, raise the budget in scripts/pack.mjs.`,
  );
  process.exitCode = 1;
}
