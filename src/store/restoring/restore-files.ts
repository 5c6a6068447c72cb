/**
 * Restoring: objects become files of a working tree, each complete and verified before it gets its name. It may not know what is
 * there already, nor whether it may be replaced: whoever calls has decided that.
 */

import { unfinishedBeside } from '../../base/files/atomic-write.ts';
import { forEach } from '../../base/threads/concurrency.ts';
import { Threads } from '../../base/threads/worker-threads.ts';
import { MAX_SMALL_FILE_BYTES } from '../chunking/file-layout.ts';
import { DIGEST_BYTES, type Digest, type RawDigest, toRaw } from '../format/digest.ts';
import type { Location, PackedLocation } from '../index/catalog.ts';
import { groupsOf, MANY_FILES } from './file-groups.ts';
import { modeOf } from './restore-file.ts';
import type { FileToWrite, WriteGroup } from './small-file-writer.ts';

/** So many large files, or groups of small ones, are restored at the same time: enough to keep a disk busy. */
const JOBS = 8;

export interface FileToRestore {
  readonly digest: Digest;
  readonly size: number;
  /** Absolute path. */
  readonly target: string;
  readonly executable: boolean;
}

/** What restoring many files needs of a local store. */
export interface LocalStore {
  /** Find the place where the object is best read; undefined if the store lacks it. */
  locationOf(digest: RawDigest): Location | undefined;
  /** @param pack name of a pack @returns its absolute path */
  packPath(pack: string): string;
  /** Restore one file, wherever its object lies. */
  restoreFile(file: FileToRestore): Promise<void>;
}

interface Packed extends FileToRestore {
  readonly raw: RawDigest;
  readonly location: PackedLocation;
}

/**
 * Restore files, in no promised order. Groups of small ones go to threads if there are many.
 * @param count how many there are
 * @param onBytes called with the count of bytes of a file that a thread wrote
 * @throws VarveError as `local.restoreFile`
 */
export async function restoreFiles(
  local: LocalStore,
  files: Iterable<FileToRestore>,
  count: number,
  onBytes: (count: number) => void,
  signal?: AbortSignal,
): Promise<void> {
  if (count < MANY_FILES) return forEach(files, JOBS, (file) => local.restoreFile(file));
  const threads = new Threads<WriteGroup, Uint8Array>('write-worker', { signal });
  try {
    await forEach(portionsOf(local, files), JOBS, async (portion) => {
      if (!isGroup(portion)) return local.restoreFile(portion);
      const written = await threads.ask(writesOf(local, portion));
      for (const [ordinal, file] of portion.entries()) {
        if (written[ordinal] === 1) onBytes(file.size);
        else await local.restoreFile(file);
      }
    });
  } finally {
    await threads.close();
  }
}

type Portion = FileToRestore | readonly Packed[];

function isGroup(portion: Portion): portion is readonly Packed[] {
  return Array.isArray(portion);
}

/** Split the files into groups of small ones that lie in packs and, between those, all others one by one. */
function* portionsOf(local: LocalStore, files: Iterable<FileToRestore>): Generator<Portion> {
  const others: FileToRestore[] = [];
  const packed = function* (): Generator<Packed> {
    for (const file of files) {
      const raw = toRaw(file.digest);
      const location = file.size <= MAX_SMALL_FILE_BYTES ? local.locationOf(raw) : undefined;
      if (location?.at === 'pack') yield { ...file, raw, location };
      else others.push(file);
    }
  };
  for (const group of groupsOf(packed())) {
    yield* others.splice(0);
    yield group;
  }
  yield* others;
}

function writesOf(local: LocalStore, group: readonly Packed[]): WriteGroup {
  const digests = new Uint8Array(group.length * DIGEST_BYTES);
  const files = group.map((file, ordinal): FileToWrite => {
    const { raw, location, target } = file;
    digests.set(raw, ordinal * DIGEST_BYTES);
    return {
      pack: local.packPath(location.pack),
      offset: location.offset,
      length: location.length,
      mode: modeOf(file),
      temporary: unfinishedBeside(target),
      target,
    };
  });
  return { files, digests };
}
