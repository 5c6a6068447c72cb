import { type ErrorCode, VarveError } from '../errors.ts';

/** The `code` of a system error (`ENOENT`, `EACCES`, …); undefined for anything else. */
export function systemCode(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

/** Whether `error` says that nothing lies at a path. */
export function isAbsent(error: unknown): boolean {
  const code = systemCode(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/**
 * A failed system call on `path` in the repository, as an error that says what to do next. A VarveError passes as it is.
 * @param doing completes "Cannot …": `read`, `write`, `remove`
 */
export function workspaceError(error: unknown, doing: string, path: string): Error {
  if (error instanceof VarveError) return error;
  const [code, what, remedy] = explain(systemCode(error), error);
  return new VarveError(code, `Cannot ${doing} ${path}: ${what}`, { path, remedy, cause: error });
}

function explain(code: string | undefined, error: unknown): [code: ErrorCode, what: string, remedy: string] {
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return ['missing-path', 'there is nothing at this path', 'Check the spelling of the path.'];
    case 'ENOSPC':
    case 'EDQUOT':
      return ['disk-full', 'no space is left', 'Free some space, then run the same command again.'];
    case 'EACCES':
    case 'EPERM':
      return ['permission-denied', 'permission is denied', 'Give your user the rights to this path.'];
    case 'EROFS':
      return ['read-only', 'the file system is read-only', 'Mount it writable.'];
    case 'EMFILE':
    case 'ENFILE':
      return ['too-many-open-files', 'too many files are open', 'Raise the limit with `ulimit -n`.'];
    default:
      return [
        'io-error',
        error instanceof Error ? error.message : String(error),
        'Check the disk that holds this path.',
      ];
  }
}
