import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import * as nodeModules from 'node:module';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';

/** Names the files that this starts, set by the build: a cache of other files must never be taken for theirs. */
declare const BUILD: string;

/** The cache lies in the package itself: who may write there may change the program anyway. */
const FOLDER = join(__dirname, '.compiled');

/** Since Node 22.8. See https://nodejs.org/api/module.html#module-compile-cache */
const ENABLE_COMPILE_CACHE =
  'enableCompileCache' in nodeModules && (nodeModules.enableCompileCache as KeepCompiled);
type KeepCompiled = (folder: string) => void;

// Else V8 forgets, in a long run, the code of what ran once, such as each module's own: just what the next start needs.
if (!ENABLE_COMPILE_CACHE) setFlagsFromString('--no-flush-bytecode');

/**
 * One of the CommonJS files that runs load, with the compiled code of the last time, which halves what the start costs. For each
 * `purpose` another part of a large file is compiled, and kept apart. Newer versions of Node keep that themselves; for Node 20 it is done here. A script with kept code cannot `import()`, so these
 * files are handed what does. Where the package is read-only nothing is kept, and all goes on as before.
 */
export function requireCompiled(name: string, purpose = ''): unknown {
  if (!ENABLE_COMPILE_CACHE) return load(name, purpose);
  ENABLE_COMPILE_CACHE(FOLDER);
  return require(join(__dirname, name));
}

/** Load a module as `require` does, compiled by way of the cache; `require` then finds it. */
function load(name: string, purpose = ''): unknown {
  const file = join(__dirname, name);
  const known = require.cache[file];
  if (known !== undefined) return known.exports;
  const module = new nodeModules.Module(file);
  require.cache[file] = module;
  const run = compile(file, `${name}-${purpose}`).runInThisContext();
  run(module.exports, requireFrom, module, file, __dirname);
  module.loaded = true;
  return module.exports;
}

function requireFrom(id: string): unknown {
  return id.startsWith('./') ? load(id.slice(2)) : require(id);
}

function compile(file: string, keptAs: string): Script {
  // The build writes these files in ASCII.
  const source = `(function (exports, require, module, __filename, __dirname) {\n${readFileSync(file, 'latin1')}\n})`;
  const kept = join(FOLDER, `${keptAs}-${BUILD}-${process.version}-${process.arch}`);
  const cachedData = readQuietly(kept);
  const script = new Script(source, {
    filename: file,
    lineOffset: -1,
    ...(cachedData && { cachedData }),
  });
  // Not sooner: what a run never calls is never compiled, and not worth keeping.
  if (cachedData === undefined || script.cachedDataRejected)
    process.once('exit', () => keepQuietly(kept, script.createCachedData()));
  return script;
}

function readQuietly(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}

/** Whole and on the disk before it has its name, since V8 believes what it is given. */
function keepQuietly(path: string, bytes: Buffer): void {
  const temporary = `${path}.${process.pid}`;
  try {
    if (!existsSync(FOLDER)) mkdirSync(FOLDER);
    const file = openSync(temporary, 'w');
    try {
      writeSync(file, bytes);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch {
    removeQuietly(temporary);
  }
}

function removeQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // It was never made.
  }
}
