import { LRUCache } from 'lru-cache';
import { VarveError } from '../../errors.ts';
import type { Context } from '../../operations/context/context.ts';
import { fetchMissing } from '../../operations/statistics/fetch-missing.ts';
import { MAX_PROFILE_BYTES } from '../../operations/statistics/stored.ts';
import type { Digest } from '../../store/format/digest.ts';
import type { Store } from '../../store/store.ts';
import type { NamedFeature, Task, TaskKind, Tasks } from '../statistics/questions.ts';
import type { StatisticsThread } from '../statistics/thread.ts';

/** Names are small: those of many profiles stay, for the search. */
const MAX_KNOWN_NAMES = 200_000;
/** A remote that could not be asked is left alone so long. */
const PAUSE_MS = 30_000;

/** The profiles of a repository, by their digests. What they say is found out by a thread. */
export class Profiles {
  readonly #context: Context;
  readonly #statistics: StatisticsThread;
  readonly #names = new LRUCache<Digest, readonly NamedFeature[]>({
    maxSize: MAX_KNOWN_NAMES,
    sizeCalculation: ({ length }) => Math.min(length + 1, MAX_KNOWN_NAMES),
  });
  #store: Promise<Store> | undefined;
  #paused = Number.NEGATIVE_INFINITY;

  constructor(context: Context, statistics: StatisticsThread) {
    this.#context = context;
    this.#statistics = statistics;
  }

  /** Tell of each profile whether this clone has it. */
  async here(digests: readonly Digest[]): Promise<boolean[]> {
    const store = await this.#open();
    return Promise.all(digests.map((digest) => store.holds(digest)));
  }

  /** As here; what this clone lacks is asked of the remote first, all at once. */
  async fetch(digests: readonly Digest[]): Promise<boolean[]> {
    const found = await this.here(digests);
    const missing = digests.filter((_, at) => !found[at]);
    if (missing.length === 0 || performance.now() - this.#paused < PAUSE_MS) return found;
    const failure = await fetchMissing(this.#context, await this.#open(), missing);
    if (failure !== undefined) {
      this.#paused = performance.now();
      this.#context.onWarning?.(failure.message);
    }
    return this.here(digests);
  }

  /**
   * Ask something of profiles that are here.
   * @param digests in the order that the task says
   * @throws VarveError as StatisticsThread.ask
   */
  async ask<K extends TaskKind>(task: Task<K>, digests: readonly Digest[]): Promise<Tasks[K]['answer']> {
    const store = await this.#open();
    return this.#statistics.ask(task, digests, (digest) => bytesOf(store, digest));
  }

  /** The features of a profile, as far as this clone has it. */
  async features(digest: Digest): Promise<readonly NamedFeature[]> {
    const known = this.#names.get(digest);
    if (known !== undefined) return known;
    const [isHere] = await this.here([digest]);
    if (!isHere) return [];
    const names = await this.ask({ kind: 'names' }, [digest]);
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
}

async function bytesOf(store: Store, digest: Digest): Promise<Uint8Array> {
  try {
    return await store.readBytes(digest, MAX_PROFILE_BYTES);
  } catch (error) {
    if (!(error instanceof VarveError)) throw error;
    // A gc may have moved it since the index was read.
    await store.reload();
    return store.readBytes(digest, MAX_PROFILE_BYTES);
  }
}
