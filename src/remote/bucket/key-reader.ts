import { VarveError } from '../../errors.ts';
import { checkKey, checkRange } from '../key.ts';
import type { ByteRange } from '../remote.ts';
import { RUN_VERIFY } from '../run-verify.ts';
import { MARKER, MAX_MARKER_BYTES } from '../store-layout.ts';
import type { Reading, Requests } from './requests.ts';

/** `read` holds no more than this in memory; larger objects are for `stream`. */
const MAX_READ_BYTES = 1024 * 1024 * 1024;

/** Reads the objects of a remote whose server is asked for them one by one, as `Remote` promises it. */
export class KeyReader {
  readonly #requests: Requests<Reading>;
  readonly #url: string;
  readonly #prefix: string;

  /** @param prefix of the names that the server has for keys: '' or ending in '/' */
  constructor(requests: Requests<Reading>, url: string, prefix: string) {
    this.#requests = requests;
    this.#url = url;
    this.#prefix = prefix;
  }

  async read(key: string, range?: ByteRange, memory?: Uint8Array): Promise<Uint8Array> {
    checkRange(range, key);
    let bytes: Uint8Array = memory ?? Buffer.alloc(0);
    let done = 0;
    const reserve = (size: number) => {
      if (size > MAX_READ_BYTES) throw tooLarge(this.#url, key, size);
      bytes = Buffer.allocUnsafeSlow(size);
    };
    if (range !== undefined && memory === undefined) reserve(range.length);
    for await (const piece of this.stream(key, range, reserve)) {
      bytes.set(piece, done);
      done += piece.length;
    }
    return bytes;
  }

  /** Read the beginning of the marker of a store, which has `size` bytes and is no object. */
  async marker(size: number): Promise<Uint8Array> {
    if (size === 0) return Buffer.alloc(0);
    const range = { offset: 0, length: Math.min(size, MAX_MARKER_BYTES) };
    const pieces: Uint8Array[] = [];
    for await (const piece of this.#requests.bytes(this.#prefix + MARKER, range)) pieces.push(piece);
    return Buffer.concat(pieces);
  }

  /** @param onSize told the length of the whole result before its first byte, unless a range gives it */
  async *stream(key: string, range?: ByteRange, onSize?: (size: number) => void): AsyncGenerator<Uint8Array> {
    checkRange(range, key);
    checkKey(key);
    try {
      yield* this.#requests.bytes(this.#prefix + key, range ?? {}, onSize);
    } catch (error) {
      throw this.#requests.error(error, 'read', key);
    }
  }
}

function tooLarge(url: string, key: string, size: number): VarveError {
  return new VarveError(
    'object-too-large',
    `${url}/${key} has ${size} bytes, which is too much to hold in memory`,
    {
      path: key,
      remedy: `What the remote says of this object is wrong. ${RUN_VERIFY}`,
    },
  );
}
