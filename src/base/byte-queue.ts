import { asBuffer } from './as-buffer.ts';

/** Bytes that arrive in pieces of any length and leave in pieces of a wanted length. */
export class ByteQueue {
  #bytes: Buffer = Buffer.alloc(0);
  #start = 0;

  get length(): number {
    return this.#bytes.length - this.#start;
  }

  /** Append bytes, which must not change before they are taken. */
  push(piece: Uint8Array): void {
    const view = asBuffer(piece);
    this.#bytes = this.length === 0 ? view : Buffer.concat([this.#bytes.subarray(this.#start), view]);
    this.#start = 0;
  }

  /** Take the next `count` bytes, which must be there. They are a view of memory that later calls leave alone. */
  take(count: number): Buffer {
    const taken = this.#bytes.subarray(this.#start, this.#start + count);
    this.#start += count;
    return taken;
  }

  /** Find `byte` at `from` or later, counted from the front; -1 if it is not there. */
  indexOf(byte: number, from = 0): number {
    const found = this.#bytes.indexOf(byte, this.#start + from);
    return found < 0 ? -1 : found - this.#start;
  }
}
