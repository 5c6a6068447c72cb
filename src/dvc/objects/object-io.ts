/**
 * Reads, hashes, places and writes single objects, as worker threads do it. Knows files and MD5s; knows no output, no
 * pointer and no setting.
 */

import { createHash } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  fchmodSync,
  fstatSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readSync,
  type Stats,
  statSync,
  symlinkSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { removeQuietly, unfinishedBeside, unfinishedName } from '../../base/files/atomic-write.ts';
import { renameOverSync } from '../../base/files/rename.ts';
import { systemCode, systemError } from '../../base/files/system-errors.ts';
import { VarveError } from '../../errors.ts';
import type { LinkType } from '../format/config.ts';
import { HASH_BLOCK, Md5 } from '../format/md5.ts';
import { type HashName, md5Of, type ObjectId, objectKey } from '../format/object-id.ts';
import { tarArchive } from './archive.ts';
import type {
  CheckJob,
  FileFacts,
  HashJob,
  JobResult,
  LoadJob,
  ObjectJob,
  PackJob,
  PlaceJob,
  SaveJob,
  StoreJob,
} from './object-jobs.ts';

/** DVC protects objects with this mode, and takes those that have it as checked. */
const PROTECTED = 0o444;
/** Objects up to this size are sent from memory. */
const MAX_IN_MEMORY_BYTES = 4 * 1024 * 1024;
const block = Buffer.allocUnsafeSlow(HASH_BLOCK);
const KNOWN_FOLDERS = new Set<string>();
/** Link types that failed here: not tried again for each of ten thousand files. */
const UNUSABLE_LINKS = new Set<LinkType>();

/** Asked between two blocks of a file. @throws where the job at hand is not wanted any more */
let assertWanted: () => void = () => undefined;

/**
 * Do one job, synchronously: worker threads have nothing else to do meanwhile.
 * @param assertStillWanted throws where it is not; what the job made is then removed
 */
export function doJob(job: ObjectJob, assertStillWanted: () => void): JobResult {
  assertWanted = assertStillWanted;
  assertWanted();
  switch (job.kind) {
    case 'hash':
      return hashFile(job);
    case 'store':
      return storeFile(job);
    case 'place':
      return placeObject(job);
    case 'load':
      return loadObject(job);
    case 'pack':
      return packObjects(job);
    case 'save':
      return saveObject(job);
    case 'check':
      return checkReceived(job);
    case 'verify':
      return checkObject(job.path, job.id);
  }
}

/**
 * Give the folder of unfinished objects: within the cache, so that a rename suffices, under a name that no object has.
 */
export function temporaryFolder(root: string): string {
  return join(root, 'varve', 'tmp');
}

function hashFile({ path, hash }: HashJob): JobResult {
  return reading(path, (file, facts) => ({ id: { hash, value: pump(file, path, facts.size, hash) }, facts }));
}

function storeFile(job: StoreJob): JobResult {
  const { path, root, hash, expected, shared } = job;
  const suffix = expected?.slice(32) ?? '';
  return reading(path, (file, facts) => {
    const inMemory = facts.size <= HASH_BLOCK;
    const temporary = inMemory ? undefined : newTemporary(root, shared);
    try {
      const value =
        (temporary === undefined
          ? pump(file, path, facts.size, hash)
          : copy(file, path, facts.size, hash, temporary)) + suffix;
      if (expected !== undefined && value !== expected) throw mismatch(path, expected, value);
      const id = { hash, value };
      if (temporary === undefined) writeObject(root, id, block.subarray(0, facts.size), shared);
      else if (!isPublished(root, id, facts.size)) publish(temporary, root, id, shared);
      return { id, facts };
    } finally {
      if (temporary !== undefined) removeQuietly(temporary);
    }
  });
}

function copy(file: number, path: string, size: number, hash: HashName, temporary: string): string {
  const target = openSync(temporary, 'wx', 0o600);
  try {
    const value = pump(file, path, size, hash, target);
    fchmodSync(target, PROTECTED);
    return value;
  } finally {
    closeSync(target);
  }
}

function writeObject(root: string, id: ObjectId, bytes: Uint8Array, shared: boolean): void {
  if (isPublished(root, id, bytes.length)) return;
  const temporary = newTemporary(root, shared);
  try {
    const target = openSync(temporary, 'wx', 0o600);
    try {
      writeAll(target, bytes);
      fchmodSync(target, PROTECTED);
    } finally {
      closeSync(target);
    }
    publish(temporary, root, id, shared);
  } catch (error) {
    removeQuietly(temporary);
    throw error;
  }
}

