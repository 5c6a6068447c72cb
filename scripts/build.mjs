// Bundles the command line, the library and the hash worker into dist/, and writes the library's type declarations.
// Heavy packages stay outside the bundle, so that only the commands that import them pay for them.
import { execFileSync } from 'node:child_process';
import { renameSync, rmSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const outside = ['@aws-sdk/*', '@smithy/*', 'minio', '@duckdb/*', 'apache-arrow'];
// Classes that both builds tell by `instanceof`.
const shared = { errors: 'src/errors.ts', commander: 'node_modules/commander/esm.mjs' };
const entries = {
  ...shared,
  index: 'src/index.ts',
  'hash-worker': 'src/store/hash-worker.ts',
  'md5-worker': 'src/dvc/md5-worker.ts',
};

const dist = join(root, 'dist');
// Made aside and swapped in, so that a `varve` that runs meanwhile finds the old build or the new one.
const made = join(root, `.build-${process.pid}`);
const common = {
  absWorkingDir: root,
  outdir: made,
  bundle: true,
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
};

/**
 * Node takes about a millisecond for each module of a program, so what `varve --help` and `varve status` load is one file.
 * Whatever that file imports later becomes an entry of the second build, which cuts the rest into chunks.
 */
const leaveTheRest = {
  name: 'leave-the-rest',
  setup({ onResolve }) {
    onResolve({ filter: /^(\.|commander$)/ }, ({ kind, path, resolveDir }) => {
      const file = path === 'commander' ? shared.commander : relative(root, join(resolveDir, path));
      let name = Object.keys(shared).find((key) => shared[key] === file);
      if (name === undefined && kind === 'dynamic-import' && file !== 'src/cli/status.ts') {
        name = file
          .replace(/^src\//, '')
          .replace(/\.ts$/, '')
          .replaceAll('/', '-');
        entries[name] = file;
      }
      return name === undefined ? undefined : { path: `./${name}.js`, external: true };
    });
  },
};

try {
  await build({ ...common, entryPoints: { main: 'src/cli/main.ts' }, plugins: [leaveTheRest] });
  await build({ ...common, entryPoints: entries, splitting: true });
} catch (error) {
  rmSync(made, { recursive: true, force: true });
  throw error;
}
rmSync(dist, { recursive: true, force: true });
renameSync(made, dist);
if (!process.argv.includes('--no-types')) {
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  execFileSync(process.execPath, [tsc, '-p', 'tsconfig.types.json'], { cwd: root, stdio: 'inherit' });
}
