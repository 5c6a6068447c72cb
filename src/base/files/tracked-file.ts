import { closeSync, constants, fstatSync, openSync, readFileSync, realpathSync } from 'node:fs';
import { isAbsolute, join, relative } from 'node:path';
import { VarveError } from '../../errors.ts';
import { reservedName } from './data-path.ts';
import { isAbsent, systemCode, systemError } from './system-errors.ts';

/** With this flag, opening never waits for the other end of a named pipe. Absent on Windows. */
const WITHOUT_WAITING = constants.O_NONBLOCK ?? 0;
/** With this flag, opening never follows a link in the last step. Absent on Windows, where each file is looked at. */
const WITHOUT_LINK: number | undefined = constants.O_NOFOLLOW;

/**
 * Read a file of the repository that Git may have brought, as UTF-8. Git keeps symbolic links too, and one that leads out of
 * the repository, or into `.git`, would show this machine's files in messages; one that stays within is followed.
 * @param path POSIX, relative to `root`
 * @param bound what is thrown, before it is read, for a file of more bytes
 * @throws VarveError `symlink-refused`, `special-file-refused`, and errors of the system as they are
 */
export function readTrackedFile(
  root: string,
  path: string,
  bound?: { readonly bytes: number; readonly tooLarge: () => VarveError },
): string {
  const file = openTracked(root, path);
  try {
    const found = fstatSync(file);
    if (!found.isFile()) throw notAFile(path);
    if (bound !== undefined && found.size > bound.bytes) throw bound.tooLarge();
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}

/**
 * As readTrackedFile; undefined where there is none.
 * @throws VarveError as readTrackedFile, and what reading meets
 */
export function readTrackedIfThere(root: string, path: string): string | undefined {
  try {
    return readTrackedFile(root, path);
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw systemError(error, 'read', path);
  }
}

function openTracked(root: string, path: string): number {
  const absolute = join(root, path);
  if (WITHOUT_LINK !== undefined) {
    try {
      return openSync(absolute, constants.O_RDONLY | WITHOUT_LINK | WITHOUT_WAITING);
    } catch (error) {
      if (systemCode(error) !== 'ELOOP') throw error;
    }
  }
  const target = realpathSync(absolute);
  const steps = relative(realpathSync(root), target).split(/[\\/]/);
  if (steps[0] === '..' || isAbsolute(steps[0]!) || steps.some((step) => reservedName(step) === '.git'))
    throw linkRefused(path);
  return openSync(target, constants.O_RDONLY | WITHOUT_WAITING);
}

function linkRefused(path: string): VarveError {
  return new VarveError('symlink-refused', `${path} is a symbolic link that leads out of the repository`, {
    path,
    remedy: 'Replace the link by a file. If somebody else made it, ask why before you go on.',
  });
}

function notAFile(path: string): VarveError {
  return new VarveError('special-file-refused', `${path} is not a regular file`, {
    path,
    remedy: 'Put a regular file in its place, or remove it.',
  });
}
