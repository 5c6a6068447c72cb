import { chmodSync, lstatSync, rmdirSync, unlinkSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { forEach } from '../store/concurrency.ts';
import type { Digest } from '../store/digest.ts';
import type { CheckoutPlan, PlannedFile } from './checkout-plan.ts';
import { isEntry, pathOfFile } from './data-state.ts';
import { isAbsent, systemCode, workspaceError } from './file-errors.ts';
import { SafeFolders } from './safe-folder.ts';
import { type ScannedFile, scannedFile } from './scan.ts';
import type { RecordedFile } from './stat-cache.ts';

/** Files that are put in place at the same time: enough to keep a disk busy. */
const JOBS = 8;

/** Puts the verified bytes of an object at an absolute path, whole or not at all. */
export type PutInPlace = (digest: Digest, target: string, executable: boolean) => Promise<void>;

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
  const folders = new SafeFolders(root);
  folders.make(posix.dirname(dataset));
  if (kind === 'directory') folders.make(dataset);
  await forEach(plan.files, JOBS, async (file) => {
    options.signal?.throwIfAborted();
    file.found = await bringIn(root, dataset, file, folders, options.put);
  });
  return plan.files.map(({ entry, found }) => ({ file: found!, digest: entry.digest }));
}

async function bringIn(
  root: string,
  dataset: string,
  file: PlannedFile,
  folders: SafeFolders,
  put: PutInPlace,
): Promise<ScannedFile> {
  const { entry, found } = file;
  if (found !== undefined && isEntry(found, entry.digest, entry)) return found;
  const path = pathOfFile(dataset, entry.path);
  if (entry.digest === undefined) folders.make(path.slice(0, -1));
  else if (found !== undefined) setExecutable(root, path, entry.executable ?? false);
  else {
    folders.make(posix.dirname(path));
    const target = join(root, path);
    if (file.folderThere) removeEmptyFolder(target);
    await put(entry.digest, target, entry.executable ?? false);
  }
  return scannedFile(root, path, entry.path);
}

function setExecutable(root: string, path: string, executable: boolean): void {
  const file = join(root, path);
  try {
    const { mode } = lstatSync(file);
    // Whoever may read it may run it, as Git does.
    chmodSync(file, executable ? mode | ((mode & 0o444) >> 2) : mode & ~0o111);
  } catch (error) {
    throw workspaceError(error, 'change the mode of', path);
  }
}

/** A file, or an empty folder, and the folders that it leaves empty. */
function removeData(root: string, dataset: string, path: string): void {
  const whole = pathOfFile(dataset, path);
  try {
    if (path.endsWith('/')) rmdirSync(join(root, whole));
    else unlinkSync(join(root, whole));
  } catch (error) {
    if (!isAbsent(error) && systemCode(error) !== 'ENOTEMPTY') throw workspaceError(error, 'remove', whole);
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
