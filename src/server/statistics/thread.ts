/**
 * Statistics beside the server: profiles are read, compared and written out as reports by a thread, which answers one question after the
 * other. Whoever asks may not know which profiles it remembers, nor where they lie.
 */

import { Turns } from '../../base/threads/turns.ts';
import { Thread } from '../../base/threads/worker-threads.ts';
import type { Digest } from '../../store/format/digest.ts';
import type { StatisticsAnswer, StatisticsQuestion, Task, TaskKind, Tasks } from './questions.ts';

/** While one question is answered, the profiles of another are read. */
const AT_ONCE = 2;
/** Questions that wait, of all requests together. */
const MAX_WAITING = 1000;
/** Memory of the thread. A profile that takes more ends the thread, not the server; what is young is collected before it grows. */
const LIMITS = { maxOldGenerationSizeMb: 1024, maxYoungGenerationSizeMb: 16 } as const;

/** Gives the stored bytes of a profile. */
type ReadProfile = (digest: Digest) => Promise<Uint8Array>;

export class StatisticsThread {
  readonly #turns = new Turns(AT_ONCE, MAX_WAITING);
  #thread: Thread<StatisticsQuestion, StatisticsAnswer> | undefined;

  /**
   * Ask something of profiles.
   * @param digests in the order that the task says
   * @param read called for those that the thread does not know
   * @throws VarveError `requests-too-many`, `profile-damaged`, and as the task
   */
  ask<K extends TaskKind>(
    task: Task<K>,
    digests: readonly Digest[],
    read: ReadProfile,
  ): Promise<Tasks[K]['answer']> {
    return this.#turns.run(async () => {
      const known = digests.map((digest) => ({ digest }));
      const first = await this.#send({ profiles: known, task });
      if ('done' in first) return first.done;
      // All of them: what is remembered now may be forgotten by then.
      const profiles = await Promise.all(
        digests.map(async (digest) => ({ digest, bytes: await read(digest) })),
      );
      const second = await this.#send({ profiles, task });
      if ('done' in second) return second.done;
      throw new Error('the thread of statistics did not take the profiles that it was given');
    });
  }

  async close(): Promise<void> {
    await this.#thread?.close();
  }

  #send(question: StatisticsQuestion): Promise<StatisticsAnswer> {
    if (this.#thread?.isClosed !== false) this.#thread = new Thread('statistics-worker', undefined, LIMITS);
    return this.#thread.ask(question);
  }
}
