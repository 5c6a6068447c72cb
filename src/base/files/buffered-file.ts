import { appendFileSync } from 'node:fs';
import { systemError } from './system-errors.ts';

/** A file that was written, with its size in bytes. */
export interface WrittenFile {
  /** Absolute. */
  readonly path: string;
  readonly size: number;
}

/** Bytes that are held before they are written. */
const HELD_BYTES = 1024 * 1024;
/** What is written may be about people. */
const FILE_MODE = 0o600;

/** Makes what is written of the parts that were held. @param size of the file before them */
export type Pack = (parts: readonly Uint8Array[], size: number) => Uint8Array;

/** A file of many small parts, written at its end a megabyte at a time. Nothing is waited for: a promise for each part would cost more than it. */
export class BufferedFile {
  readonly path: string;
  readonly #pack: Pack;
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  #size: number;

  /** @param size bytes of the file that are there already */
  constructor(path: string, size = 0, pack: Pack = (parts) => Buffer.concat(parts)) {
    this.path = path;
    this.#size = size;
    this.#pack = pack;
  }

  /** Parts that are added together are written together. @throws VarveError of {@link systemError} */
  add(parts: readonly Uint8Array[]): void {
    for (const part of parts) {
      this.#held.push(part);
      this.#heldBytes += part.length;
    }
    if (this.#heldBytes >= HELD_BYTES) this.#write();
  }

  /** Write what is held. */
  written(): WrittenFile {
    if (this.#held.length > 0) this.#write();
    return { path: this.path, size: this.#size };
  }

  #write(): void {
    const bytes = this.#pack(this.#held, this.#size);
    this.#held = [];
    this.#heldBytes = 0;
    try {
      appendFileSync(this.path, bytes, { mode: FILE_MODE });
    } catch (error) {
      throw systemError(error, 'write', this.path);
    }
    this.#size += bytes.length;
  }
}
