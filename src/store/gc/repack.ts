import { objectDamaged } from '../errors.ts';
import type { IndexContent } from '../format/index-file.ts';
import { packKey } from '../format/pack.ts';
import { type PlacedBlob, readRun, runsOf } from '../reading/pack-reader.ts';
import type { StoreCore } from '../store-core.ts';
import { PackUploads } from '../writing/pack-uploads.ts';
import type { Marks } from './mark.ts';

/** A pack is worth copying if less than this share of it is needed. */
const SPARSE = 0.5;

/** Copy what is needed out of sparse packs, which thereby become garbage; `marks` follows. @returns the bytes copied */
export async function repackSparse(core: StoreCore, marks: Marks): Promise<number> {
  const sizes = new Map(
    core.catalog.segments.flatMap(({ packs }) => packs.map(({ name, size }) => [name, size])),
  );
  const sparse = new Set<string>();
  for (const [name, live] of marks.liveBytes) {
    if (live < (sizes.get(name) ?? 0) * SPARSE) sparse.add(name);
  }
  const { written, bytes } = await copyBlobs(
    core,
    (name, digest) => sparse.has(name) && marks.digests.has(digest),
    (key) => core.catalog.isTaken(key),
  );
  if (written.packs.length > 0) await core.writeIndex({ ...written, wholeObjects: [], recipes: [] });
  for (const name of sparse) marks.keys.delete(packKey(name));
  for (const { name } of written.packs) marks.keys.add(packKey(name));
  return bytes;
}

/**
 * Copy blobs to new packs, which no index names yet.
 * @param isTaken whether no new pack may have this key
 * @throws VarveError `digest-mismatch` if one of them is damaged
 */
export async function copyBlobs(
  core: StoreCore,
  isWanted: (pack: string, digest: Uint8Array) => boolean,
  isTaken: (key: string) => boolean,
): Promise<{ readonly written: Pick<IndexContent, 'packs' | 'blobs'>; readonly bytes: number }> {
  const uploads = new PackUploads(core.remote, isTaken);
  let bytes = 0;
  for await (const run of runsOf(blobsIn(core, isWanted))) {
    for (const { blob, bytes: own, isIntact } of await readRun(core.remote, run)) {
      if (!isIntact) throw objectDamaged(blob.digest, packKey(run.pack));
      uploads.append(blob.digest, own, blob.location.packKind);
      bytes += own.length;
    }
    await uploads.waitForRoom();
  }
  await uploads.finish();
  return { written: uploads.takeWritten(), bytes };
}

/** Find blobs of the packs that the index names, pack by pack, each pack once. */
export function* blobsIn(
  { catalog }: StoreCore,
  isWanted: (pack: string, digest: Uint8Array) => boolean,
): Generator<PlacedBlob> {
  const seen = new Set<string>();
  for (const segment of [...catalog.segments]) {
    for (const { pack, blobs } of segment.byPack()) {
      if (seen.has(pack.name)) continue;
      seen.add(pack.name);
      for (const { digest, offset, length } of blobs) {
        const location = { at: 'pack', pack: pack.name, packKind: pack.kind, offset, length } as const;
        if (isWanted(pack.name, digest)) yield { digest, location };
      }
    }
  }
}
