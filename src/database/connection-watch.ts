import type { Socket } from 'node:net';
import { VarveError } from '../errors.ts';
import { counted } from '../wording/numbers.ts';
import type { DatabaseAddress } from './address.ts';
import { CONNECT_SECONDS, databaseError, describeDatabase } from './errors.ts';

/** What a server may send of one row. */
const MAX_ROW_MIB = 64;
/** What it may send to log in, and in answer to what is asked beside the rows. Drivers make some ten times as much of it. */
const MAX_ANSWER_MIB = 8;
const WORD_AFTER_SECONDS = 10;
const DEFAULT_TIMEOUT_SECONDS = 3600;
/** What it may take to tell a server that a query is not wanted any more: whoever pressed Ctrl-C waits for it. */
export const CANCEL_MS = 500;

export interface WatchOptions {
  readonly signal?: AbortSignal | undefined;
  /** Told where the server is silent. */
  readonly onWaiting?: ((text: string) => void) | undefined;
}

/**
 * Holds a connection to bounds, whatever its server sends and however long that takes: drivers believe every length and wait for ever. It ends
 * the connection where a bound is passed, where somebody aborts, and where what came makes no sense to the driver.
 */
export class ConnectionWatch {
  readonly #address: DatabaseAddress;
  readonly #signal: AbortSignal | undefined;
  readonly #timers: readonly NodeJS.Timeout[];
  readonly #onAbort = (): void => this.#giveUp(this.#signal!.reason);
  #cancel: (() => Promise<void>) | undefined;
  #stream: Socket | undefined;
  #untaken = 0;
  /** Whether the server has answered anything yet: until then the drivers give it up much sooner. */
  #isConnected = false;
  #maxMib = MAX_ANSWER_MIB;
  /** Why the connection was ended from here. */
  #reason: unknown;

  constructor(address: DatabaseAddress, { signal, onWaiting }: WatchOptions) {
    this.#address = address;
    this.#signal = signal;
    const seconds = address.timeout ?? DEFAULT_TIMEOUT_SECONDS;
    const tellOfIt = (): void =>
      onWaiting?.(this.#isConnected ? waitingWord(address, seconds) : connectingWord(address, seconds));
    this.#timers = [
      setTimeout(() => this.#whileSilent(() => this.#giveUp(silent(address, seconds))), seconds * 1000),
      ...(onWaiting === undefined || seconds <= WORD_AFTER_SECONDS
        ? []
        : [setTimeout(() => this.#whileSilent(tellOfIt), WORD_AFTER_SECONDS * 1000)]),
    ];
    signal?.addEventListener('abort', this.#onAbort);
  }

  /** End this stream from now on, where one has to be ended. */
  hold(stream: Socket): void {
    this.#stream = stream;
    if (this.#signal?.aborted) this.#onAbort();
  }

  /** Stand before the readers of a stream. Of one that is encrypted, that is done once it is. */
  follow(stream: Socket): void {
    this.hold(stream);
    const readers = stream.listeners('data') as ((bytes: Buffer) => void)[];
    stream.removeAllListeners('data');
    stream.on('data', (bytes: Buffer) => this.#receive(bytes, readers));
  }

  /**
   * Have the server told that what runs there is not wanted any more: it would notice only once it has rows.
   * @param cancel has {@link CANCEL_MS} for it
   */
  cancelBy(cancel: () => Promise<void>): void {
    this.#cancel = cancel;
  }

  /** Rows come now, each of which is told as taken. */
  expectRows(): void {
    this.#maxMib = MAX_ROW_MIB;
  }

  /** Tell that something was made of what came so far. */
  taken(): void {
    this.#untaken = 0;
    this.#isConnected = true;
  }

  /** Make of an error why the connection ended, if that was from here; else what the server or its driver said. */
  said(error: unknown): Error {
    return (this.#reason as Error | undefined) ?? databaseError(error, this.#address);
  }

  /** Nothing is waited for any more. */
  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#signal?.removeEventListener('abort', this.#onAbort);
  }

  #receive(bytes: Buffer, readers: readonly ((bytes: Buffer) => void)[]): void {
    for (const timer of this.#timers) timer.refresh();
    this.#untaken += bytes.length;
    try {
      for (const read of readers) read(bytes);
    } catch (error) {
      this.#end(this.said(error));
    }
    if (this.#untaken > this.#maxMib * 2 ** 20) this.#end(tooMuch(this.#address, this.#maxMib));
  }

  /** While nobody reads, the server is not the one that is waited for. */
  #whileSilent(act: () => void): void {
    if (this.#stream?.isPaused() !== true) act();
    else for (const timer of this.#timers) timer.refresh();
  }

  /** End the connection behind a word to the server, if there is a way to have one. */
  #giveUp(reason: unknown): void {
    this.#reason ??= reason;
    const cancel = this.#cancel;
    this.#cancel = undefined;
    if (cancel === undefined) this.#end(reason);
    else
      void cancel()
        // There is nobody to tell of that, and nothing else to do.
        .catch(() => undefined)
        .finally(() => this.#end(reason));
  }

  #end(reason: unknown): void {
    this.#reason ??= reason;
    this.#stream?.destroy(reason instanceof Error ? reason : new Error('aborted'));
  }
}

function waitingWord(address: DatabaseAddress, seconds: number): string {
  return `${describeDatabase(address)} has not answered for ${WORD_AFTER_SECONDS} seconds, as for a slow query; after ${counted(seconds, 'second')} it is given up, which \`?timeout=SECONDS\` behind the URL changes.`;
}

function connectingWord(address: DatabaseAddress, seconds: number): string {
  const limit = counted(Math.min(seconds, CONNECT_SECONDS), 'second');
  return `${describeDatabase(address)} has let nobody log in for ${WORD_AFTER_SECONDS} seconds; after ${limit} it is given up.`;
}

function silent(address: DatabaseAddress, seconds: number): VarveError {
  const path = describeDatabase(address);
  return new VarveError('database-unreachable', `${path} said nothing for ${counted(seconds, 'second')}`, {
    path,
    remedy:
      'See what the server does; where the query takes so long, write `?timeout=SECONDS` behind the URL.',
  });
}

function tooMuch(address: DatabaseAddress, mebibytes: number): VarveError {
  const path = describeDatabase(address);
  const isRow = mebibytes === MAX_ROW_MIB;
  return new VarveError(
    'database-error',
    `${path} sends ${isRow ? 'a row' : 'an answer'} of more than ${mebibytes} MiB`,
    {
      path,
      remedy: isRow
        ? 'Leave the large column out by `--query "SELECT …"`, and take what it holds as files.'
        : 'Check scheme, host and port of the URL: no such server has so much to say before the rows.',
    },
  );
}
