import { lstatSync, readlinkSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { reservedName } from '../../base/files/data-path.ts';
import { isAbsent, systemError } from '../../base/files/system-errors.ts';
import { VarveError } from '../../errors.ts';

/** Linux follows as many. */
const MAX_LINKS = 40;

/** The real place of a folder. */
export interface Place {
  readonly path: string;
  /** Whether it lies in the working tree, and not in Git's own folder. */
  readonly isOwn: boolean;
}

/**
 * Follow the links inside `root` that lie on the way to `folder`. Nothing outside of `root` is touched, since even a look there can
 * mount a file system or ask a server: what a link leads out of `root` to is named as the link has it. What does not exist yet lies
 * where its name says.
 * @param root absolute, without symbolic links
 * @param folder absolute
 * @throws VarveError `link-loop`
 */
export function realPlaceOf(root: string, folder: string): Place {
  if (!isInside(root, folder)) return outside(folder);
  const rest = stepsOf(relative(root, folder));
  let at = root;
  for (let links = 0; rest.length > 0; ) {
    at = join(at, rest.shift()!);
    if (!isInside(root, at)) return outside(at, ...rest);
    const target = readLink(at);
    if (target === undefined) continue;
    if (++links > MAX_LINKS) throw linkLoop(folder);
    if (!isAbsolute(target)) at = dirname(at);
    else if (`${target}${sep}`.startsWith(`${root}${sep}`)) at = root;
    else return outside(target, ...rest);
    // One step at a time: of `link/..`, the parent of what the link leads to is meant.
    rest.unshift(...stepsOf(isAbsolute(target) ? target.slice(root.length) : target));
  }
  return { path: at, isOwn: !stepsOf(relative(root, at)).some((step) => reservedName(step) === '.git') };
}

/** Folders of varve's own notes. The cache is not among them: it may be elsewhere if this machine agreed. */
const NOTES = ['.', 'index', 'profiles', 'read', 'stat'];

/**
 * Refuse a folder for varve's notes that a link, which Git may have brought, leads out of.
 * @param root as of {@link realPlaceOf}
 * @param folder absolute
 * @throws VarveError `link-refused`
 */
export function checkNotes(root: string, folder: string): void {
  for (const name of NOTES) {
    const path = join(folder, name);
    if (realPlaceOf(root, path).path !== path) throw linkRefused(path);
  }
}

function outside(...steps: readonly string[]): Place {
  return { path: resolve(...steps), isOwn: false };
}

function stepsOf(path: string): string[] {
  return path.split(sep).filter((step) => step !== '' && step !== '.');
}

/** Whether `path` is `folder` or lies below it, by their names alone. */
export function isInside(folder: string, path: string): boolean {
  const steps = relative(folder, path);
  return steps.split(sep)[0] !== '..' && !isAbsolute(steps);
}

/** Whether `path` lies below `folder`, by their names alone. */
export function isBelow(folder: string, path: string): boolean {
  return isInside(folder, path) && relative(folder, path) !== '';
}

function readLink(path: string): string | undefined {
  try {
    return lstatSync(path).isSymbolicLink() ? readlinkSync(path) : undefined;
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw systemError(error, 'read', path);
  }
}

function linkRefused(path: string): VarveError {
  return new VarveError('link-refused', `A symbolic link leads out of ${path}, where varve keeps its notes`, {
    path,
    remedy:
      'Remove the link: varve makes a folder of this name when it needs one. To move the data, set `cache`.',
  });
}

function linkLoop(path: string): VarveError {
  return new VarveError('link-loop', `The symbolic links on the way to ${path} lead in a circle`, {
    path,
    remedy: 'Remove the link that leads back, or choose another folder.',
  });
}
