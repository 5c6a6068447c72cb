// Bundles the command line, the library and the hash worker into dist/, and writes the library's type declarations.
// Heavy packages stay outside the bundle, so that only the commands that import them pay for them.
import { execFileSync } from 'node:child_process';
import { renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const entries = {
  main: 'src/cli/main.ts',
  index: 'src/index.ts',
  'hash-worker': 'src/store/hash-worker.ts',
  'md5-worker': 'src/dvc/md5-worker.ts',
};
const outside = ['@aws-sdk/*', '@smithy/*', 'minio', '@duckdb/*', 'apache-arrow'];

const dist = join(root, 'dist');
// Made aside and swapped in, so that a `varve` that runs meanwhile finds the old build or the new one.
const made = join(root, `.build-${process.pid}`);
await build({
  absWorkingDir: root,
  entryPoints: entries,
  outdir: made,
  bundle: true,
  splitting: true,
  minifySyntax: true,
  minifyWhitespace: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  external: outside,
  // Bundled CommonJS packages call require for Node's own modules.
  banner: {
    js: "import{createRequire as __varveRequire}from'node:module';const require=__varveRequire(import.meta.url);",
  },
  logLevel: 'warning',
}).catch((error) => {
  rmSync(made, { recursive: true, force: true });
  throw error;
});
rmSync(dist, { recursive: true, force: true });
renameSync(made, dist);
if (!process.argv.includes('--no-types')) {
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  execFileSync(process.execPath, [tsc, '-p', 'tsconfig.types.json'], { cwd: root, stdio: 'inherit' });
}
