// The bundles of dist/. docs/design/startup.md shows which file loads which, and what each trick here is worth.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { asAscii, mappingsOfAscii } from './ascii.mjs';
import { lateModules } from './late-modules.mjs';
import {
  DVC_BACKEND,
  lateFiles,
  onlyOperation,
  onlyReading,
  operationFiles,
  S3_CLIENT,
  SSH_CLIENT,
} from './late-operations.mjs';
import { mapOwnSources } from './source-maps.mjs';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

const COMPILE_CACHE = 'src/base/compile-cache.ts';
const COMMANDER = 'node_modules/commander/index.js';
/** Holds classes that the bundles tell by `instanceof`, and what one bundle notes for another. */
const SHARED = ['src/errors.ts', 'src/workspace/trust/clone-addresses.ts', COMMANDER];
/** Commands that are run most, and by prompts and hooks, have files of their own. */
const QUICK = ['status', 'push'];
/** Commands with packages of their own that no other command should read past: a server. */
const APART = ['serve'];
/** Commands that read versions, for a program that waits for the first byte. */
const READERS = ['rpc'];

const LIBRARY = {
  index: 'src/index.ts',
  'cut-worker': 'src/store/chunking/cut-worker.ts',
  'check-worker': 'src/store/transfer/check-worker.ts',
  'piece-worker': 'src/store/restoring/piece-worker.ts',
  'read-worker': 'src/store/writing/read-worker.ts',
  'write-worker': 'src/store/restoring/write-worker.ts',
  'md5-worker': 'src/dvc/objects/md5-worker.ts',
  'scan-worker': 'src/profile/threads/scan-worker.ts',
  'statistics-worker': 'src/server/statistics/worker.ts',
  'window-worker': 'src/server/observe/window-worker.ts',
};

/** The tricks of the command line's start, each of which scripts/bench/start-tricks.mjs turns off alone. */
export const TRICKS = { minified: true, lateModules: true, quickCommands: true };

const common = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20',
  // What is native or large stays outside; the native parts of ssh2 are optional, and not there.
  external: [
    'minio',
    '@duckdb/*',
    'apache-arrow',
    '@google-cloud/*',
    '@azure/*',
    'kafkajs',
    '*.node',
    'cpu-features',
  ],
  logLevel: 'warning',
  metafile: true,
  sourcemap: 'linked',
  sourcesContent: false,
};

/**
 * The library and the threads: ES modules that people read and debug. Of the AWS SDK, only what is called goes in, which
 * loads twice as fast.
 *
 * @returns esbuild's metafiles
 */
export async function buildLibrary(outdir) {
  const { metafile } = await build({
    ...common,
    outdir,
    entryPoints: LIBRARY,
    format: 'esm',
    mainFields: ['module', 'main'],
    splitting: true,
    // Bundled CommonJS packages call require for Node's own modules, and ssh2 looks at its folder when it is loaded.
    banner: {
      js:
        "import{createRequire as __varveRequire}from'node:module';const require=__varveRequire(import.meta.url);" +
        "const __dirname=require('node:path').dirname(require('node:url').fileURLToPath(import.meta.url));",
    },
    plugins: [shareClasses, mapOwnSources],
  });
  return [metafile];
}

/**
 * The command line: CommonJS in few files, since Node's loader of ES modules costs 10 ms before the first line runs, and about
 * one more for each module. src/base/compile-cache.ts loads these files with the code that was compiled for the same
 * command before; in them nothing can be imported later but by `require`.
 *
 * @returns esbuild's metafiles
 */
