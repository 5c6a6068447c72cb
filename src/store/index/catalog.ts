/**
 * The index of a store: all its index files as one catalog, searched in memory. It may not know what an object holds or who needs it,
 * and reads no object; rebuild.ts alone reads packs, to make an index again.
 */

import { type Digest, type RawDigest, toRaw } from '../format/digest.ts';
import type { IndexFile } from '../format/index-file.ts';
import { type PackKind, packKey } from '../format/pack.ts';
import { wholeObjectKey } from '../format/whole-object-key.ts';
import { deletionListsUnreadable, type PendingDeletionLists } from '../gc/pending-deletions.ts';
import { DigestSet } from './digest-set.ts';

/** The place of an object's bytes: in a pack, in a file of its own (a whole object), or in the chunks that a recipe lists. */
export type Location = PackedLocation | WholeObjectLocation | RecipeLocation;
export interface PackedLocation {
  readonly at: 'pack';
  /** Name of the pack. */
  readonly pack: string;
  readonly packKind: PackKind;
  readonly offset: number;
  readonly length: number;
}
export interface WholeObjectLocation {
  readonly at: 'whole';
  readonly key: string;
  readonly size: number;
}
export interface RecipeLocation {
  readonly at: 'recipe';
  readonly recipe: RawDigest;
  readonly size: number;
}

/**
 * The index files of a store, searched as one, with what is known of damage and pending deletions. It changes only by the damage that
 * it is told of and by the index files that this process itself writes. One index file is a _segment_ of it.
 */
export class Catalog {
  readonly #segments: IndexFile[];
  /** Keys that a gc may remove soon. Nothing new relies on them, though they can still be read. */
  readonly #pending: Set<string>;
  readonly #damaged = new Set<string>();
  readonly #damagedKeys = new Set<string>();
  /** Keys of the lists of pending deletions that are damaged. */
  readonly #unreadable: readonly string[];
  readonly #purged = new DigestSet();

  /** Keys of the lists of pending deletions that can be read, sorted; a list never changes. */
  readonly deletionLists: readonly string[];
  /** Names of index files that are damaged. */
  readonly damagedIndexes: readonly string[];

  constructor(
    segments: readonly IndexFile[],
    { pending, unreadable }: PendingDeletionLists,
    damagedIndexes: readonly string[] = [],
    purged: readonly Digest[] = [],
  ) {
    for (const digest of purged) this.#purged.add(toRaw(digest));
    this.#segments = [...segments];
    this.#unreadable = unreadable;
    this.damagedIndexes = damagedIndexes;
    this.deletionLists = pending.map(({ key }) => key).sort();
    this.#pending = new Set(pending.flatMap(({ keys }) => keys));
  }

  get segments(): readonly IndexFile[] {
    return this.#segments;
  }

  add(segment: IndexFile): void {
    if (!this.#segments.some((known) => known.name === segment.name)) this.#segments.push(segment);
  }

  /** Put one segment in the place of others. */
  replace(old: readonly IndexFile[], segment: IndexFile): void {
    for (const gone of old) this.#segments.splice(this.#segments.indexOf(gone), 1);
    this.add(segment);
  }

  /** Never answer `location` again, and let nothing new rely on the file that it is in. */
  markDamaged(location: PackedLocation | WholeObjectLocation): void {
    this.#damaged.add(placeOf(location));
    const key = fileOf(location);
    this.#damagedKeys.add(key);
    this.#pending.add(key);
  }

  /**
   * Find a place of the object that new data may rely on: neither damaged nor waiting for deletion.
   * @throws VarveError `pending-deletions-damaged` if a list of pending deletions cannot be read; {@link first} answers all the same
   */
  find(digest: RawDigest): Location | undefined {
    if (this.#unreadable.length > 0) throw deletionListsUnreadable(this.#unreadable);
    for (const location of this.locations(digest)) {
      if (!this.isPendingDeletion(location)) return location;
    }
    return undefined;
  }

  /** Whether the object had to go: nothing needs it, and it is not sent here again. */
  isPurged(digest: RawDigest): boolean {
    return this.#purged.size > 0 && this.#purged.has(digest);
  }

  /** Find the place where the object is best read; undefined if the store lacks it. */
  first(digest: RawDigest): Location | undefined {
    for (const location of this.locations(digest)) return location;
    return undefined;
  }

  /** Find the best place of the object in a pack, even if it is better read elsewhere. */
  firstInPack(digest: RawDigest): PackedLocation | undefined {
    for (const location of this.locations(digest)) {
      if (location.at === 'pack') return location;
    }
    return undefined;
  }

  /** Find every place where the object may be read: in packs, as a whole object, by recipes. Places that wait for deletion come last. */
  *locations(digest: RawDigest): Generator<Location> {
    if (this.#pending.size === 0) return yield* this.#everywhere(digest);
    for (const location of this.#everywhere(digest)) {
      if (!this.isPendingDeletion(location)) yield location;
    }
    for (const location of this.#everywhere(digest)) {
      if (this.isPendingDeletion(location)) yield location;
    }
  }

  /** The key of a file in which the object should be, and in which this process has met damage there. */
  damagedKeyOf(digest: RawDigest): string | undefined {
    for (const location of this.#recorded(digest))
      if (location.at !== 'recipe' && !this.#isSound(location)) return fileOf(location);
    return undefined;
  }

  *#everywhere(digest: RawDigest): Generator<Location> {
    for (const location of this.#recorded(digest)) if (this.#isSound(location)) yield location;
  }

  *#recorded(digest: RawDigest): Generator<Location> {
    for (const segment of this.#segments) {
      for (const { pack, offset, length } of segment.blobs(digest)) {
        const { name, kind } = segment.packs[pack]!;
        yield { at: 'pack', pack: name, packKind: kind, offset, length };
      }
    }
    for (const segment of this.#segments) {
      for (const { size, generation } of segment.wholeObjects(digest)) {
        yield { at: 'whole', key: wholeObjectKey(digest, generation), size };
      }
    }
    for (const segment of this.#segments) {
      for (const { recipe, size } of segment.recipes(digest)) yield { at: 'recipe', recipe, size };
    }
  }

  /** Whether nothing new may have this key: what it held is damaged, or may be removed soon. */
  isTaken(key: string): boolean {
    return this.#pending.has(key);
  }

  /** Keys of files in which this process has met damage. */
  get damagedKeys(): ReadonlySet<string> {
    return this.#damagedKeys;
  }

  isPendingDeletion(location: Location): boolean {
    if (this.#pending.size === 0 || location.at === 'recipe') return false;
    return this.#pending.has(fileOf(location));
  }

  #isSound(location: Location): boolean {
    return location.at === 'recipe' || this.#damaged.size === 0 || !this.#damaged.has(placeOf(location));
  }
}

function fileOf(location: PackedLocation | WholeObjectLocation): string {
  return location.at === 'pack' ? packKey(location.pack) : location.key;
}

function placeOf(location: PackedLocation | WholeObjectLocation): string {
  return location.at === 'pack' ? `${location.pack} ${location.offset}` : location.key;
}
