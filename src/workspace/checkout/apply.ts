/**
 * Checkout: planned first, then applied. It may not replace or remove a file that the plan does not name, and gets bytes from whoever
 * calls.
 */

import { chmodSync, lstatSync, rmdirSync, unlinkSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { comparePaths } from '../../base/files/path-order.ts';
import { isAbsent, systemCode, systemError } from '../../base/files/system-errors.ts';
import type { FileToRestore } from '../../store/restoring/restore-files.ts';
import { keepsModes } from '../git/file-mode.ts';
import { isEntry, pathOfFile } from '../tree/data-state.ts';
import { scannedFile } from '../tree/scan.ts';
import { type RecordedFile, unseenFile } from '../tree/stat-cache.ts';
import { isFollowed } from '../trust/link.ts';
import type { CheckoutPlan } from './plan.ts';
import { SafeFolders } from './safe-folder.ts';

/** Put the verified bytes of objects at absolute paths, each whole or not at all. */
export type PutInPlace = (files: Iterable<FileToRestore>, count: number) => Promise<void>;

/**
 * Carries a plan out and returns what now lies there, to be recorded. Cut off at any instant, the next checkout of the same
 * snapshot goes on from there.
 */
export async function applyCheckout(
  root: string,
  dataset: string,
  kind: 'file' | 'directory',
  plan: CheckoutPlan,
  options: { readonly put: PutInPlace; readonly signal?: AbortSignal | undefined },
): Promise<RecordedFile[]> {
  for (const path of plan.remove) removeData(root, dataset, path);
  const folders = new SafeFolders(root, isFollowed(root, dataset) ? dataset : undefined);
  folders.make(posix.dirname(dataset));
  if (kind === 'directory') folders.make(dataset);
  const count = plan.files.filter(({ found }) => found === undefined).length;
  await options.put(filesToPut(root, dataset, plan, folders, options.signal), count);
  const ignoresModes = !keepsModes(root);
  const put = plan.files.map(({ entry, found }) => {
    const file = found ?? scannedFile(root, pathOfFile(dataset, entry.path), entry.path);
    const executable = ignoresModes ? (entry.executable ?? false) : file.executable;
    return { file: { ...file, executable }, digest: entry.digest };
  });
  if (plan.edited.length === 0) return put;
  return [...put, ...plan.edited.map(unseenFile)].sort((a, b) => comparePaths(a.file.path, b.file.path));
}

/** Carry out a plan by which nothing is to be there. */
export async function applyRemoval(
  root: string,
  dataset: string,
  plan: CheckoutPlan,
  signal: AbortSignal | undefined,
): Promise<void> {
  // Of a file, no folder is made for what will not be in it.
  await applyCheckout(root, dataset, 'file', plan, { put: async () => undefined, signal });
}

/** The files whose bytes are to be put in place; all else is seen to on the way. What was touched counts as found no more. */
function* filesToPut(
  root: string,
  dataset: string,
  plan: CheckoutPlan,
  folders: SafeFolders,
  signal: AbortSignal | undefined,
): Generator<FileToRestore> {
  for (const file of plan.files) {
    signal?.throwIfAborted();
    const { entry, found } = file;
    if (found !== undefined && isEntry(found, entry.digest, entry)) continue;
    const path = pathOfFile(dataset, entry.path);
    const executable = entry.executable ?? false;
    file.found = undefined;
    if (entry.digest === undefined) folders.make(path.slice(0, -1));
    else if (found !== undefined) setExecutable(root, path, executable);
    else {
      folders.make(posix.dirname(path));
      const target = join(root, path);
      if (file.folderThere) removeEmptyFolder(target);
      yield { digest: entry.digest, size: entry.size, target, executable };
    }
  }
}

function setExecutable(root: string, path: string, executable: boolean): void {
  const file = join(root, path);
  try {
    const { mode } = lstatSync(file);
    // Whoever may read it may run it, as Git does.
    chmodSync(file, executable ? mode | ((mode & 0o444) >> 2) : mode & ~0o111);
  } catch (error) {
    throw systemError(error, 'change the mode of', path);
  }
}

/** A file, or an empty folder, and the folders that it leaves empty. */
function removeData(root: string, dataset: string, path: string): void {
  const whole = pathOfFile(dataset, path);
  try {
    if (path.endsWith('/')) rmdirSync(join(root, whole));
    else unlinkSync(join(root, whole));
  } catch (error) {
    if (!isAbsent(error) && systemCode(error) !== 'ENOTEMPTY') throw systemError(error, 'remove', whole);
  }
  const top = join(root, dataset);
  for (let folder = dirname(join(root, whole)); folder.startsWith(top); folder = dirname(folder)) {
    if (!removeEmptyFolder(folder)) return;
  }
}

function removeEmptyFolder(folder: string): boolean {
  try {
    rmdirSync(folder);
    return true;
  } catch {
    // Not a folder, not empty, or not there: the next step meets it.
    return false;
  }
}
