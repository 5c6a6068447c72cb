import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface WindowFile {
  readonly path: string;
  readonly size: number;
}

/** Bytes that are held before they are written. */
export const BUFFERED_BYTES = 1024 * 1024;

/** Cut bytes after every `lines`th line feed. Leaves out a window of nothing but white space. */
export async function* windows(
  bytes: AsyncIterable<Uint8Array>,
  lines: number,
  folder: string,
): AsyncGenerator<WindowFile> {
  let made = 0;
  const next = () => new WindowWriter(join(folder, `${made++}.jsonl`), lines);
  let window = next();
  for await (const chunk of bytes) {
    let rest = chunk;
    while (rest.length > 0) {
      rest = rest.subarray(await window.take(rest));
      if (!window.full) continue;
      yield* window.written();
      window = next();
    }
  }
  yield* window.written();
}

class WindowWriter {
  readonly #path: string;
  #left: number;
  #size = 0;
  #blank = true;
  #held: Uint8Array[] = [];
  #heldBytes = 0;

  constructor(path: string, lines: number) {
    this.#path = path;
    this.#left = lines;
  }

  get full(): boolean {
    return this.#left === 0;
  }

  /** Append as much of `bytes` as belongs to this window and say how much that was. */
  async take(bytes: Uint8Array): Promise<number> {
    let end = 0;
    while (this.#left > 0 && end < bytes.length) {
      const feed = bytes.indexOf(0x0a, end);
      end = feed < 0 ? bytes.length : feed + 1;
      if (feed >= 0) this.#left--;
    }
    const own = bytes.subarray(0, end);
    this.#blank &&= own.every((byte) => byte <= 0x20);
    this.#size += end;
    this.#held.push(own);
    this.#heldBytes += end;
    if (this.#heldBytes >= BUFFERED_BYTES) await this.#write();
    return end;
  }

  async *written(): AsyncGenerator<WindowFile> {
    if (this.#blank) return;
    await this.#write();
    yield { path: this.#path, size: this.#size };
  }

  async #write(): Promise<void> {
    await appendFile(this.#path, Buffer.concat(this.#held));
    this.#held = [];
    this.#heldBytes = 0;
  }
}
