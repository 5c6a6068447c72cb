/**
 * RPC: the library behind a pipe, for programs in other languages. One client sends requests as frames of JSON-RPC 2.0 and gets
 * answers, progress and warnings. It decides nothing and knows no terminal: what a method does, the library says.
 *
 * docs/reference/rpc.md is the protocol.
 */

import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { VarveError } from '../errors.ts';
import type { OnProgress } from '../progress.ts';
import { withoutSecrets } from '../wording/urls.ts';
import { encodeFrame, type Frame, FrameReader } from './frames.ts';

/** What a method is given: its parameters, the bytes behind them, and how it is watched and stopped. */
export interface Request {
  readonly params: Readonly<Record<string, unknown>>;
  readonly payload: Uint8Array;
  readonly watch: {
    readonly signal: AbortSignal;
    readonly onProgress: OnProgress;
    readonly onWarning: (text: string) => void;
  };
}

/** What a method answers: a result that JSON can say, and bytes beside it. */
export interface Reply {
  readonly result: unknown;
  readonly payload?: Uint8Array;
}

export type Methods = Readonly<Record<string, (request: Request) => Promise<Reply>>>;

/** Codes of JSON-RPC 2.0, section 5.1, and of the Language Server Protocol for what its caller cancelled. */
const METHOD_NOT_FOUND = -32601;
const INVALID_REQUEST = -32600;
const INTERNAL_ERROR = -32603;
const CANCELLED = -32800;
/** Errors on purpose: their own code stands in `data`. */
const VARVE_ERROR = -32000;

/** Requests that are worked on at once; a client that sends more without waiting for answers is out of hand. */
const MAX_RUNNING = 1024;
/** Milliseconds between two notifications of the progress of one request. */
const PROGRESS_EVERY_MS = 50;

/**
 * Serve one client until its input ends or the signal stops it; what is being worked on then is stopped.
 * @throws VarveError `usage` if what arrives are no frames
 */
export async function answerRequests(
  input: Readable,
  output: Writable,
  methods: Methods,
  signal: AbortSignal,
): Promise<void> {
  const client = new Client(output, methods);
  const frames = new FrameReader();
  // Its reader is gone: nobody waits for anything.
  output.on('error', () => input.destroy());
  const stop = (): void => {
    input.destroy();
  };
  signal.addEventListener('abort', stop, { once: true });
  try {
    for await (const piece of input)
      for (const frame of framesIn(frames, piece as Buffer)) client.take(frame);
  } catch (error) {
    if (!input.destroyed || !isPremature(error)) throw error;
  } finally {
    signal.removeEventListener('abort', stop);
    await client.end();
  }
}

function framesIn(frames: FrameReader, piece: Uint8Array): Frame[] {
  try {
    return frames.read(piece);
  } catch (error) {
    throw new VarveError('usage', `What arrived is no frame: ${(error as Error).message}`, {
      remedy: 'Programs speak to `varve rpc` as docs/reference/rpc.md says; people have the other commands.',
    });
  }
}

class Client {
  readonly #output: Writable;
  readonly #methods: Methods;
  /** What is worked on, by the id of its request. */
  readonly #running = new Map<Id, { readonly stop: AbortController; readonly ended: Promise<void> }>();

  constructor(output: Writable, methods: Methods) {
    this.#output = output;
    this.#methods = methods;
  }

  take({ message, payload }: Frame): void {
    const { id, method, params } = (message ?? {}) as Readonly<Record<string, unknown>>;
    const given = typeof params === 'object' && params !== null ? (params as Request['params']) : {};
    if (method === '$/cancelRequest') this.#running.get(given.id as Id)?.stop.abort();
    else if (!isId(id) || typeof method !== 'string' || this.#running.has(id))
      this.#refuse(isId(id) ? id : null, INVALID_REQUEST, 'it is no request with an id of its own');
    else if (this.#running.size >= MAX_RUNNING)
      this.#refuse(id, INVALID_REQUEST, `${MAX_RUNNING} requests wait for their answers`);
    else if (!Object.hasOwn(this.#methods, method))
      this.#refuse(id, METHOD_NOT_FOUND, `there is no method ${JSON.stringify(method)}`);
    else {
      const stop = new AbortController();
      this.#running.set(id, { stop, ended: this.#reply(id, method, given, payload, stop.signal) });
    }
  }

  async end(): Promise<void> {
    const running = [...this.#running.values()];
    for (const { stop } of running) stop.abort();
    await Promise.all(running.map(({ ended }) => ended));
  }

  async #reply(
    id: Id,
    method: string,
    params: Request['params'],
    payload: Uint8Array,
    signal: AbortSignal,
  ): Promise<void> {
    const watch = {
      signal,
      onProgress: this.#teller(id),
      onWarning: (text: string) =>
        this.#send({ jsonrpc: '2.0', method: '$/warning', params: { id, text: withoutSecrets(text) } }),
    };
    try {
      const answer = await this.#methods[method]!({ params, payload, watch });
      this.#running.delete(id);
      await this.#send({ jsonrpc: '2.0', id, result: answer.result }, answer.payload);
    } catch (error) {
      this.#running.delete(id);
      if (signal.aborted) this.#refuse(id, CANCELLED, 'it was cancelled');
      else this.#send({ jsonrpc: '2.0', id, error: errorObject(error) });
    }
  }

  /** The first event of a phase is told at once, and others not too often. */
  #teller(id: Id): OnProgress {
    let told = 0;
    let phase: string | undefined;
    return (event) => {
      const now = performance.now();
      if (event.phase === phase && event.done !== event.total && now - told < PROGRESS_EVERY_MS) return;
      [told, phase] = [now, event.phase];
      this.#send({ jsonrpc: '2.0', method: '$/progress', params: { id, ...event } });
    };
  }

  #refuse(id: Id | null, code: number, message: string): void {
    this.#send({ jsonrpc: '2.0', id, error: { code, message } });
  }

  /** Send a frame, and wait while its reader is too slow. */
  async #send(message: unknown, payload?: Uint8Array): Promise<void> {
    if (this.#output.destroyed) return;
    const pieces = encodeFrame(message, payload);
    this.#output.cork();
    for (const piece of pieces) this.#output.write(piece);
    this.#output.uncork();
    if (this.#output.writableNeedDrain)
      await Promise.race([once(this.#output, 'drain'), once(this.#output, 'close')]);
  }
}

/** JSON-RPC has ids of numbers and strings. */
type Id = number | string;

function isId(value: unknown): value is Id {
  return typeof value === 'number' || typeof value === 'string';
}

function isPremature(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ERR_STREAM_PREMATURE_CLOSE';
}

function errorObject(error: unknown): object {
  if (!(error instanceof VarveError)) {
    const message = error instanceof Error ? error.message : String(error);
    return { code: INTERNAL_ERROR, message: `Something that varve did not expect: ${message}` };
  }
  const { code, message, remedy, path, details } = error;
  return {
    code: VARVE_ERROR,
    message: withoutSecrets(message),
    data: {
      code,
      remedy: withoutSecrets(remedy),
      path: path === undefined ? null : withoutSecrets(path),
      details: details.map(withoutSecrets),
    },
  };
}
