import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { forEach } from '../threads/concurrency.ts';
import { processOwner } from './process-owner.ts';
import { renameOverSync } from './rename.ts';
import { systemError } from './system-errors.ts';

/**
 * Files that get their name when they are complete: the one place that names unfinished files, and knows them by their name. It may
 * not know what is in them. (base/compile-cache.ts has a rule of its own, since it runs before anything is loaded.)
 */

/** Names of unfinished files: what a killed process left never becomes part of a dataset. Earlier versions wrote the first form. */
const UNFINISHED = /^\.varve-([0-9a-f]{24}|[0-9a-z-]+\.tmp)$/;
const OWNED = /^\.varve-([0-9a-f]{8}-\d+-[0-9a-z]+)-[0-9a-f]{16}\.tmp$/;

export function isUnfinished(name: string): boolean {
  return UNFINISHED.test(name);
}

/** Tell the process that writes a file of this name (see processOwner); undefined for files of earlier versions. */
export function ownerOfUnfinished(name: string): string | undefined {
  return OWNED.exec(name)?.[1];
}

/**
 * Make a path for an unfinished file beside `path`, which nobody has had: open it with `wx`, so that no link which Git brought is
 * followed even if somebody had guessed it.
 */
export function unfinishedBeside(path: string): string {
  return join(dirname(path), unfinishedName());
}

let ofThisThread: string | undefined;
let made = 0;

/** Make a name that no other thread, process or container makes. Git ignores such names in varve's own folder. */
export function unfinishedName(): string {
  ofThisThread ??= randomBytes(4).toString('hex');
  const number = (made++ >>> 0).toString(16).padStart(8, '0');
  return `.varve-${processOwner()}-${ofThisThread}${number}.tmp`;
}

/** Remove a file that may never have been made, or has its final name by now. Never fails: the error on its way says more. */
export function removeQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Whoever called is about to report what went wrong, or nothing did.
  }
}

/**
 * Replace the file at `path`, whole or not at all, and make folders on the way.
 * @param durable whether the bytes must be on disk before the name is theirs: caches need not
 * @param mode who may read and write the file, less what the umask of the process takes away
 * @throws VarveError as {@link systemError}
 */
export function writeAtomically(
  path: string,
  pieces: readonly Uint8Array[],
  durable = true,
  mode = 0o666,
): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    replaceFile(path, pieces, durable, mode);
  } catch (error) {
    throw systemError(error, 'write', path);
  }
}

/**
 * Do as {@link writeAtomically}, in a folder that is there.
 * @throws the system's errors as they are
 */
export function replaceFile(path: string, pieces: readonly Uint8Array[], durable = true, mode = 0o666): void {
  const unfinished = unfinishedBeside(path);
  try {
    const file = openSync(unfinished, 'wx', mode);
    try {
      for (const piece of pieces) writeAll(file, piece);
      if (durable) fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameOverSync(unfinished, path);
  } catch (error) {
    removeQuietly(unfinished);
    throw error;
  }
}

/** A file, and what it is to hold. */
export interface NewFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Files whose bytes go to disk at the same time: more than the threads that do it. */
const SYNCED_AT_ONCE = 16;

/**
 * Replace files as {@link writeAtomically} does, each whole or not at all, and none before the bytes of all are on disk: the system writes
 * many at once sooner than one after the other.
 * @throws VarveError as {@link systemError}
 */
export async function writeAllAtomically(files: readonly NewFile[]): Promise<void> {
  const unfinished = new Map<NewFile, string>();
  try {
    await forEach(files, SYNCED_AT_ONCE, async (file) => {
      try {
        mkdirSync(dirname(file.path), { recursive: true });
        const path = unfinishedBeside(file.path);
        unfinished.set(file, path);
        await writeFile(path, file.bytes, { flag: 'wx', flush: true });
      } catch (error) {
        throw systemError(error, 'write', file.path);
      }
    });
    for (const file of files) {
      try {
        renameOverSync(unfinished.get(file)!, file.path);
      } catch (error) {
        throw systemError(error, 'write', file.path);
      }
      unfinished.delete(file);
    }
  } finally {
    for (const path of unfinished.values()) removeQuietly(path);
  }
}

function writeAll(file: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
}
