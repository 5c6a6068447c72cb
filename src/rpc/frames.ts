/** What two programs say to each other: a message of JSON-RPC 2.0 and, where it is about bytes, those behind it. */
export interface Frame {
  readonly message: unknown;
  readonly payload: Uint8Array;
}

/** Before each frame: the bytes of its message, then those of its payload, both as 32-bit little-endian numbers. */
const HEADER_BYTES = 8;
/**
 * The most bytes of a message and of a payload: a program that says more is out of step, or hostile. The list of a million files has a few
 * hundred million, and V8 has no longer text.
 */
export const MAX_MESSAGE_BYTES = 512 * 1024 * 1024;
export const MAX_PAYLOAD_BYTES = 512 * 1024 * 1024;
/** Below so many bytes, one write of a copy is faster than several. */
const MIN_BYTES_APART = 64 * 1024;
const EMPTY = new Uint8Array();

/** Takes frames out of bytes as they arrive. */
export class FrameReader {
  #pieces: Uint8Array[] = [];
  #arrived = 0;
  /** Bytes of the next frame, or of its header while that has not arrived. */
  #wanted = HEADER_BYTES;

  /**
   * Take in the next bytes, and return the frames that they complete.
   * @throws RangeError of a frame that is too large; SyntaxError of a message that is not JSON. What follows cannot be read either
   */
  read(piece: Uint8Array): Frame[] {
    this.#pieces.push(piece);
    this.#arrived += piece.length;
    if (this.#arrived < this.#wanted) return [];
    const bytes = Buffer.concat(this.#pieces);
    const frames: Frame[] = [];
    let at = 0;
    for (;;) {
      this.#wanted = lengthOf(bytes.subarray(at));
      if (bytes.length - at < this.#wanted) break;
      frames.push(decodeFrame(bytes.subarray(at, at + this.#wanted)));
      at += this.#wanted;
    }
    this.#pieces = [bytes.subarray(at)];
    this.#arrived = bytes.length - at;
    return frames;
  }
}

/** Bytes of the frame that begins here; those of a header if that is not whole. */
function lengthOf(bytes: Buffer): number {
  if (bytes.length < HEADER_BYTES) return HEADER_BYTES;
  const [message, payload] = [bytes.readUInt32LE(0), bytes.readUInt32LE(4)];
  if (message > MAX_MESSAGE_BYTES || payload > MAX_PAYLOAD_BYTES)
    throw new RangeError(`a frame of ${message} and ${payload} bytes is too large`);
  return HEADER_BYTES + message + payload;
}

function decodeFrame(bytes: Buffer): Frame {
  const end = HEADER_BYTES + bytes.readUInt32LE(0);
  const text = bytes.toString('utf8', HEADER_BYTES, end);
  return { message: JSON.parse(text) as unknown, payload: bytes.subarray(end) };
}

/** The pieces of a frame, to be written one behind the other. @throws RangeError if it is too large */
export function encodeFrame(message: unknown, payload: Uint8Array = EMPTY): Uint8Array[] {
  const text = Buffer.from(JSON.stringify(message));
  if (text.length > MAX_MESSAGE_BYTES || payload.length > MAX_PAYLOAD_BYTES)
    throw new RangeError(`a frame of ${text.length} and ${payload.length} bytes is too large`);
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32LE(text.length, 0);
  header.writeUInt32LE(payload.length, 4);
  const pieces = payload.length === 0 ? [header, text] : [header, text, payload];
  return payload.length < MIN_BYTES_APART ? [Buffer.concat(pieces)] : pieces;
}
