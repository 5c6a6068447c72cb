import type { IndexFile } from '../format/index-file.ts';
import { packKey } from '../format/pack.ts';
import { wholeObjectKey } from '../format/whole-object-key.ts';
import { writePendingDeletions } from '../gc/pending-deletions.ts';
import type { StoreCore } from '../store-core.ts';
import type { PackedLocation, WholeObjectLocation } from './catalog.ts';

/**
 * Look which packs and whole objects of the index are there in their full length, by one listing. The others count as missing from now on, here and
 * for whoever writes there later: they go on a list of pending deletions, as what `verify` finds damaged does.
 * @returns how many files are missing or cut short
 * @throws VarveError what the remote meets
 */
export async function refuseLostFiles(core: StoreCore): Promise<number> {
  const sizes = new Map<string, number>();
  for (const prefix of ['packs/', 'objects/'])
    for await (const { key, size } of core.remote.list(prefix)) sizes.set(key, size);
  const lost = new Set<string>();
  for (const segment of core.catalog.segments)
    for (const { key, size } of filesIn(segment)) if (sizes.get(key) !== size) lost.add(key);
  if (lost.size === 0) return 0;
  for (const location of locationsIn(core, lost)) core.catalog.markDamaged(location);
  const known = await core.keysPendingDeletion();
  const fresh = [...lost].filter((key) => !known.has(key));
  if (fresh.length > 0) await writePendingDeletions(core.remote, fresh, true);
  return lost.size;
}

/** Go through the files that an index names, with the size in bytes that it gives them. */
function* filesIn(segment: IndexFile): Generator<{ readonly key: string; readonly size: number }> {
  for (const { name, size } of segment.packs) yield { key: packKey(name), size };
  for (const { digest, generation, size } of segment.allWholeObjects())
    yield { key: wholeObjectKey(digest, generation), size };
}

/** Find all that the index says of these files. */
function* locationsIn(
  { catalog }: StoreCore,
  keys: ReadonlySet<string>,
): Generator<PackedLocation | WholeObjectLocation> {
  for (const segment of catalog.segments) {
    // Putting blobs in the order of packs takes time where there are millions.
    const isTouched = segment.packs.some(({ name }) => keys.has(packKey(name)));
    for (const { pack, blobs } of isTouched ? segment.byPack() : [])
      for (const { offset, length } of keys.has(packKey(pack.name)) ? blobs : [])
        yield { at: 'pack', pack: pack.name, packKind: pack.kind, offset, length };
    for (const { digest, generation, size } of segment.allWholeObjects()) {
      const key = wholeObjectKey(digest, generation);
      if (keys.has(key)) yield { at: 'whole', key, size };
    }
  }
}
