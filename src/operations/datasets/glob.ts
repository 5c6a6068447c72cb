import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import ignore, { type Ignore } from 'ignore';

/** The files that a pattern such as `data/*.csv` means. */
export interface Glob {
  /** The folder that the pattern starts in: all of its steps before the first with a wildcard. Absolute. */
  readonly folder: string;
  /** Their paths relative to the folder, POSIX, sorted folder by folder; those in hidden folders are not meant. */
  readonly files: () => readonly string[];
}

const wildcard = /[*?[]/;

/** The pattern that an argument is; undefined for a path without wildcards, or that is there under this very name. */
export function globOf(cwd: string, argument: string): Glob | undefined {
  if (!wildcard.test(argument) || existsSync(resolve(cwd, argument))) return undefined;
  const steps = argument.split('/');
  const first = steps.findIndex((step) => wildcard.test(step));
  const folder = resolve(cwd, steps.slice(0, first).join('/') || (argument.startsWith('/') ? '/' : '.'));
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return undefined;
  const rest = steps.slice(first);
  const rule = ignore().add(`/${rest.join('/')}`);
  const depth = rest.some((step) => step.includes('**')) ? Number.POSITIVE_INFINITY : rest.length;
  return { folder, files: () => [...filesBelow(folder, '', rule, depth)] };
}

function* filesBelow(root: string, folder: string, rule: Ignore, depth: number): Generator<string> {
  const entries = readdirSync(join(root, folder), { withFileTypes: true });
  for (const entry of entries.sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)))) {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory() && depth > 1 && !entry.name.startsWith('.'))
      yield* filesBelow(root, path, rule, depth - 1);
    else if (entry.isFile() && rule.ignores(path)) yield path;
  }
}
