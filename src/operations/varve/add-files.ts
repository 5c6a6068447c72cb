import { forEach } from '../../base/threads/concurrency.ts';
import { VarveError } from '../../errors.ts';
import { MAX_SMALL_FILE_BYTES } from '../../store/chunking/file-layout.ts';
import type { Digest } from '../../store/format/digest.ts';
import type { AddedFile } from '../../store/writing/add-file.ts';
import type { Batch } from '../../store/writing/batch.ts';
import type { SmallFileReaders } from '../../store/writing/small-file-readers.ts';
import { pathOfFile } from '../../workspace/tree/data-state.ts';
import type { ScannedFile } from '../../workspace/tree/scan.ts';
import type { WorkingContext } from '../context/context.ts';

/** Large files read at the same time, while others wait for the threads that hash them. */
const JOBS = 4;
/** Milliseconds between two turns of the event loop. */
const TURN_EVERY = 50;

interface Entry {
  readonly file: ScannedFile;
  digest: Digest | undefined;
}

/**
 * Read files of a dataset into a batch and note their digests.
 * @param readers that read the small ones; without, this thread does
 * @returns by which list of blocks each large one is verified
 * @throws VarveError `source-changed` if one is not what the scan saw
 */
export async function takeIn(
  context: WorkingContext,
  batch: Batch,
  dataset: string,
  files: readonly Entry[],
  readers: SmallFileReaders | undefined,
): Promise<ReadonlyMap<Digest, Digest>> {
  const lists = new Map<Digest, Digest>();
  const total = files.reduce((sum, { file }) => sum + file.size, 0);
  let done = 0;
  const onBytes = (count: number): void => {
    // A large file is left in its midst.
    context.signal?.throwIfAborted();
    done += count;
    context.onProgress?.({ phase: `add ${dataset}`, unit: 'bytes', done, total });
  };
  const turn = takingTurns();
  const pathOf = ({ file }: Entry): string => `${context.repository.root}/${pathOfFile(dataset, file.path)}`;
  const note = (entry: Entry, { digest, size, blocks }: AddedFile): void => {
    if (size !== entry.file.size) throw changedMeanwhile(pathOfFile(dataset, entry.file.path));
    entry.digest = digest;
    if (blocks !== undefined) lists.set(digest, blocks);
  };
  const small = files.filter(({ file }) => file.size <= MAX_SMALL_FILE_BYTES);
  const toRead = function* () {
    for (const entry of small) yield { path: pathOf(entry), size: entry.file.size };
  };
  let next = 0;
  for await (const group of batch.addSmallFiles(toRead(), readers)) {
    await turn();
    context.signal?.throwIfAborted();
    for (const added of group) note(small[next++]!, added);
    onBytes(group.reduce((sum, { size }) => sum + size, 0));
  }
  const large = files.filter(({ file }) => file.size > MAX_SMALL_FILE_BYTES);
  await forEach(large, JOBS, async (entry) => {
    context.signal?.throwIfAborted();
    note(entry, await batch.addFile(pathOf(entry), { onBytes, signal: context.signal }));
  });
  return lists;
}

/** Yield to the event loop from time to time, so that Ctrl-C works during synchronous reads. */
function takingTurns(): () => Promise<void> {
  let turned = performance.now();
  return async () => {
    if (performance.now() - turned < TURN_EVERY) return;
    await new Promise((resolve) => setImmediate(resolve));
    turned = performance.now();
  };
}

/** Make the error for bytes that were not all read from one state of the data. */
export function changedMeanwhile(path: string): VarveError {
  return new VarveError('source-changed', `${path} changed while it was being added`, {
    path,
    remedy: 'Wait until whatever writes it is done, then run the same command again. Nothing was recorded.',
  });
}
