import type { FileHandle } from 'node:fs/promises';

/** A part of a file that is to be read, and what it is read for. */
export interface FileSlice<T> {
  /** Undefined where it cannot be opened: as if it were empty. */
  readonly file: FileHandle | undefined;
  /** In bytes. */
  readonly offset: number;
  readonly length: number;
  readonly purpose: T;
}

/** What was read. The bytes are fewer than were asked for where the file ends. */
export interface ReadSlice<T> {
  readonly purpose: T;
  /** They stay as they are until the next but one of the slices is asked for. */
  readonly bytes: Uint8Array;
}

/** One is with the consumer, one may be held back by who verifies, and one is being filled. */
const BUFFERS = 3;

/**
 * Read slices one after another, each while the consumer works on the one before, into the same few buffers: new memory for each would be
 * cleared by the system first, which takes as long as the reading.
 * @param bufferBytes of each buffer; a longer slice gets memory of its own
 */
export async function* readAhead<T>(
  slices: AsyncIterable<FileSlice<T>>,
  bufferBytes: number,
): AsyncGenerator<ReadSlice<T>> {
  const buffers: Buffer[] = [];
  let turn = 0;
  const bufferFor = (length: number): Buffer => {
    const at = turn++ % BUFFERS;
    if (length > bufferBytes) return Buffer.allocUnsafeSlow(length);
    const buffer = buffers[at] ?? Buffer.allocUnsafeSlow(bufferBytes);
    buffers[at] = buffer;
    return buffer;
  };
  const begin = (slice: FileSlice<T>): Promise<ReadSlice<T>> => {
    const reading = fill(slice, bufferFor(slice.length));
    // A failure is met when its turn comes; until then it must not count as unhandled.
    reading.catch(() => undefined);
    return reading;
  };
  let running: Promise<ReadSlice<T>> | undefined;
  try {
    for await (const slice of slices) {
      const before = running;
      running = begin(slice);
      if (before !== undefined) yield await before;
    }
    if (running !== undefined) yield await running;
  } finally {
    // The file may be closed, and the buffers go, when nothing is written to them any more.
    await running?.catch(() => undefined);
  }
}

async function fill<T>(
  { file, offset, length, purpose }: FileSlice<T>,
  buffer: Buffer,
): Promise<ReadSlice<T>> {
  let done = 0;
  while (file !== undefined && done < length) {
    const { bytesRead } = await file.read(buffer, done, length - done, offset + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return { purpose, bytes: buffer.subarray(0, done) };
}
