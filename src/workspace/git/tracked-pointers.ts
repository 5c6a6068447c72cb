import {
  closeSync,
  type Dirent,
  existsSync,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  statSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { writeAtomically } from '../../base/files/atomic-write.ts';
import { VarveError } from '../../errors.ts';
import { POINTER_SUFFIX } from '../pointer.ts';

/**
 * The pointers that Git tracks, remembered by the checksum at the end of its index (https://git-scm.com/docs/index-format). While the
 * index and the names in the tree agree with it, nobody need wait for a process of Git: that is a third of a short `varve status`.
 */
interface TrackedPointers {
  readonly index: string;
  /** Paths from the root. */
  readonly pointers: readonly string[];
}

const VERSION = 1;
/** Bytes of a checksum by SHA-256; one by SHA-1 is shorter by 12. */
const CHECKSUM = 32;
const UNSET = Buffer.alloc(20);
/** If there are more, Git, which skips ignored folders, is the faster of the two. */
const MAX_FOLDERS = 200;
/** At the root; no data there. */
const OWN = new Set(['.git', '.varve']);

/**
 * Find the pointers of the working tree that Git tracks, provided that there is no other that Git might offer to track; undefined if
 * only Git can say. No pointer is looked for in the data of a dataset, which cannot hold one.
 */
export function pointersWithoutGit(root: string): string[] | undefined {
  const known = recall(root);
  if (known === undefined || known.index !== indexChecksum(root)) return undefined;
  const found = pointersInTree(root);
  const tracked = new Set(known.pointers);
  if (found === undefined || !found.every((path) => tracked.has(path))) return undefined;
  for (const path of found) tracked.delete(path);
  return [...tracked].some((path) => existsSync(join(root, path))) ? undefined : found;
}

/**
 * Remember what Git answered.
 * @param index indexChecksum from before Git was asked
 */
export function rememberPointers(root: string, index: string | undefined, pointers: readonly string[]): void {
  if (index === undefined || index !== indexChecksum(root)) return;
  try {
    const text = `${JSON.stringify({ version: VERSION, index, pointers })}\n`;
    writeAtomically(recordFile(root), [Buffer.from(text)], false);
  } catch (error) {
    // If nothing can be written, Git is asked again next time.
    if (!(error instanceof VarveError)) throw error;
  }
}

/** Read the checksum at the end of Git's index, in hexadecimal; undefined if there is no index, or if Git was told to keep no checksum. */
export function indexChecksum(root: string): string | undefined {
  try {
    const file = openSync(join(gitFolder(root), 'index'), 'r');
    try {
      const end = Buffer.alloc(CHECKSUM);
      const { size } = fstatSync(file);
      const whole = size >= CHECKSUM && readSync(file, end, 0, CHECKSUM, size - CHECKSUM) === CHECKSUM;
      return whole && !end.subarray(-UNSET.length).equals(UNSET) ? end.toString('hex') : undefined;
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined;
  }
}

/** Find Git's folder. In a worktree or a submodule, `.git` is a file that names it. */
function gitFolder(root: string): string {
  const git = join(root, '.git');
  if (statSync(git).isDirectory()) return git;
  return resolve(
    root,
    readFileSync(git, 'utf8')
      .replace(/^gitdir: /, '')
      .trimEnd(),
  );
}

function recall(root: string): TrackedPointers | undefined {
  try {
    const { version, index, pointers } = JSON.parse(readFileSync(recordFile(root), 'utf8'));
    return version === VERSION && Array.isArray(pointers) ? { index, pointers } : undefined;
  } catch {
    return undefined;
  }
}

function recordFile(root: string): string {
  return join(root, '.varve', 'tracked.json');
}

/** Find pointers, in no order; undefined if the tree has too many folders to look into, or one that cannot be read. */
function pointersInTree(root: string): string[] | undefined {
  const found: string[] = [];
  const folders = [''];
  for (let at = 0; at < folders.length; at++) {
    const folder = folders[at]!;
    const entries = folders.length > MAX_FOLDERS ? undefined : readFolder(join(root, folder));
    if (entries === undefined) return undefined;
    const names = new Set(entries.map(({ name }) => name));
    // Another repository, as Git sees it.
    if (folder !== '' && names.has('.git')) continue;
    const isData = (name: string): boolean => names.has(name + POINTER_SUFFIX);
    for (const entry of entries.filter((other) => !other.isDirectory())) {
      if (entry.name.endsWith(POINTER_SUFFIX)) found.push(folder + entry.name);
    }
    for (const { name } of entries.filter((other) => other.isDirectory() && !isData(other.name))) {
      if (!OWN.has(folder + name)) folders.push(`${folder}${name}/`);
    }
  }
  return found;
}

function readFolder(folder: string): Dirent[] | undefined {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return undefined;
  }
}
