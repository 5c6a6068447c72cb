import { VarveError } from '../errors.ts';
import type { Batch } from '../store/batch.ts';
import { forEach } from '../store/concurrency.ts';
import type { Digest } from '../store/digest.ts';
import { pathOfFile } from '../workspace/data-state.ts';
import type { ScannedFile } from '../workspace/scan.ts';
import type { Context } from './context.ts';

/** Files read at the same time: small ones wait for the disk, large ones for the workers that hash them. */
const JOBS = 8;
/** Milliseconds. */
const TURN_EVERY = 50;

/**
 * Reads files of a dataset into a batch and notes their digests.
 * @throws VarveError `source-changed` where one is not what the scan saw
 */
export async function takeIn(
  context: Context,
  batch: Batch,
  dataset: string,
  files: readonly { readonly file: ScannedFile; digest: Digest | undefined }[],
): Promise<void> {
  const total = files.reduce((sum, { file }) => sum + file.size, 0);
  let done = 0;
  const onBytes = (count: number): void => {
    done += count;
    context.onProgress?.({ phase: `add ${dataset}`, unit: 'bytes', done, total });
  };
  let turned = performance.now();
  await forEach(files, JOBS, async (entry) => {
    // Small files are read without waiting, so signals would not be heard before the last of them.
    if (performance.now() - turned > TURN_EVERY) {
      await new Promise((resolve) => setImmediate(resolve));
      turned = performance.now();
    }
    context.signal?.throwIfAborted();
    const path = pathOfFile(dataset, entry.file.path);
    const { digest, size } = await batch.addFile(`${context.repository.root}/${path}`, { onBytes });
    if (size !== entry.file.size) {
      throw new VarveError('source-changed', `${path} changed while it was being added`, {
        path,
        remedy: 'Wait until whatever writes it is done, then run `varve add` again. Nothing was recorded.',
      });
    }
    entry.digest = digest;
  });
}
