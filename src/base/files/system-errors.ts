/**
 * Files: paths, and writing, renaming and removing as every room needs it. They may not know varve's formats, stores or repositories; whoever
 * calls says, as here, what was being done and what the path belongs to.
 */

import { type ErrorCode, VarveError } from '../../errors.ts';

/** The same failure means another thing, and asks for another step, in a working tree and in a store. */
export type PathOwner = 'workspace' | 'store';

type Explanation = readonly [code: ErrorCode, what: string, remedy: string];

const DISK_FULL = 'Free some space there, then run the same command again.';
const TOO_MANY_OPEN: Explanation = [
  'files-exhausted',
  'too many files are open',
  'Raise `ulimit -n`, or lower `--jobs`.',
];
const ABSENT: Explanation = [
  'path-missing',
  'there is nothing at this path',
  'Check the spelling of the path.',
];
const GIVE_RIGHTS = 'Give your user the rights to this path.';
const GIVE_RIGHTS_OR_MOVE =
  'Give your user the rights to it, or choose another folder. If several users write there, set `shared: group` for all of them.';

/** Failures that mean the same everywhere. */
const EVERYWHERE: Readonly<Record<string, Explanation>> = {
  ENOSPC: ['disk-full', 'the disk is full', DISK_FULL],
  EDQUOT: ['disk-full', 'the disk quota is used up', DISK_FULL],
  EFBIG: ['disk-full', 'the file is too large for its file system', 'Use a file system without this limit.'],
  EMFILE: TOO_MANY_OPEN,
  ENFILE: TOO_MANY_OPEN,
};

const EXPLANATIONS: Readonly<Record<PathOwner, Readonly<Record<string, Explanation>>>> = {
  workspace: {
    ...EVERYWHERE,
    ENOENT: ABSENT,
    ENOTDIR: ABSENT,
    EACCES: ['permission-denied', 'permission is denied', GIVE_RIGHTS],
    EPERM: ['permission-denied', 'permission is denied', GIVE_RIGHTS],
    EROFS: ['disk-read-only', 'the file system is read-only', 'Mount it writable.'],
  },
  store: {
    ...EVERYWHERE,
    ENOTDIR: ['key-conflict', 'a file lies where a folder is needed', 'Move that file out of the remote.'],
    ELOOP: [
      'symlink-refused',
      'it is a symbolic link',
      'Remove the link: links inside a remote are never followed.',
    ],
    EACCES: ['permission-denied', 'permission is denied', GIVE_RIGHTS_OR_MOVE],
    EPERM: ['permission-denied', 'the operation is not permitted', GIVE_RIGHTS_OR_MOVE],
    EROFS: ['disk-read-only', 'the file system is read-only', 'Mount it writable, or choose another folder.'],
  },
};

/** The code of a system error, such as `ENOENT`; undefined for anything else. */
export function systemCode(error: unknown): string | undefined {
  const code = (error as NodeJS.ErrnoException | null | undefined)?.code;
  return typeof code === 'string' && /^E[A-Z0-9]+$/.test(code) ? code : undefined;
}

/** Whether `error` says that nothing lies at a path. */
export function isAbsent(error: unknown): boolean {
  const code = systemCode(error);
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/**
 * Turn a failed system call on `path` into an error that says what to do next. A VarveError passes as it is.
 * @param doing completes "Cannot …": `read`, `write`, `remove`
 */
export function systemError(
  error: unknown,
  doing: string,
  path: string,
  owner: PathOwner = 'workspace',
): VarveError {
  if (error instanceof VarveError) return error;
  const [code, what, remedy] = EXPLANATIONS[owner][systemCode(error) ?? ''] ?? unexplained(error);
  return new VarveError(code, `Cannot ${doing} ${path}: ${what}`, { path, remedy, cause: error });
}

function unexplained(error: unknown): Explanation {
  const detail = error instanceof Error ? error.message : String(error);
  const remedy = 'Check the disk or the mount that holds this path, then run the same command again.';
  return ['io-error', detail, remedy];
}
