import { LRUCache } from 'lru-cache';
import type { Context } from '../../operations/context/context.ts';
import { fetchMissing } from '../../operations/statistics/fetch-missing.ts';
import { profileIn } from '../../operations/statistics/stored.ts';
import { featureName } from '../../profile/model/feature-name.ts';
import type { Profile } from '../../profile/model/model.ts';
import type { Digest } from '../../store/format/digest.ts';
import type { Store } from '../../store/store.ts';

/** Features of all profiles that are in memory together: each has its sketches and counts, some 20 KB. */
const MAX_KNOWN_FEATURES = 10_000;
/** Names are small: those of many more profiles stay, for the search. */
const MAX_KNOWN_NAMES = 200_000;
/** A remote that could not be asked is left alone so long. */
const PAUSE_MS = 30_000;

/** A feature as a search finds it. */
export interface NamedFeature {
  readonly table: string;
  readonly feature: string;
  readonly type: string;
}

/** The profiles of a repository, by their digests. What was read lately stays in memory. */
export class Profiles {
  readonly #context: Context;
  readonly #known: LRUCache<Digest, Profile, Store>;
  readonly #names = new LRUCache<Digest, readonly NamedFeature[]>({
    maxSize: MAX_KNOWN_NAMES,
    sizeCalculation: ({ length }) => Math.min(length + 1, MAX_KNOWN_NAMES),
  });
  #store: Promise<Store> | undefined;
  #paused = Number.NEGATIVE_INFINITY;

  constructor(context: Context) {
    this.#context = context;
    this.#known = new LRUCache<Digest, Profile, Store>({
      maxSize: MAX_KNOWN_FEATURES,
      sizeCalculation: ({ tables }) => {
        const features = tables.reduce((sum, table) => sum + table.features.length, 1);
        return Math.min(features, MAX_KNOWN_FEATURES);
      },
      fetchMethod: (digest, _, { context: store }) => profileIn(store, 'a version', digest),
    });
  }

  /** The profile of this digest, as far as this clone has it. */
  async here(digest: Digest): Promise<Profile | undefined> {
    return this.#known.get(digest) ?? this.#known.fetch(digest, { context: await this.#storeWith(digest) });
  }

  /** As here; what this clone lacks is asked of the remote first, all at once. */
  async fetch(digests: readonly Digest[]): Promise<(Profile | undefined)[]> {
    const found = await Promise.all(digests.map((digest) => this.here(digest)));
    const missing = digests.filter((_, at) => found[at] === undefined);
    if (missing.length === 0 || performance.now() - this.#paused < PAUSE_MS) return found;
    const failure = await fetchMissing(this.#context, await this.#open(), missing);
    if (failure !== undefined) {
      this.#paused = performance.now();
      this.#context.onWarning?.(failure.message);
    }
    return Promise.all(digests.map((digest) => this.here(digest)));
  }

  /** The features of a profile, as far as this clone has it. */
  async features(digest: Digest): Promise<readonly NamedFeature[]> {
    const known = this.#names.get(digest);
    if (known !== undefined) return known;
    const profile = await this.here(digest);
    if (profile === undefined) return [];
    const names = profile.tables.flatMap(({ name: table, features }) =>
      features.map(({ path, type }) => ({ table, feature: featureName(path), type })),
    );
    this.#names.set(digest, names);
    return names;
  }

  async close(): Promise<void> {
    await (await this.#store?.catch(() => undefined))?.close();
  }

  #open(): Promise<Store> {
    this.#store ??= this.#context.backend.openProfileStore().catch((error: unknown) => {
      this.#store = undefined;
      throw error;
    });
    return this.#store;
  }

  async #storeWith(digest: Digest): Promise<Store> {
    const store = await this.#open();
    await store.holds(digest);
    return store;
  }
}
