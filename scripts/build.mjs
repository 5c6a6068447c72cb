// Bundles the command line, the library and the hash worker into dist/, and writes the library's type declarations.
// What is native or large stays outside the bundle; of the AWS SDK, only what is called goes in, which loads twice as fast.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const outside = ['minio', '@duckdb/*', 'apache-arrow'];
// Classes that both builds tell by `instanceof`.
const shared = ['src/errors.ts', 'node_modules/commander/index.js'];
const commanderNames = Object.keys(await import('commander')).join();
const entries = {
  index: 'src/index.ts',
  'cut-worker': 'src/store/chunking/cut-worker.ts',
  'read-worker': 'src/store/writing/read-worker.ts',
  'write-worker': 'src/store/restoring/write-worker.ts',
  'md5-worker': 'src/dvc/objects/md5-worker.ts',
  'scan-worker': 'src/profile/threads/scan-worker.ts',
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
  platform: 'node',
  target: 'node20',
  external: outside,
  logLevel: 'warning',
  metafile: true,
};

/**
 * The command line is CommonJS in few files: Node's loader of ES modules costs 10 ms before the first line runs, and about one more
 * for each module. src/cli/startup/compile-cache.ts loads these files with the code that was compiled for the same command before; in them nothing
 * can be imported later but by `require`. Those commands that are run most, and by prompts and hooks, have files of their own. The library and
 * the workers are ES modules.
 */
const start = {
  ...common,
  format: 'cjs',
  outExtension: { '.js': '.cjs' },
  // What is shorter is sooner read and unpacked: a tenth of what a command that does little takes.
  minifyIdentifiers: true,
  supported: { 'dynamic-import': false },
  define: { 'import.meta.url': '__file.url' },
  banner: { js: "const __file={get url(){return require('node:url').pathToFileURL(__filename).href}};" },
};
const rest = {
  ...common,
  format: 'esm',
  mainFields: ['module', 'main'],
  splitting: true,
  // Bundled CommonJS packages call require for Node's own modules.
  banner: {
    js: "import{createRequire as __varveRequire}from'node:module';const require=__varveRequire(import.meta.url);",
  },
};

const fileOf = (path, folder) => (path === 'commander' ? shared[1] : relative(root, join(folder, path)));

const shareClasses = {
  name: 'share-classes',
  setup({ onResolve }) {
    onResolve({ filter: /^(\.|commander$)/ }, ({ kind, path, resolveDir }) =>
      kind !== 'entry-point' && shared.includes(fileOf(path, resolveDir))
        ? { path: './shared.cjs', external: true }
        : undefined,
    );
  },
};

const requireCompiled = JSON.stringify(join(root, 'src/cli/startup/compile-cache.ts'));

/** Commands with a file of their own. */
const quick = ['status', 'push'];

/** The other commands of src/cli/registry.ts. */
const commands = [
  ...readFileSync(join(root, 'src/cli/registry.ts'), 'utf8').matchAll(
    /import\('\.\/commands\/([\w-]+)\.ts'\)/g,
  ),
]
  .map(([, name]) => name)
  .filter((name) => !quick.includes(name));

/** DVC's backend has a file of its own, which is loaded where a repository of DVC is found. */
const dvcBackend = 'src/operations/dvc/backend.ts';
/** What imports each operation when it is called. */
const backends = ['src/operations/varve/backend.ts', dvcBackend];
const operations = backends.flatMap((backend) =>
  [...readFileSync(join(root, backend), 'utf8').matchAll(/ import\('([^']+)'\)/g)].map(([, path]) =>
    fileOf(path, join(root, dirname(backend))),
  ),
);

const loadDvcLate = {
  name: 'load-dvc-late',
  setup({ onResolve }) {
    onResolve({ filter: /^\./ }, ({ kind, path, resolveDir }) =>
      kind === 'dynamic-import' && fileOf(path, resolveDir) === dvcBackend
        ? { path: './dvc.cjs', external: true }
        : undefined,
    );
  },
};

/** Of the operations of backends, a file for one command has in it that one; the others are in the file of all commands. */
const onlyOperation = (own) => ({
  name: 'only-operation',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^\./ }, ({ kind, path, importer, resolveDir }) => {
      if (kind !== 'dynamic-import' || !backends.includes(relative(root, importer))) return undefined;
      const file = fileOf(path, resolveDir);
      return file === own ? undefined : { path: file, namespace: 'other-operation' };
    });
    onResolve({ filter: /./, namespace: 'other-operation' }, ({ path }) => ({ path, external: true }));
    onLoad({ filter: /./, namespace: 'other-operation' }, ({ path: file }) => ({
      contents: `module.exports=require('./commands.cjs')['${file}']()`,
    }));
  },
});

