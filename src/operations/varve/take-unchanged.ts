import { VarveError } from '../../errors.ts';
import type { Remote } from '../../remote/remote.ts';
import { type Digest, toRaw } from '../../store/format/digest.ts';
import type { Root } from '../../store/gc/roots.ts';
import { Store } from '../../store/store.ts';
import type { Batch } from '../../store/writing/batch.ts';
import { compareWithRecord, hashFound } from '../../workspace/tree/data-state.ts';
import { isSameContent } from '../../workspace/tree/read-record.ts';
import type { ScannedFile } from '../../workspace/tree/scan.ts';
import { readStatCache } from '../../workspace/tree/stat-cache.ts';
import { closing } from '../context/closing.ts';
import type { WorkingContext } from '../context/context.ts';
import { takeIn } from './add-files.ts';
import { claimInCache, indexFolder, openCache } from './stores/stores.ts';

/**
 * Take into the cache what neither it nor the remote has of the roots, and lies unchanged in the working tree: that may be the last copy. Every
 * file is read anew, and counts only if its bytes still have the digest that was recorded.
 * @returns how many files were taken
 * @throws VarveError `disk-full`, and what the remote meets
 */
export async function takeUnchanged(
  context: WorkingContext,
  remote: Remote,
  roots: readonly Root[],
): Promise<number> {
  return closing(await openCache(context), async (cache) => {
    const there = (await Store.open(remote, { indexCache: indexFolder(context) })).batch();
    const batch = cache.batch();
    let taken = 0;
    try {
      const seen = new Set<string>();
      for (const { path, digest } of roots) {
        if (seen.has(`${path}\0${digest}`)) continue;
        seen.add(`${path}\0${digest}`);
        taken += await takeDataset(context, [batch, there], path, digest);
      }
      await claimInCache(context, roots);
      await batch.commit();
    } catch (error) {
      await batch.abort();
      throw error;
    } finally {
      await there.abort();
    }
    return taken;
  });
}

/** @param batches the first takes the files in; whatever one of them has is not read */
async function takeDataset(
  context: WorkingContext,
  batches: readonly [Batch, Batch],
  dataset: string,
  digest: Digest,
): Promise<number> {
  const { repository } = context;
  const record = readStatCache(repository, dataset);
  if (record === undefined || !isSameContent(repository, record.snapshot, digest)) return 0;
  let taken = 0;
  for (const { found, same, recordedAt } of compareWithRecord(repository.root, dataset, record)) {
    const known = recordedAt === undefined ? undefined : record.digest(recordedAt);
    if (found === undefined || known === undefined || (await isStored(batches, known))) continue;
    // What was recorded right after it was written never looks the same: its bytes tell.
    if (!same && (await hashFound(repository.root, dataset, found, context)) !== known) continue;
    if ((await digestTakenIn(context, batches[0], dataset, found)) === known) taken += 1;
  }
  return taken;
}

async function isStored(batches: readonly Batch[], digest: Digest): Promise<boolean> {
  for (const batch of batches) if (await batch.relyOnObject(toRaw(digest))) return true;
  return false;
}

/** Undefined for a file that changed while it was read: it is none of the version. */
async function digestTakenIn(
  context: WorkingContext,
  batch: Batch,
  dataset: string,
  file: ScannedFile,
): Promise<Digest | undefined> {
  const entry: { file: ScannedFile; digest: Digest | undefined } = { file, digest: undefined };
  try {
    await takeIn(context, batch, dataset, [entry], undefined);
  } catch (error) {
    if (error instanceof VarveError && error.code === 'source-changed') return undefined;
    throw error;
  }
  return entry.digest;
}
