import { pipeline, Readable, type Transform } from 'node:stream';
import { createGunzip, createInflate } from 'node:zlib';
import { HEAD_BYTES, isGzip, isRecordHead, isZlib } from '../../engine/formats/tfrecord/records.ts';
import { VarveError } from '../../errors.ts';

/** A stream of which the beginning was looked at, and nothing taken. */
export interface Peeked {
  /** Its first bytes: at least as many as the head of a record, if there are. */
  readonly start: Buffer;
  readonly bytes: AsyncIterable<Uint8Array>;
}

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
  return { start, bytes: rejoined(start, source) };
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
 * A stream as it was before gzip or zlib compressed it as a whole, which its first bytes tell, as TensorFlow writes TFRecords; any other as
 * it is.
 * @throws VarveError `request-invalid` where the compressed bytes are cut or damaged
 */
export async function* decompressed(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const { start, bytes: whole } = await peek(bytes);
  const decompressor = decompressorFor(start);
  if (decompressor === undefined) return yield* whole;
  const source = Readable.from(whole);
  // An error of the source reaches whoever reads the end.
  const stream = pipeline(source, decompressor, () => undefined);
  try {
    for await (const piece of stream) yield piece as Buffer;
  } catch (error) {
    if (!String((error as NodeJS.ErrnoException).code).startsWith('Z_')) throw error;
    throw new VarveError('request-invalid', 'The compressed stream cannot be read: it is cut or damaged', {
      remedy: 'Copy the log anew once it is whole. The windows before were compared.',
      cause: error,
    });
  } finally {
    source.destroy();
  }
}

function decompressorFor(start: Buffer): Transform | undefined {
  if (isRecordHead(start)) return undefined;
  if (isGzip(start)) return createGunzip();
  return isZlib(start) ? createInflate() : undefined;
}