const loadCompiled = {
  name: 'load-compiled',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^\./ }, ({ kind, path }) =>
      kind === 'dynamic-import'
        ? { path: path.replace(/^.*\/|\.ts$/g, ''), namespace: 'compiled' }
        : undefined,
    );
    onLoad({ filter: /./, namespace: 'compiled' }, ({ path: name }) => ({
      contents:
        `const {requireCompiled}=require(${requireCompiled});` +
        (quick.includes(name)
          ? `module.exports=requireCompiled('${name}.cjs')`
          : `module.exports=requireCompiled('commands.cjs','${name}')['${name}']()`),
      resolveDir: root,
    }));
  },
};

/** Modules of Node that take milliseconds to load, and that few runs call: loaded when the first of their functions or classes is used. */
const loadLate = {
  name: 'load-late',
  setup({ onResolve, onLoad }) {
    onResolve(
      { filter: /^node:(child_process|crypto|fs\/promises|os|worker_threads)$/ },
      ({ path, namespace }) =>
        namespace === 'late' ? { path, external: true } : { path, namespace: 'late' },
    );
    onLoad({ filter: /./, namespace: 'late' }, async ({ path }) => {
      const functions = Object.entries(await import(path)).filter(([, value]) => typeof value === 'function');
      const lines = functions
        .filter(([name]) => name !== 'default')
        .map(
          ([name]) =>
            `export function ${name}(...args){const it=require('${path}').${name};return new.target?new it(...args):it(...args)}`,
        );
      return { contents: lines.join('\n') };
    });
  },
};

const digestOf = (names) => {
  const digest = createHash('sha256');
  for (const name of names) digest.update(readFileSync(join(made, name)));
  return digest.digest('hex').slice(0, 16);
};

/** What the licences of bundled packages ask for: their text goes where their code goes. */
const writeLicences = (results) => {
  const inputs = results.flatMap(({ metafile }) => Object.keys(metafile.inputs));
  const packages = new Set(inputs.flatMap((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? []));
  const namesByText = new Map();
  for (const folder of [...packages].sort()) {
    const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
    const file = readdirSync(join(root, folder)).find((entry) => /^licen[cs]e/i.test(entry));
    const text = file
      ? readFileSync(join(root, folder, file), 'utf8').trim()
      : `${license}, as its package.json says.`;
    namesByText.set(text, [...(namesByText.get(text) ?? []), `${name} ${version}`]);
  }
  const parts = [...namesByText].map(([text, names]) => `${names.join('\n')}\n\n${text}\n`);
  writeFileSync(join(made, 'third-party-licences.txt'), parts.join(`\n${'-'.repeat(80)}\n\n`));
};

try {
  const sharedBuild = await build({
    ...start,
    stdin: {
      contents: `export*from'./${shared[0]}';export{${commanderNames}}from'./${shared[1]}'`,
      resolveDir: root,
    },
    outdir: undefined,
    outExtension: undefined,
    outfile: join(made, 'shared.cjs'),
    plugins: [loadLate],
  });
  const runBuild = await build({
    ...start,
    entryPoints: { run: 'src/cli/run.ts' },
    plugins: [shareClasses, loadLate],
  });
  const quickBuilds = await Promise.all(
    quick.map((name) =>
      build({
        ...start,
        entryPoints: { [name]: `src/cli/commands/${name}.ts` },
        plugins: [shareClasses, loadDvcLate, onlyOperation(`src/operations/varve/${name}.ts`), loadLate],
      }),
    ),
  );
  const dvcBuild = await build({
    ...start,
    entryPoints: { dvc: dvcBackend },
    plugins: [shareClasses, onlyOperation('src/operations/dvc/status.ts'), loadLate],
  });
  const commandsBuild = await build({
    ...start,
    stdin: {
      contents: [
        ...commands.map((name) => `exports['${name}']=()=>require('./src/cli/commands/${name}.ts')`),
        ...new Set(operations.map((file) => `exports['${file}']=()=>require('./${file}')`)),
      ].join('\n'),
      resolveDir: root,
    },
    outdir: undefined,
    outExtension: undefined,
    outfile: join(made, 'commands.cjs'),
    plugins: [shareClasses, loadDvcLate, loadLate],
  });
  await build({
    ...start,
    supported: {},
    entryPoints: { main: 'src/cli/startup/main.ts' },
    define: {
      BUILD: JSON.stringify(
        digestOf(['shared', 'run', 'commands', 'dvc', ...quick].map((name) => `${name}.cjs`)),
      ),
    },
    banner: {},
    plugins: [loadCompiled],
  });
  const restBuild = await build({ ...rest, entryPoints: entries, plugins: [shareClasses] });
  writeLicences([sharedBuild, runBuild, ...quickBuilds, dvcBuild, commandsBuild, restBuild]);
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