export async function buildCommandLine(outdir, tricks = TRICKS) {
  const quick = tricks.quickCommands ? QUICK : [];
  const late = tricks.lateModules ? [lateModules] : [];
  const start = {
    ...common,
    outdir,
    format: 'cjs',
    outExtension: { '.js': '.cjs' },
    // What is shorter is sooner read and unpacked. The maps lead printed traces back to the sources.
    // Names stay, for stack traces; shorter ones would not start sooner.
    minifySyntax: tricks.minified,
    minifyWhitespace: tricks.minified,
    supported: { 'dynamic-import': false },
    define: { 'import.meta.url': '__file.url' },
    banner: { js: "const __file={get url(){return require('node:url').pathToFileURL(__filename).href}};" },
    plugins: [shareClasses, ...late, mapOwnSources],
  };
  const oneEntry = (name, entry, ...plugins) =>
    build({
      ...start,
      entryPoints: { [name]: entry },
      plugins: [lateFiles(root), ...plugins, ...start.plugins],
    });
  const oneFile = (name, contents, more = {}) =>
    build({
      ...start,
      stdin: { contents, resolveDir: root },
      outdir: undefined,
      outExtension: undefined,
      outfile: join(outdir, `${name}.cjs`),
      ...more,
    });

  const commanderNames = Object.keys(await import('commander')).join();
  const results = await Promise.all([
    oneFile(
      'shared',
      [
        ...SHARED.filter((file) => file !== COMMANDER).map((file) => `export*from'./${file}'`),
        `export{${commanderNames}}from'./${COMMANDER}'`,
      ].join(';'),
      {
        plugins: [...late, mapOwnSources],
      },
    ),
    oneFile(
      'commands',
      [
        ...commandNames()
          .filter((name) => ![...quick, ...APART, ...READERS].includes(name))
          .map((name) => `exports['${name}']=()=>require('./src/cli/commands/${name}.ts')`),
        ...operationFiles(root).map((file) => `exports['${file}']=()=>require('./${file}')`),
      ].join('\n'),
      { plugins: [lateFiles(root), ...start.plugins] },
    ),
    oneEntry('run', 'src/cli/run.ts'),
    ...quick.map((name) =>
      oneEntry(name, `src/cli/commands/${name}.ts`, onlyOperation(root, `src/operations/varve/${name}.ts`)),
    ),
    ...APART.map((name) => oneEntry(name, `src/cli/commands/${name}.ts`, onlyOperation(root))),
    ...READERS.map((name) => oneEntry(name, `src/cli/commands/${name}.ts`, onlyReading(root))),
    // The process that reads data. Bundled, DuckDB's own JavaScript loads in a third of the time.
    build({
      ...start,
      entryPoints: { reader: 'src/profile/reading/serve.ts' },
      external: ['@duckdb/node-bindings', 'apache-arrow', '*.node', 'cpu-features'],
      plugins: [...late, mapOwnSources],
    }),
    oneEntry('dvc', DVC_BACKEND, onlyOperation(root, 'src/operations/dvc/status.ts')),
    oneEntry('s3', S3_CLIENT),
    oneEntry('ssh', SSH_CLIENT),
  ]);
  const files = [
    'shared',
    'run',
    'commands',
    'dvc',
    's3',
    'ssh',
    'reader',
    ...quick,
    ...APART,
    ...READERS,
  ].map((name) => join(outdir, `${name}.cjs`));
  for (const file of files) writeAsAscii(file);
  await build({
    ...start,
    supported: {},
    entryPoints: { main: 'src/cli/startup/main.ts', 'reader-process': 'src/profile/reading/process-main.ts' },
    define: { BUILD: JSON.stringify(digestOf(files)) },
    banner: {},
    plugins: [loadCompiled([...quick, ...APART, ...READERS])],
  });
  return results.map(({ metafile }) => metafile);
}

/** The commands that src/cli/registry.ts loads. */
function commandNames() {
  const registry = readFileSync(join(root, 'src/cli/registry.ts'), 'utf8');
  return [...registry.matchAll(/import\('\.\/commands\/([\w-]+)\.ts'\)/g)].map(([, name]) => name);
}

/** Rewrites a bundle and its map in ASCII. */
function writeAsAscii(file) {
  const program = readFileSync(file, 'utf8');
  const map = JSON.parse(readFileSync(`${file}.map`, 'utf8'));
  writeFileSync(file, asAscii(program));
  writeFileSync(
    `${file}.map`,
    JSON.stringify({ ...map, mappings: mappingsOfAscii(program, map.mappings) }, null, 2),
  );
}

function digestOf(files) {
  const digest = createHash('sha256');
  for (const file of files) digest.update(readFileSync(file));
  return digest.digest('hex').slice(0, 16);
}

const shareClasses = {
  name: 'share-classes',
  setup({ onResolve }) {
    const fileOf = (path, folder) => (path === 'commander' ? COMMANDER : relative(root, join(folder, path)));
    onResolve({ filter: /^(\.|commander$)/ }, ({ kind, path, resolveDir }) =>
      kind !== 'entry-point' && SHARED.includes(fileOf(path, resolveDir))
        ? { path: './shared.cjs', external: true }
        : undefined,
    );
  },
};

/** Turns each `import('./commands/…')` of the registry into a load of the bundle that has the command. */
function loadCompiled(apart) {
  return {
    name: 'load-compiled',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^\./ }, ({ kind, path }) =>
        kind === 'dynamic-import'
          ? { path: path.replace(/^.*\/|\.ts$/g, ''), namespace: 'compiled' }
          : undefined,
      );
      onLoad({ filter: /./, namespace: 'compiled' }, ({ path: name }) => ({
        contents:
          `const {requireCompiled}=require(${JSON.stringify(join(root, COMPILE_CACHE))});` +
          (apart.includes(name)
            ? `module.exports=requireCompiled('${name}.cjs')`
            : `module.exports=requireCompiled('commands.cjs','${name}')['${name}']()`),
        resolveDir: root,
      }));
    },
  };
}
