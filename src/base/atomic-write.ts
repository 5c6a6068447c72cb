import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { processOwner } from './process-owner.ts';
import { renameOverSync } from './rename.ts';
import { workspaceError } from './system-errors.ts';

/**
 * Names of unfinished files: those written here, and those that the store writes beside the data. What a killed process
 * left is known by its name, so that it never becomes part of a dataset. The first form is that of earlier versions.
 */
const UNFINISHED = /^\.varve-([0-9a-f]{24}|[0-9a-z-]+\.tmp)$/;
const OWNED = /^\.varve-([0-9a-f]{8}-\d+-[0-9a-z]+)-[0-9a-f]{16}\.tmp$/;

export function isUnfinished(name: string): boolean {
  return UNFINISHED.test(name);
}

/** The process that writes a file of this name (see processOwner); undefined for files of earlier versions. */
export function ownerOfUnfinished(name: string): string | undefined {
  return OWNED.exec(name)?.[1];
}

/**
 * A path for an unfinished file beside `path`, which nobody has had: open it with `wx`, so that no link which Git brought is
 * followed even if somebody had guessed it.
 */
export function unfinishedBeside(path: string): string {
  return join(dirname(path), unfinishedName());
}

/** Of this thread; with a number behind it, the name of one file. */
const unfinished = randomBytes(4).toString('hex');
let started = 0;

export function unfinishedName(): string {
  const number = (started++ >>> 0).toString(16).padStart(8, '0');
  return `.varve-${processOwner()}-${unfinished}${number}.tmp`;
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
  const temporary = unfinishedBeside(path);
  try {
    mkdirSync(dirname(path), { recursive: true });
    const file = openSync(temporary, 'wx', mode);
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
