import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { ByteRange } from '../remote/remote.ts';
import type { ServedObject } from './versions/versions.ts';
import { whenOver } from './when-over.ts';

/** Memory for the pieces that are on their way to clients, all together. */
const MAX_PIECES_BYTES = 48 * 1024 * 1024;
const MAX_PIECE_BYTES = 512 * 1024;
/** One is sent, one held back until it is verified, and one read. */
const PIECES_AT_A_TIME = 3;
const MIN_PIECE_BYTES = 16 * 1024;
let sending = 0;

/** The size of the pieces in which an answer is sent: the more answers run, the smaller, so that memory stays bounded. */
function pieceBytes(): number {
  const share = MAX_PIECES_BYTES / (PIECES_AT_A_TIME * Math.max(1, sending));
  return Math.max(MIN_PIECE_BYTES, Math.min(MAX_PIECE_BYTES, 2 ** Math.floor(Math.log2(share))));
}

/** Bytes of a file on their way to a client, the first piece of which is read, and so verified. Close it. */
export interface DataBody {
  readonly first: IteratorResult<Uint8Array>;
  readonly rest: AsyncIterator<Uint8Array>;
  close(): Promise<void>;
}

/** The head of an answer with data. */
export interface DataHead {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | number>>;
  /** Bytes of the body. */
  readonly length: number;
}

/**
 * Open the bytes of a file, so that what keeps them from being read can still be said in place of them. Before the first of them, a large
 * file may be brought and verified: the time that a connection may do nothing does not run meanwhile.
 * @param range undefined for all of it
 */
export async function openBody(
  socket: Socket,
  { dataset, file }: ServedObject,
  range: ByteRange | undefined,
): Promise<DataBody> {
  sending += 1;
  const rest = dataset.read(file, range, pieceBytes())[Symbol.asyncIterator]();
  const close = async (): Promise<void> => {
    sending -= 1;
    await rest.return?.(undefined);
  };
  const isEmpty = (range?.length ?? file.size) === 0;
  const { timeout = 0 } = socket;
  socket.setTimeout(0);
  try {
    const first = isEmpty ? ({ done: true, value: undefined } as const) : await rest.next();
    return { first, rest, close };
  } catch (error) {
    await close();
    throw error;
  } finally {
    socket.setTimeout(timeout);
  }
}

/**
 * Send an answer. Where a piece cannot be read, or the client may not read any more, the connection is cut, so that no client takes a part for
 * the whole.
 * @returns what failed when the head was out
 */
export async function sendBody(
  response: ServerResponse,
  { status, headers, length }: DataHead,
  { first, rest }: DataBody,
  isAllowed: () => boolean,
): Promise<unknown> {
  const client = new Receiver(response);
  response.writeHead(status, headers);
  let left = length;
  try {
    for (let piece = first; !piece.done; piece = await rest.next()) {
      left -= piece.value.length;
      if (left < 0 || !isAllowed()) break;
      // The last piece goes out with the end, and stays as it is: nothing is read behind it.
      if (left === 0) response.end(piece.value);
      else if (!(await client.take(piece.value))) return undefined;
    }
    if (left !== 0 && isAllowed())
      throw new Error(`${left} bytes fewer were there than the list of files says`);
  } catch (error) {
    response.destroy();
    return error;
  }
  if (left !== 0) response.destroy();
  else if (length === 0) response.end();
  return undefined;
}

/** Takes pieces one by one: the memory of a piece is free for another when the system has it. */
class Receiver {
  readonly #response: ServerResponse;
  #isGone: boolean;
  #wake: (() => void) | undefined;

  constructor(response: ServerResponse) {
    this.#response = response;
    this.#isGone = response.req.socket.destroyed;
    whenOver(response.req, response, () => {
      this.#isGone = true;
      this.#wake?.();
    });
  }

  /** Answers false where the client has gone. */
  async take(piece: Uint8Array): Promise<boolean> {
    if (this.#isGone) return false;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      this.#response.write(piece, () => resolve());
    });
    return !this.#isGone;
  }
}
