import { AsyncLocalStorage } from 'node:async_hooks';
import { VarveError } from '../errors.ts';

/** What one batch of messages may come to. Brokers refuse batches of more than 1 MB unless told otherwise. */
const MAX_BATCH: Amount = { bytes: 256 * 1024 * 1024, messages: 2 ** 20 };

/** What all batches of a consumer may come to at a time, beside the first of each fetch. */
const MAX_FETCHED: Amount = { bytes: 2 * MAX_BATCH.bytes, messages: MAX_BATCH.messages };

/** Bytes as they are expanded, and messages, of which each takes some hundred bytes beside its own. */
interface Amount {
  readonly bytes: number;
  readonly messages: number;
}

/** A fetch from one broker. */
interface Fetch {
  readonly most: () => Amount;
  bytes: number;
  messages: number;
}

/** The fetch whose answer is being read. */
const fetches = new AsyncLocalStorage<Fetch>();

/**
 * What a consumer may have of batches at a time, shared by the brokers that it asks: the driver holds the answer of each until it is worked on.
 * The first batch of a fetch is read in any case, so that each one leads on.
 */
export class FetchBudget {
  readonly #most: Amount;
  readonly #brokers = new Set<number>();

  constructor(most = MAX_FETCHED) {
    this.#most = most;
  }

  /** Count what a broker's answer comes to, from now on: the driver says so where it asks for one, and reads it in the same context. */
  beginFetch(broker: number): void {
    this.#brokers.add(broker);
    const share = (): Amount => ({
      bytes: this.#most.bytes / this.#brokers.size,
      messages: this.#most.messages / this.#brokers.size,
    });
    fetches.enterWith({ most: share, bytes: 0, messages: 0 });
  }
}

/** A batch is longer than there is room for. */
export class Beyond extends Error {}

/**
 * Expand a batch into what room there is.
 * @param expand fails with {@link Beyond} before it has taken memory for more than `mostBytes`
 * @throws VarveError `stream-error` where no fetch would have the room; else what has the driver ask again for the batch
 */
export async function expanded(expand: (mostBytes: number) => Buffer | Promise<Buffer>): Promise<Buffer> {
  const fetch = fetches.getStore();
  const mostBytes = room('bytes', fetch);
  if (mostBytes <= 0) throw askedForAgain();
  try {
    const plain = await expand(mostBytes);
    if (fetch !== undefined) fetch.bytes += plain.length;
    return plain;
  } catch (error) {
    if (!(error instanceof Beyond)) throw error;
    throw mostBytes === MAX_BATCH.bytes ? tooLong('expands to more than 256 MiB') : askedForAgain();
  }
}

/** Take room for the messages of a batch. @throws as {@link expanded} */
export function takeMessages(count: number): void {
  if (count > MAX_BATCH.messages) throw tooLong(`has more than ${MAX_BATCH.messages} of them`);
  const fetch = fetches.getStore();
  if (count > room('messages', fetch)) throw askedForAgain();
  if (fetch !== undefined) fetch.messages += count;
}

function room(of: keyof Amount, fetch: Fetch | undefined): number {
  if (fetch === undefined || fetch[of] === 0) return MAX_BATCH[of];
  return Math.min(MAX_BATCH[of], Math.floor(fetch.most()[of] - fetch[of]));
}

/**
 * Have the driver take what comes behind in the partition for a batch that the answer was too short for: it goes on with what it has read so
 * far, and asks for the rest with the next fetch, in which partitions stand in another order.
 */
function askedForAgain(): Error {
  return Object.assign(new Error('there is no room for it in this fetch'), { name: PARTIAL });
}

/** The name of the driver's error for a batch that an answer was too short for. */
export const PARTIAL = 'KafkaJSPartialMessageError';

function tooLong(what: string): VarveError {
  const error = new VarveError('stream-error', `A batch of messages ${what}`, {
    remedy:
      'Whoever sends to the topic should send smaller batches (`batch.size`). To pass over it, begin behind it by `--from`; `varve drift` needs another `--group` for that.',
  });
  // The driver would ask for the same batch for ever.
  return Object.assign(error, { retriable: false });
}
