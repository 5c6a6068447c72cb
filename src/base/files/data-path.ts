import { VarveError } from '../../errors.ts';

/**
 * The paths that data may have: one rule for every path from anyone, be it a dataset, an entry of a manifest, an output of DVC or an
 * argument of a command or a driver of Git. It may not know the file system at hand, since the same paths are checked out on all.
 */

/** Bytes of UTF-8: PATH_MAX of Linux, and NAME_MAX of nearly every file system. */
export const MAX_PATH_BYTES = 4096;
const MAX_NAME_BYTES = 255;

/**
 * Files in folders of these names steer Git, varve or DVC, up to programs that they run (`.git/hooks`, `core.fsmonitor`,
 * `credential_process`), so no data may lie there.
 */
const RESERVED = ['git', 'varve', 'dvc'];

/**
 * Code points that HFS+ ignores in names. Source: Git's utf8.c, `next_hfs_char`, which has them from Apple's TN1150.
 * https://github.com/git/git/blob/master/utf8.c
 */
const HFS_IGNORED = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g;

/**
 * The forms that NTFS gives to `.git` and its like: dots and spaces at the end fall away, a colon begins the name of a stream
 * within the file, and `GIT~1` is the short name. Source: Git's path.c, `is_ntfs_dotgit`; its `~1` is there for one name, here any
 * digit, since three names may share a beginning.
 */
const NTFS_FORM = new RegExp(`^(\\.(${RESERVED.join('|')})|(${RESERVED.join('|')})~[0-9]+)[ .]*(:.*)?$`, 's');

/** What Windows makes `.` or nothing of: it drops dots and spaces at the end of a name, and the name of a stream. */
const DOTS = /^[ .]+(:.*)?$/s;

const ASCII = /^[\x20-\x7e]*$/;

/** Nearly every path: short, of letters, digits and marks that no file system changes, no part beginning with a dot. None of the rules below can refuse it. */
const PLAIN = /^(?:\w[\w.-]*\/)*\w[\w.-]*\/?$/;

/**
 * Tell why a path may not be that of data, as the rest of a sentence; undefined if it may. A `/` at its end, as folders have it, is no
 * fault. O(length).
 */
export function problemOfDataPath(path: string): string | undefined {
  if (path.length <= MAX_NAME_BYTES && PLAIN.test(path)) return undefined;
  if (path === '' || path.startsWith('/')) return 'is not a relative path';
  if (path.includes('\0') || path.includes('\\')) return 'holds a NUL or a backslash';
  if (/[\x01-\x1f\x7f]/.test(path)) return 'holds a control character';
  if (/\p{Surrogate}/u.test(path)) return 'is not valid Unicode';
  if (path.length > MAX_PATH_BYTES || Buffer.byteLength(path) > MAX_PATH_BYTES) return 'is too long';
  const steps = (path.endsWith('/') ? path.slice(0, -1) : path).split('/');
  // `C:` is a drive to Windows; `C:x` is a stream, which leads nowhere else.
  if (/^[A-Za-z]:$/.test(steps[0]!)) return 'begins with a drive';
  for (const step of steps) {
    const problem = problemOfStep(step);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function problemOfStep(step: string): string | undefined {
  if (step === '' || step === '.' || step === '..') return 'has an empty, `.` or `..` part';
  if (mayFold(step) && DOTS.test(fold(step))) return 'has a part of nothing but dots and spaces';
  if (step.length * 3 > MAX_NAME_BYTES && Buffer.byteLength(step) > MAX_NAME_BYTES)
    return 'has too long a part';
  const reserved = reservedName(step);
  if (reserved === undefined) return undefined;
  return step === reserved
    ? `lies in a \`${reserved}\` folder`
    : `has a part that some file systems take for \`${reserved}\``;
}

/** Tell whether some file system takes a name for `.git`, `.varve` or `.dvc`, and for which; undefined for every other name. */
export function reservedName(name: string): string | undefined {
  if (!mayFold(name)) return undefined;
  const match = NTFS_FORM.exec(fold(name));
  return match === null ? undefined : `.${match[2] ?? match[3]}`;
}

/** Nearly every name is ASCII, neither begins with a dot or a space, nor has the mark of a short name: it is what it is. */
function mayFold(name: string): boolean {
  return /^[. ]|~/.test(name) || !ASCII.test(name);
}

/**
 * What the file system that confuses most makes of a name: HFS+ ignores code points, APFS and NTFS fold case, and ZFS can be told to
 * normalise by compatibility. Both Turkish i are taken for an i, which some fold so.
 */
function fold(name: string): string {
  if (ASCII.test(name)) return name.toLowerCase();
  const plain = name
    .replaceAll(HFS_IGNORED, '')
    .normalize('NFKC')
    .replaceAll(/[\u0130\u0131]/g, 'i');
  // Up first: some letters have one upper case and two lower ones.
  return plain.toUpperCase().toLowerCase();
}

/** Check a path of data. @param where names what holds the path, if it is not the path itself @throws VarveError `path-unsafe` */
export function checkDataPath(path: string, where = path): void {
  const problem = problemOfDataPath(path);
  if (problem === undefined) return;
  const named = JSON.stringify(path.slice(0, 200));
  throw new VarveError('path-unsafe', `No data may lie at ${named}: it ${problem}`, {
    path: where,
    remedy:
      where === path
        ? 'Put the data at another path. If somebody else named this one, ask why before you go on.'
        : `Remove ${where}, or ask who wrote it: no dataset of varve or DVC is of that name.`,
  });
}