function placeObject(job: PlaceJob): JobResult {
  const source = join(job.root, objectKey(job.id));
  const temporary = unfinishedBeside(job.target);
  try {
    makeLink(job, source, temporary);
    if (job.executable) chmodSync(temporary, statSync(temporary).mode | constants.S_IXUSR);
    renameOverSync(temporary, job.target);
    return { id: job.id, facts: fileFactsOf(statSync(job.target)) };
  } catch (error) {
    removeQuietly(temporary);
    if (systemCode(error) === 'ENOENT' && !exists(source)) throw missing(source);
    throw systemError(error, 'write', job.target, 'store');
  }
}

/** The first of the wanted link types that works here. */
function makeLink(job: PlaceJob, source: string, temporary: string): void {
  for (const type of job.links) {
    if (UNUSABLE_LINKS.has(type)) continue;
    try {
      LINKS[type](source, temporary, job.id);
      return;
    } catch (error) {
      if (!LINK_REFUSED.has(systemCode(error) ?? '') || type === 'copy') throw error;
      UNUSABLE_LINKS.add(type);
    }
  }
  throw new VarveError(
    'link-refused',
    `None of ${job.links.join(', ')} works from the cache to ${job.target}`,
    {
      path: job.target,
      remedy: 'Allow copies too: `dvc config cache.type reflink,copy`.',
    },
  );
}

const LINK_REFUSED = new Set([
  'ENOTSUP',
  'EOPNOTSUPP',
  'EXDEV',
  'EINVAL',
  'ENOTTY',
  'ENOSYS',
  'EPERM',
  'EMLINK',
  'EACCES',
]);

const LINKS: Record<LinkType, (source: string, temporary: string, id: ObjectId) => void> = {
  reflink(source, temporary, id) {
    copyFileSync(source, temporary, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE);
    chmodSync(temporary, 0o666 & ~process.umask());
    checkObject(temporary, id);
  },
  hardlink(source, temporary, id) {
    checkObject(source, id);
    // As DVC does: all empty files would otherwise share one inode, and its limit of links.
    if (statSync(source).size === 0) closeSync(openSync(temporary, 'wx', 0o666));
    else linkSync(source, temporary);
  },
  symlink(source, temporary, id) {
    checkObject(source, id);
    symlinkSync(source, temporary);
  },
  copy(source, temporary, id) {
    reading(source, (file, facts) => {
      const target = openSync(temporary, 'wx', 0o666);
      try {
        const value = pump(file, source, facts.size, id.hash, target);
        if (value !== md5Of(id)) throw mismatch(source, md5Of(id), value);
      } finally {
        closeSync(target);
      }
    });
  },
};

function checkObject(path: string, id: ObjectId): JobResult {
  const { id: actual, facts } = hashFile({ kind: 'hash', path, hash: id.hash });
  if (actual.value !== md5Of(id)) throw mismatch(path, md5Of(id), actual.value);
  return { id, facts };
}

function loadObject({ root, id }: LoadJob): JobResult {
  const path = join(root, objectKey(id));
  return reading(path, (file, facts) => {
    const bytes = facts.size <= MAX_IN_MEMORY_BYTES ? new Uint8Array(facts.size) : undefined;
    const sha256 = createHash('sha256');
    let done = 0;
    const value = pump(file, path, facts.size, id.hash, undefined, (piece) => {
      sha256.update(piece);
      bytes?.set(piece, done);
      done += piece.length;
    });
    if (value !== md5Of(id)) throw mismatch(path, md5Of(id), value);
    return { id, facts, sha256: sha256.digest('hex'), ...(bytes && { bytes }) };
  });
}

