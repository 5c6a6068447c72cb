import { VarveError } from '../errors.ts';

/** In bytes of UTF-8, as Linux has them: what is longer could be kept by no system. */
const MAX_PATH = 4096;
const MAX_STEP = 255;

/** What a file system could fold to one of the names below begins with one of these, if it is ASCII. */
const SUSPICIOUS = /(?:^|\/)(?:[. ]|(?:git|varve|dvc)~)/i;
const ASCII = /^[\x20-\x7e]*$/;
/** Code points that HFS+ passes over: `next_hfs_char` in Git's utf8.c. */
const HFS_IGNORED = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g;
/**
 * The folders that Git, varve and DVC keep for themselves, and the short names that NTFS gives them, with what Windows drops
 * behind a name: dots, spaces, and the name of a stream. `is_ntfs_dotgit` in Git's path.c.
 */
const RESERVED = /^(?:\.(?:git|varve|dvc)|(?:git|varve|dvc)~\d+)[. ]*(?::.*)?$/s;
/** `.` and `..`, as Windows reads them too. */
const DOTS = /^[. ]+(?::.*)?$/s;

/**
 * Why nothing may be read, written or removed at a path that may come from anyone, as the rest of a sentence; undefined where it
 * may. This one function decides for datasets, entries of manifests, outputs of DVC and arguments, alike on every machine.
 *
 * What Git refuses to check out is refused, by the rules of its `verify_path` (read-cache.c) with core.protectHFS and core.protectNTFS set:
 * programs would run what is written into a `.git`. The folders of varve and DVC hold settings, so that they are protected in the same way.
 * @param path POSIX, relative; a `/` at its end is allowed, and means a folder
 */
export function problemOfPath(path: string): string | undefined {
  if (path === '' || path.startsWith('/')) return 'is not a relative path';
  if (/^[A-Za-z]:/.test(path)) return 'begins with a drive of Windows';
  if (path.includes('\\')) return 'holds a backslash';
  if (/[\x00-\x1f\x7f]/.test(path)) return 'holds a control character';
  if (/\p{Surrogate}/u.test(path)) return 'is not valid Unicode';
  if (path.length > MAX_PATH || Buffer.byteLength(path) > MAX_PATH) return 'is too long';
  const steps = (path.endsWith('/') ? path.slice(0, -1) : path).split('/');
  if (steps.includes('')) return 'has an empty step';
  if (steps.some((step) => step.length * 3 > MAX_STEP && Buffer.byteLength(step) > MAX_STEP)) {
    return 'has a step that is too long';
  }
  if (ASCII.test(path) && !SUSPICIOUS.test(path)) return undefined;
  for (const step of steps) {
    const problem = problemOfStep(step);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

/** @throws VarveError `path-unsafe`; `remedy` says what to do about whatever named the path */
export function checkPath(path: string, remedy: string): void {
  const problem = problemOfPath(path);
  if (problem === undefined) return;
  throw new VarveError('path-unsafe', `${JSON.stringify(path.slice(0, 200))} ${problem}`, { path, remedy });
}

function problemOfStep(step: string): string | undefined {
  const folded = fold(step);
  if (DOTS.test(folded)) return 'has a step of nothing but dots and spaces';
  if (!RESERVED.test(folded)) return undefined;
  const [owner] = /git|varve|dvc/.exec(folded)!;
  return `lies in a \`.${owner}\` folder, or in what a file system may take for one`;
}

/**
 * What the file system that confuses most would make of a name: HFS+ passes over code points, APFS and NTFS fold case, ZFS can be
 * told to normalise by compatibility. Both Turkish i are taken for an i, which some fold so.
 */
function fold(step: string): string {
  if (ASCII.test(step)) return step.toLowerCase();
  const plain = step
    .replaceAll(HFS_IGNORED, '')
    .normalize('NFKC')
    .replaceAll(/[\u0130\u0131]/g, 'i');
  // Up first: some letters have one upper case and two lower ones.
  return plain.toUpperCase().toLowerCase();
}
