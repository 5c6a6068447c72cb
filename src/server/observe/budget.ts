import type { Readable } from 'node:stream';
import { VarveError } from '../../errors.ts';
import { MAX_BODY_BYTES } from './bodies.ts';

/** Memory for bodies that arrive or wait, of all datasets together. */
const MAX_BYTES = 64 * 1024 * 1024;

/** Counts the bytes of bodies in memory, from their arrival until they are counted into a window. */
export class Budget {
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  /** Tell whether a body of so many bytes can be taken at all. @throws Error with `statusCode` 413 */
  admit(announced: number): void {
    if (announced > MAX_BODY_BYTES) throw tooLarge();
  }

  /**
   * Read a whole body. Its bytes are taken until `release`.
   * @throws VarveError `queue-full` where there is no room; an error with `statusCode` 413 for one that is too large
   */
  async read(stream: Readable): Promise<Buffer> {
    const pieces: Buffer[] = [];
    let size = 0;
    try {
      for await (const piece of stream as AsyncIterable<Buffer>) {
        if (size + piece.length > MAX_BODY_BYTES) throw tooLarge();
        if (this.#bytes + piece.length > MAX_BYTES) throw queueFull();
        size += piece.length;
        this.#bytes += piece.length;
        pieces.push(piece);
      }
      return Buffer.concat(pieces);
    } catch (error) {
      this.release(size);
      throw stream.errored === error ? brokenOff() : error;
    }
  }

  release(bytes: number): void {
    this.#bytes -= bytes;
  }
}

/** Nobody hears the answer; it is no fault of the server. */
function brokenOff(): Error {
  return Object.assign(new Error('The client broke off'), { statusCode: 400 });
}

function tooLarge(): Error {
  return Object.assign(new Error('A body has at most 8 MiB: send fewer rows at a time'), { statusCode: 413 });
}

function queueFull(): VarveError {
  return new VarveError('queue-full', 'More rows came than could be counted, and wait', {
    remedy: 'Send again a little later, or fewer of them: a part of the requests shows drift as well.',
  });
}
