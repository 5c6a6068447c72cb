import { randomInt } from 'node:crypto';
import { VarveError } from '../../errors.ts';
import { digestMismatch } from '../errors.ts';
import { toHex } from '../format/digest.ts';
import type { IndexedWhole } from '../format/index-file.ts';
import { packKey } from '../format/pack.ts';
import { wholeKey } from '../format/whole-object-key.ts';
import { blobsIn } from '../gc/repack.ts';
import { type PlacedBlob, readRun, runsOf } from '../reading/pack-reader.ts';
import type { StoreCore } from '../store-core.ts';
import { PackUploads } from './pack-uploads.ts';
import { withWholeBody } from './whole-object-body.ts';

/**
 * Copies what a gc has condemned since the catalog was read, as far as a batch relies on it, to names that are not
 * condemned. Condemned bytes stay readable for the grace period, so nothing is lost unless the batch took longer.
 * @throws VarveError `store-changed` where the bytes are gone already
 */
export async function rescue(store: StoreCore, reliedOn: ReadonlySet<string>): Promise<void> {
  if (reliedOn.size === 0) return;
  const condemned = await store.condemnedNow();
  const lost = new Set([...reliedOn].filter((key) => condemned.has(key)));
  if (lost.size === 0) return;
  try {
    const uploads = new PackUploads(store.remote, (key) => condemned.has(key));
    for (const blob of blobsIn(store, (pack) => lost.has(packKey(pack))))
      await copyBlob(store, blob, uploads);
    await uploads.finish();
    const wholes = await copyWholes(store, lost, condemned);
    await store.writeIndex({ ...uploads.takeWritten(), wholes, recipes: [] });
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
    for (const { bytes, sound } of await readRun(store.remote, run)) {
      if (!sound) throw digestMismatch(blob.digest, packKey(run.pack));
      uploads.append(blob.digest, bytes, blob.location.packKind);
      await uploads.room();
    }
  }
}

async function copyWholes(
  store: StoreCore,
  keys: ReadonlySet<string>,
  condemned: ReadonlySet<string>,
): Promise<IndexedWhole[]> {
  const copied: IndexedWhole[] = [];
  for (const segment of [...store.catalog.segments]) {
    for (const { digest, size, generation } of segment.allWholes()) {
      const key = wholeKey(digest, generation);
      if (!keys.has(key)) continue;
      const next = freeGeneration((candidate) => condemned.has(wholeKey(digest, candidate)));
      await withWholeBody(
        store.remote,
        digest,
        { at: 'whole', key, size },
        store.remote,
        { onBytes: () => undefined, signal: undefined },
        async (body) => {
          await store.remote.write(wholeKey(digest, next), body, { sha256: toHex(digest) });
        },
      );
      copied.push({ digest, size, generation: next });
    }
  }
  return copied;
}

/** A generation of a whole object's key that is not taken, 0 where possible. */
export function freeGeneration(isTaken: (generation: number) => boolean): number {
  let generation = 0;
  while (isTaken(generation)) generation = randomInt(1, 2 ** 32);
  return generation;
}
