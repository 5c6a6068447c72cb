import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemCode } from '../../base/files/system-errors.ts';
import { shareWithGroup } from './group.ts';

/**
 * Makes names durable: a new file survives a power cut only when its folder is synced too. Callers that ask for the same
 * folder while a sync of it is still waiting to start share that one sync, so many small files cost few of them.
 */
export class FolderSync {
  readonly #running = new Map<string, Promise<void>>();
  readonly #waiting = new Map<string, Promise<void>>();
  readonly #shared: boolean;

  /** @param shared whether the group of a folder that is made may write to it */
  constructor(shared: boolean) {
    this.#shared = shared;
  }

  /** Wait until every name that was in `folder` at the time of the call is on disk. */
  sync(folder: string): Promise<void> {
    const shared = this.#waiting.get(folder);
    if (shared !== undefined) return shared;
    const running = this.#running.get(folder);
    if (running === undefined) return this.#start(folder);
    const next = running.then(
      () => this.#startWaiting(folder),
      () => this.#startWaiting(folder),
    );
    this.#waiting.set(folder, next);
    return next;
  }

  /** Create `folder` and those of its parents that are missing, durably. */
  async create(folder: string): Promise<void> {
    const first = await mkdir(folder, { recursive: true });
    if (first === undefined) return;
    for (let made = folder; made.length >= first.length; made = dirname(made)) {
      if (this.#shared) await shareWithGroup(made);
      await this.sync(dirname(made));
    }
  }

  #startWaiting(folder: string): Promise<void> {
    this.#waiting.delete(folder);
    return this.#start(folder);
  }

  #start(folder: string): Promise<void> {
    const done = syncFolder(folder).finally(() => {
      if (this.#running.get(folder) === done) this.#running.delete(folder);
    });
    this.#running.set(folder, done);
    return done;
  }
}

/** File systems that cannot sync a folder, and Windows, answer with these. They make names durable by their own rules. */
const CANNOT_SYNC = new Set(['EINVAL', 'EISDIR', 'EPERM', 'ENOTSUP', 'ENOSYS', 'EBADF']);

async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (!CANNOT_SYNC.has(systemCode(error) ?? '')) throw error;
  }
}