function packObjects({ root, ids }: PackJob): JobResult {
  const loaded = ids.map((id) => loadObject({ kind: 'load', root, id }));
  const files = loaded.map(({ id, bytes }) => ({ name: objectKey(id), bytes: bytes! }));
  const bytes = tarArchive(files);
  const { id, facts } = loaded.at(-1)!;
  return { id, facts, bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
}

function saveObject({ root, id, from, shared }: SaveJob): JobResult {
  try {
    if (from instanceof Uint8Array) {
      checkBytes(from, id);
      writeObject(root, id, from, shared);
    } else {
      checkObject(from.temporary, id);
      chmodSync(from.temporary, PROTECTED);
      if (!isPublished(root, id, statSync(from.temporary).size)) publish(from.temporary, root, id, shared);
    }
    return { id, facts: fileFactsOf(statSync(join(root, objectKey(id)))) };
  } catch (error) {
    throw systemError(error, 'write', join(root, objectKey(id)), 'store');
  } finally {
    if (!(from instanceof Uint8Array)) removeQuietly(from.temporary);
  }
}

function checkReceived({ id, from }: CheckJob): JobResult {
  try {
    if (from instanceof Uint8Array) checkBytes(from, id);
    else checkObject(from.temporary, id);
    return {
      id,
      facts: { size: from instanceof Uint8Array ? from.length : 0, mtimeMs: 0, ctimeMs: 0, inode: 0 },
    };
  } finally {
    if (!(from instanceof Uint8Array)) removeQuietly(from.temporary);
  }
}

function checkBytes(bytes: Uint8Array, id: ObjectId): void {
  const md5 = new Md5(id.hash);
  for (let at = 0; at < bytes.length; at += HASH_BLOCK) md5.update(bytes.subarray(at, at + HASH_BLOCK));
  const value = md5.hex();
  if (value !== md5Of(id)) throw mismatch(objectKey(id), md5Of(id), value);
}

/** Give a finished temporary its name. */
function publish(temporary: string, root: string, id: ObjectId, shared: boolean): void {
  const path = join(root, objectKey(id));
  makeFolder(dirname(path), shared);
  renameOverSync(temporary, path);
}

/** An object that is protected and of the right size was whole when it was written; `varve verify` reads it again. */
function isPublished(root: string, id: ObjectId, size: number): boolean {
  const found = lstatSync(join(root, objectKey(id)), { throwIfNoEntry: false });
  return found?.isFile() === true && found.size === size && (found.mode & 0o777) === PROTECTED;
}

/** Open, read and check that the file was the same before and after. */
function reading<T>(path: string, use: (file: number, facts: FileFacts) => T): T {
  let file: number | undefined;
  try {
    file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const before = fstatSync(file);
    if (!before.isFile()) throw notAFile(path);
    const result = use(file, fileFactsOf(before));
    const after = fstatSync(file);
    if (after.size !== before.size || after.mtimeMs !== before.mtimeMs) throw changed(path);
    return result;
  } catch (error) {
    throw systemCode(error) === 'ENOENT' ? missing(path) : systemError(error, 'read', path, 'store');
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** The MD5 of the file's `size` bytes, which are also written to `target` and shown to `onPiece`. */
function pump(
  file: number,
  path: string,
  size: number,
  hash: HashName,
  target?: number,
  onPiece?: (piece: Uint8Array) => void,
): string {
  const md5 = new Md5(hash);
  for (let done = 0; done < size; ) {
    assertWanted();
    const wanted = Math.min(HASH_BLOCK, size - done);
    let filled = 0;
    while (filled < wanted) {
      const count = readSync(file, block, filled, wanted - filled, done + filled);
      if (count === 0) throw changed(path);
      filled += count;
    }
    const piece = block.subarray(0, wanted);
    md5.update(piece);
    onPiece?.(piece);
    if (target !== undefined) writeAll(target, piece);
    done += wanted;
  }
  return md5.hex();
}

function writeAll(file: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
}

function newTemporary(root: string, shared: boolean): string {
  const folder = temporaryFolder(root);
  makeFolder(folder, shared);
  return join(folder, unfinishedName());
}

function makeFolder(folder: string, shared: boolean): void {
  if (KNOWN_FOLDERS.has(folder)) return;
  const first = mkdirSync(folder, { recursive: true });
  if (shared && first !== undefined) {
    for (let made = folder; made.length >= first.length; made = dirname(made)) chmodSync(made, 0o2775);
  }
  KNOWN_FOLDERS.add(folder);
}

export function fileFactsOf(found: Stats): FileFacts {
  return { size: found.size, mtimeMs: found.mtimeMs, ctimeMs: found.ctimeMs, inode: found.ino };
}

function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

function missing(path: string): VarveError {
  return new VarveError('object-missing', `There is no file ${path}`, {
    path,
    remedy:
      'To the cache, `varve fetch --all-commits` brings what the remote has of every version; to a remote, whoever has the data sends it by `varve push --all-commits`.',
  });
}

function notAFile(path: string): VarveError {
  return new VarveError('file-unsupported', `${path} is neither a file nor a folder`, {
    path,
    remedy: 'Move it out of the data, or name it in .dvcignore.',
  });
}

function changed(path: string): VarveError {
  return new VarveError('source-changed', `${path} was changed while it was read`, {
    path,
    remedy: 'Run the command again when nothing writes to this file.',
  });
}

function mismatch(path: string, expected: string, actual: string): VarveError {
  return new VarveError('digest-mismatch', `${path} has the MD5 ${actual}, not ${expected}`, {
    path,
    remedy:
      'Run `varve verify` for the cache, `varve verify --remote NAME` for a remote: it names what the damage touches, and what to do.',
  });
}
