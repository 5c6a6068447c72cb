import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import picomatch from 'picomatch';
import { comparePaths } from '../../base/files/path-order.ts';
import { VarveError } from '../../errors.ts';

/** The files that a pattern such as `data/*.csv` means. */
export interface Glob {
  /** The folder that the pattern starts in: all of its steps before the first with a wildcard. Absolute. */
  readonly folder: string;
  /** The same folder as it was typed; empty for the working folder. */
  readonly base: string;
  /** Their paths relative to the folder, POSIX, sorted folder by folder; hidden ones are meant only if the pattern says so. */
  readonly files: () => readonly string[];
  /** Whether a path, relative to the folder and POSIX, is one of those that the pattern means. */
  readonly isMeant: (path: string) => boolean;
}

/**
 * Read an argument as a pattern, as shells do (`*`, `**`, `?`, `[a-c]`, `{a,b}`).
 * @returns undefined for a path without wildcards, or one that is there under this very name
 */
export function globOf(cwd: string, argument: string): Glob | undefined {
  const { base, glob, isGlob } = picomatch.scan(argument, { nonegate: true });
  if (!isGlob || existsSync(resolve(cwd, argument))) return undefined;
  const folder = resolve(cwd, base);
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return undefined;
  const isMeant = picomatch(glob, { nonegate: true });
  const depth = glob.includes('**') ? Number.POSITIVE_INFINITY : glob.split('/').length;
  return {
    folder,
    base,
    files: () => [...filesBelow(folder, '', isMeant, depth)],
    isMeant: (path) => isMeant(path),
  };
}

/** @param name the pattern as it was typed */
export function noMatch(name: string): VarveError {
  return new VarveError('path-missing', `No file matches ${name}`, {
    path: name,
    remedy: 'Check the pattern: `*` stays within a folder, `**` does not.',
  });
}

function* filesBelow(
  root: string,
  folder: string,
  isMeant: (path: string) => boolean,
  depth: number,
): Generator<string> {
  const entries = readdirSync(join(root, folder), { withFileTypes: true });
  for (const entry of entries.sort((a, b) => comparePaths(a.name, b.name))) {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory() && depth > 1 && !entry.name.startsWith('.'))
      yield* filesBelow(root, path, isMeant, depth - 1);
    else if (entry.isFile() && isMeant(path)) yield path;
  }
}
