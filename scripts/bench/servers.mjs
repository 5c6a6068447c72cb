// The servers of the tests, for benchmarks: these are plain JavaScript, so that Node runs them as they are, and the tests are not.
import { mkdtempSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** @param name of a file in tests/support, without its ending */
export async function importServers(name) {
  // Beside the packages, so that they are found.
  const folder = mkdtempSync(join(root, 'node_modules', '.varve-bench-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const outfile = join(folder, `${name}.mjs`);
  await build({
    entryPoints: [join(root, 'tests', 'support', `${name}.ts`)],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    logLevel: 'warning',
  });
  return import(pathToFileURL(outfile).href);
}
