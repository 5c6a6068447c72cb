import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  HEAD_BYTES,
  isRecordHead,
  type RecordBlock,
  TAIL_BYTES,
  wholeRecords,
} from '../../engine/formats/tfrecord/records.ts';
import { VarveError } from '../../errors.ts';
import { BUFFERED_BYTES, type WindowFile } from './windows.ts';

/** A stream of which the beginning was looked at, and nothing taken. */
export interface Peeked {
  readonly isTfrecord: boolean;
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** Tell whether a stream is a TFRecord, by the checksum of its first head, and not lines of text. */
export async function peek(bytes: AsyncIterable<Uint8Array>): Promise<Peeked> {
  const source = bytes[Symbol.asyncIterator]();
  const pieces: Uint8Array[] = [];
  let held = 0;
  while (held < HEAD_BYTES) {
    const { value, done } = await source.next();
    if (done) break;
    pieces.push(value);
    held += value.length;
  }
  const start = Buffer.concat(pieces);
  return { isTfrecord: isRecordHead(start), bytes: rejoined(start, source) };
}

async function* rejoined(start: Buffer, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    if (start.length > 0) yield start;
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}

/**
 * Cut a TFRecord after every `records`th record, such as one of PredictionLogs as TensorFlow Serving logs requests.
 * @throws VarveError `request-invalid` where it is cut or damaged
 */
export async function* recordWindows(
  bytes: AsyncIterable<Uint8Array>,
  records: number,
  folder: string,
): AsyncGenerator<WindowFile> {
  let pieces: Uint8Array[] = [];
  let held = 0;
  let window = new RecordWindow(join(folder, '0.tfrecord'));
  let made = 1;
  let taken = 0;
  let wanted = HEAD_BYTES;
  for await (const piece of bytes) {
    pieces.push(piece);
    held += piece.length;
    if (held < wanted) continue;
    const block = wholeRecords(Buffer.concat(pieces));
    for (const record of recordsOf(block)) {
      taken++;
      await window.add(record);
      if (window.count < records) continue;
      yield await window.end();
      window = new RecordWindow(join(folder, `${made++}.tfrecord`));
    }
    if (block.fault !== undefined) throw recordInvalid(taken + 1, block.fault);
    wanted = block.wanted;
    pieces = [block.bytes.subarray(block.end)];
    held = block.bytes.length - block.end;
  }
  if (held > 0) throw recordInvalid(taken + 1, 'the stream ends within it');
  if (window.count > 0) yield await window.end();
}

function recordInvalid(record: number, problem: string): VarveError {
  return new VarveError('request-invalid', `The request in record ${record} cannot be read: ${problem}`, {
    path: `record ${record}`,
    remedy: 'Copy the log anew once it is whole. The windows before this one were compared.',
  });
}

/** A window that is being written. */
class RecordWindow {
  readonly #path: string;
  #held: Buffer[] = [];
  #heldBytes = 0;
  #size = 0;
  count = 0;

  constructor(path: string) {
    this.#path = path;
  }

  async add(record: Buffer): Promise<void> {
    this.#held.push(record);
    this.#heldBytes += record.length;
    this.#size += record.length;
    this.count++;
    if (this.#heldBytes >= BUFFERED_BYTES) await this.#write();
  }

  async end(): Promise<WindowFile> {
    await this.#write();
    return { path: this.#path, size: this.#size };
  }

  async #write(): Promise<void> {
    await appendFile(this.#path, Buffer.concat(this.#held));
    this.#held = [];
    this.#heldBytes = 0;
  }
}

/** Each record with its head and its tail. */
function* recordsOf({ bytes, starts, ends }: RecordBlock): Generator<Buffer> {
  for (const [index, start] of starts.entries())
    yield bytes.subarray(start - HEAD_BYTES, ends[index]! + TAIL_BYTES);
}
