import { type ErrorCode, VarveError } from '../errors.ts';

/** The `code` of a system error (`ENOENT`, `EACCES`, …), or undefined for anything else. */
export function errnoOf(error: unknown): string | undefined {
  const code = (error as NodeJS.ErrnoException | null | undefined)?.code;
  return typeof code === 'string' && /^E[A-Z0-9]+$/.test(code) ? code : undefined;
}

const KNOWN: Record<string, readonly [code: ErrorCode, what: string, remedy: string]> = {
  ENOSPC: ['disk-full', 'the disk is full', 'Free some space there, then run the same command again.'],
  EDQUOT: [
    'disk-full',
    'the disk quota is used up',
    'Free some space there, then run the same command again.',
  ],
  EFBIG: ['disk-full', 'the file is too large for its file system', 'Use a file system without this limit.'],
  EROFS: ['read-only', 'the file system is read-only', 'Mount it writable, or choose another folder.'],
  EACCES: [
    'permission-denied',
    'permission is denied',
    'Give your user the rights to it, or choose another folder.',
  ],
  EPERM: [
    'permission-denied',
    'the operation is not permitted',
    'Give your user the rights to it, or choose another folder.',
  ],
  ELOOP: [
    'symlink-refused',
    'it is a symbolic link',
    'Remove the link: links inside a remote are never followed.',
  ],
  ENOTDIR: ['key-conflict', 'a file lies where a folder is needed', 'Move that file out of the remote.'],
  EMFILE: ['too-many-open-files', 'too many files are open', 'Raise `ulimit -n`, or lower `--jobs`.'],
  ENFILE: ['too-many-open-files', 'too many files are open', 'Raise `ulimit -n`, or lower `--jobs`.'],
};

/**
 * A system error as a VarveError that names `path` and what to do next; a VarveError passes as it is.
 * `doing` completes "Cannot …", such as `write` or `read`.
 */
export function fileError(error: unknown, doing: string, path: string): VarveError {
  if (error instanceof VarveError) return error;
  const errno = errnoOf(error);
  const known = errno === undefined ? undefined : KNOWN[errno];
  if (known !== undefined) {
    return new VarveError(known[0], `Cannot ${doing} ${path}: ${known[1]}`, {
      path,
      remedy: known[2],
      cause: error,
    });
  }
  const detail = error instanceof Error ? error.message : String(error);
  return new VarveError('io-error', `Cannot ${doing} ${path}: ${detail}`, {
    path,
    remedy: 'Check the disk or the mount that holds this path, then run the same command again.',
    cause: error,
  });
}

/** A link inside a remote could lead anywhere, so none is followed. */
export function symlinkRefused(path: string): VarveError {
  return new VarveError('symlink-refused', `${path} is, or lies behind, a symbolic link`, {
    path,
    remedy: 'Remove the link: links inside a remote are never followed.',
  });
}
