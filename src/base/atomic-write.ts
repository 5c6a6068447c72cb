import { closeSync, fsyncSync, mkdirSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { renameOverSync } from './rename.ts';
import { workspaceError } from './system-errors.ts';

/**
 * Names of unfinished files: those written here, and those that the store writes beside the data. What a killed process
 * left is known by its name, so that it never becomes part of a dataset.
 */
const UNFINISHED = /^\.varve-([0-9a-f]{24}|[0-9a-z-]+\.tmp)$/;

export function isUnfinished(name: string): boolean {
  return UNFINISHED.test(name);
}

/**
 * Replaces the file at `path`, whole or not at all; folders on the way are made.
 * @param durable whether the bytes must be on disk before the name is theirs: caches need not
 * @param mode who may read and write the file, less what the umask of the process takes away
 */
export function writeAtomically(
  path: string,
  pieces: readonly Uint8Array[],
  durable = true,
  mode = 0o666,
): void {
  const temporary = join(dirname(path), `.varve-${process.pid}.tmp`);
  try {
    mkdirSync(dirname(path), { recursive: true });
    const file = openSync(temporary, 'w', mode);
    try {
      for (const piece of pieces) writeAll(file, piece);
      if (durable) fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameOverSync(temporary, path);
  } catch (error) {
    removeQuietly(temporary);
    throw workspaceError(error, 'write', path);
  }
}

function writeAll(file: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
}

function removeQuietly(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // It was never made, or it cannot be removed: the error that is on its way says more.
  }
}
