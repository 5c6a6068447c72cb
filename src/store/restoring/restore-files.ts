import { unfinishedBeside } from '../../base/atomic-write.ts';
import { forEach } from '../../base/concurrency.ts';
import { Threads } from '../../base/worker-threads.ts';
import { SMALLEST_CHUNKED } from '../chunking/file-layout.ts';
import { DIGEST_BYTES, type Digest, type RawDigest, toRaw } from '../format/digest.ts';
import type { Location, PackedLocation } from '../index/catalog.ts';
import { groupsOf, MANY_FILES } from './file-groups.ts';
import { modeOf } from './restore-file.ts';
import type { FileToWrite, WriteGroup } from './small-file-writer.ts';

/** Large files, or groups of small ones, that are put in place at the same time: enough to keep a disk busy. */
const JOBS = 8;

export interface FileToPut {
  readonly digest: Digest;
  readonly size: number;
  /** Absolute path. */
  readonly target: string;
  readonly executable: boolean;
}

/** What is needed of a local store. */
export interface Shelf {
  /** The place where the object is best read. */
  locate(digest: RawDigest): Location | undefined;
  pathOf(pack: string): string;
  /** Puts one file in place, whatever it takes. */
  put(file: FileToPut): Promise<void>;
}

interface Packed extends FileToPut {
  readonly raw: RawDigest;
  readonly location: PackedLocation;
}

/**
 * Puts files in place, in no promised order; of many small ones, groups on threads.
 * @param count how many there are
 * @throws as `shelf.put`
 */
export async function materialiseAll(
  shelf: Shelf,
  files: Iterable<FileToPut>,
  count: number,
  onBytes: (count: number) => void,
  signal?: AbortSignal,
): Promise<void> {
  if (count < MANY_FILES) return forEach(files, JOBS, (file) => shelf.put(file));
  const threads = new Threads<WriteGroup, Uint8Array>('write-worker', { signal });
  try {
    await forEach(portionsOf(shelf, files), JOBS, async (portion) => {
      if (!isGroup(portion)) return shelf.put(portion);
      const written = await threads.ask(writesOf(shelf, portion));
      for (const [ordinal, file] of portion.entries()) {
        if (written[ordinal] === 1) onBytes(file.size);
        else await shelf.put(file);
      }
    });
  } finally {
    await threads.close();
  }
}

type Portion = FileToPut | readonly Packed[];

function isGroup(portion: Portion): portion is readonly Packed[] {
  return Array.isArray(portion);
}

/** Small files that lie in packs, in groups, and between them all others. */
function* portionsOf(shelf: Shelf, files: Iterable<FileToPut>): Generator<Portion> {
  const others: FileToPut[] = [];
  const packed = function* (): Generator<Packed> {
    for (const file of files) {
      const raw = toRaw(file.digest);
      const location = file.size <= SMALLEST_CHUNKED ? shelf.locate(raw) : undefined;
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

function writesOf(shelf: Shelf, group: readonly Packed[]): WriteGroup {
  const digests = new Uint8Array(group.length * DIGEST_BYTES);
  const files = group.map((file, ordinal): FileToWrite => {
    const { raw, location, target } = file;
    digests.set(raw, ordinal * DIGEST_BYTES);
    return {
      pack: shelf.pathOf(location.pack),
      offset: location.offset,
      length: location.length,
      mode: modeOf(file),
      temporary: unfinishedBeside(target),
      target,
    };
  });
  return { files, digests };
}
