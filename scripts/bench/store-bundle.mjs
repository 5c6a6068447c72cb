// Bundles the store as the package ships it, with its worker beside it, for the benchmarks of the store alone.
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** @returns the exports of the store's files that the benchmarks call */
export async function loadStore(folder) {
  const files = [
    'remote/folder/folder.ts',
    'store/store.ts',
    'store/transfer/push.ts',
    'store/transfer/transfer.ts',
    'store/format/manifest.ts',
    'store/chunking/chunker.ts',
    'store/chunking/parquet-pages.ts',
    'store/format/index-file.ts',
    'store/format/digest.ts',
  ];
  const contents = files
    .map((file) => `export * from ${JSON.stringify(join(root, 'src', file))};`)
    .join('\n');
  const options = { bundle: true, format: 'esm', platform: 'node', target: 'node20', logLevel: 'warning' };
  const outfile = join(folder, 'bundle', 'store.mjs');
  await build({ ...options, stdin: { contents, resolveDir: root, loader: 'ts' }, outfile });
  await build({
    ...options,
    entryPoints: [join(root, 'src/store/chunking/cut-worker.ts')],
    outfile: join(folder, 'bundle', 'cut-worker.js'),
    // A .js file outside any package counts as CommonJS.
    format: 'cjs',
  });
  return import(pathToFileURL(outfile).href);
}
