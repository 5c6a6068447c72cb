import { join } from 'node:path';
import { BufferedFile, type WrittenFile } from '../../base/files/buffered-file.ts';

/** Cut bytes after every `lines`th line feed. Leaves out a window of nothing but white space. */
export async function* windows(
  bytes: AsyncIterable<Uint8Array>,
  lines: number,
  folder: string,
): AsyncGenerator<WrittenFile> {
  let made = 0;
  const next = () => new WindowWriter(join(folder, `${made++}.jsonl`), lines);
  let window = next();
  for await (const chunk of bytes) {
    let rest = chunk;
    while (rest.length > 0) {
      rest = rest.subarray(window.take(rest));
      if (!window.full) continue;
      yield* window.written();
      window = next();
    }
  }
  yield* window.written();
}

class WindowWriter {
  readonly #file: BufferedFile;
  #left: number;
  #blank = true;

  constructor(path: string, lines: number) {
    this.#file = new BufferedFile(path);
    this.#left = lines;
  }

  get full(): boolean {
    return this.#left === 0;
  }

  /** Append as much of `bytes` as belongs to this window and say how much that was. */
  take(bytes: Uint8Array): number {
    let end = 0;
    while (this.#left > 0 && end < bytes.length) {
      const feed = bytes.indexOf(0x0a, end);
      end = feed < 0 ? bytes.length : feed + 1;
      if (feed >= 0) this.#left--;
    }
    const own = bytes.subarray(0, end);
    this.#blank &&= own.every((byte) => byte <= 0x20);
    this.#file.add([own]);
    return end;
  }

  *written(): Generator<WrittenFile> {
    if (!this.#blank) yield this.#file.written();
  }
}
