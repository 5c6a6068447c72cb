import { randomInt } from 'node:crypto';
import { VarveError } from '../../errors.ts';
import { objectDamaged } from '../errors.ts';
import { toHex } from '../format/digest.ts';
import type { IndexedWholeObject } from '../format/index-file.ts';
import { packKey } from '../format/pack.ts';
import { wholeObjectKey } from '../format/whole-object-key.ts';
import { blobsIn } from '../gc/repack.ts';
import { type PlacedBlob, readRun, runsOf } from '../reading/pack-reader.ts';
import type { StoreCore } from '../store-core.ts';
import { PackUploads } from './pack-uploads.ts';
import { withWholeObjectBody } from './whole-object-body.ts';

/**
 * Copy to new names what a batch relies on and a gc has listed as pending deletions since the catalog was read. Files on such a list
 * stay readable for the grace, so nothing is lost unless the batch took longer.
 * @param reliedOn keys of packs and whole objects
 * @throws VarveError `store-changed` if the bytes are gone already, `pending-deletions-damaged`
 */
export async function relocatePending(store: StoreCore, reliedOn: ReadonlySet<string>): Promise<void> {
  if (reliedOn.size === 0) return;
  const pending = await store.keysPendingDeletion();
  const lost = new Set([...reliedOn].filter((key) => pending.has(key)));
  if (lost.size === 0) return;
  try {
    const uploads = new PackUploads(store.remote, (key) => pending.has(key));
    for (const blob of blobsIn(store, (pack) => lost.has(packKey(pack))))
      await copyBlob(store, blob, uploads);
    await uploads.finish();
    const wholeObjects = await copyWholeObjects(store, lost, pending);
    await store.writeIndex({ ...uploads.takeWritten(), wholeObjects, recipes: [] });
  } catch (error) {
    throw new VarveError(
      'store-changed',
      `A gc of ${store.remote.url} removed data while this command was running`,
      {
        path: store.remote.url,
        remedy: 'Run the same command again: it sends what is missing. Use a longer grace period for gc.',
        cause: error,
      },
    );
  }
}

async function copyBlob(store: StoreCore, blob: PlacedBlob, uploads: PackUploads): Promise<void> {
  for await (const run of runsOf([blob])) {
    for (const { bytes, isIntact } of await readRun(store.remote, run)) {
      if (!isIntact) throw objectDamaged(blob.digest, packKey(run.pack));
      uploads.append(blob.digest, bytes, blob.location.packKind);
      await uploads.waitForRoom();
    }
  }
}

async function copyWholeObjects(
  store: StoreCore,
  keys: ReadonlySet<string>,
  pending: ReadonlySet<string>,
): Promise<IndexedWholeObject[]> {
  const copied: IndexedWholeObject[] = [];
  for (const segment of [...store.catalog.segments]) {
    for (const { digest, size, generation } of segment.allWholeObjects()) {
      const key = wholeObjectKey(digest, generation);
      if (!keys.has(key)) continue;
      const next = freeGeneration((candidate) => pending.has(wholeObjectKey(digest, candidate)));
      await withWholeObjectBody(
        store.remote,
        digest,
        { at: 'whole', key, size },
        store.remote,
        { onBytes: () => undefined, signal: undefined },
        async (body) => {
          await store.remote.write(wholeObjectKey(digest, next), body, { sha256: toHex(digest) });
        },
      );
      copied.push({ digest, size, generation: next });
    }
  }
  return copied;
}

/** Choose the generation of a whole object's key: 0 if that is free, else a random number, since its file may be removed soon. */
export function freeGeneration(isTaken: (generation: number) => boolean): number {
  let generation = 0;
  while (isTaken(generation)) generation = randomInt(1, 2 ** 32);
  return generation;
}
