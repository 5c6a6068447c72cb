import { type RawDigest, rawDigestOf, sameDigest } from '../format/digest.ts';
import { writePendingDeletions } from '../gc/pending-deletions.ts';
import { streamObject } from '../reading/object-reader.ts';
import type { StoreCore } from '../store-core.ts';
import { ObjectCopier } from '../transfer/object-copier.ts';
import { Batch } from '../writing/batch.ts';

/** Brings intact copies of what is damaged in one store from another, and keeps them. [restic: `repair packs`] */
export class Repairer {
  readonly #core: StoreCore;
  readonly #open: () => Promise<StoreCore | undefined>;
  #other: Promise<StoreCore | undefined> | undefined;
  #batch: Batch | undefined;

  /** @param open opens the store that has intact copies; called when the first damage is met */
  constructor(core: StoreCore, open: () => Promise<StoreCore | undefined>) {
    this.#core = core;
    this.#open = open;
  }

  /** Bring a blob that is damaged wherever this store has it; undefined if the other store lacks it too. */
  async repairBlob(digest: RawDigest): Promise<Uint8Array | undefined> {
    const other = await this.#source();
    if (other === undefined || other.catalog.first(digest) === undefined) return undefined;
    const pieces: Uint8Array[] = [];
    for await (const piece of streamObject(other, digest)) pieces.push(piece);
    const bytes = Buffer.concat(pieces);
    if (!sameDigest(rawDigestOf(bytes), digest)) return undefined;
    this.#batch ??= new Batch(this.#core);
    await this.#batch.putBlob(digest, bytes, 'data');
    return bytes;
  }

  /** Bring an object with all that it needs. @param path for messages @returns whether the other store had it */
  async repairObject(digest: RawDigest, path: string): Promise<boolean> {
    const other = await this.#source();
    if (other === undefined || other.catalog.first(digest) === undefined) return false;
    const copier = new ObjectCopier(other, this.#core, {});
    await copier.copy([{ digest, kind: 'data', path }]);
    await copier.finish();
    return true;
  }

  /** Make the copies durable, and list the damaged files for deletion, so that no later process relies on them. */
  async keepRepairs(): Promise<void> {
    const batch = this.#batch;
    this.#batch = undefined;
    await batch?.commit();
    const known = await this.#core.keysPendingDeletion();
    const keys = [...this.#core.catalog.damagedKeys].filter((key) => !known.has(key));
    if (keys.length > 0) await writePendingDeletions(this.#core.remote, keys, true);
  }

  async #source(): Promise<StoreCore | undefined> {
    this.#other ??= this.#open();
    return this.#other;
  }
}
