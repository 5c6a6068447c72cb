import { comparePaths } from '../../base/files/path-order.ts';
import type { ReadableFile } from '../../operations/backend/version-reader.ts';

const DIGEST_BYTES = 32;
const PREFIX = 'sha256:';
/** What one file takes beside its path: where the path ends, its size, and its digest. */
const BYTES_PER_FILE = 4 + 8 + DIGEST_BYTES;
/** An array of paths addressed by 32 bits; at 100 bytes a path, that is 40 million files. */
const MAX_PATH_BYTES = 2 ** 32 - 1;

/**
 * The files of a version in the order of S3's keys, in as little memory as they need: 44 bytes each beside the path, where objects of
 * JavaScript would take several hundred. A path is found by bisection.
 */
export class FileTable {
  readonly length: number;
  readonly #paths: Buffer;
  readonly #ends: Uint32Array;
  readonly #sizes: Float64Array;
  /** Zero where a file has none. */
  readonly #digests: Buffer;
  /** Whether all files have digests. */
  readonly isComplete: boolean;

  private constructor({ length, paths, ends, sizes, digests, isComplete }: Builder) {
    this.length = length;
    this.isComplete = isComplete;
    this.#paths = paths;
    this.#ends = ends;
    this.#sizes = sizes;
    this.#digests = digests;
  }

  /** @param files in the order of their paths */
  static async from(files: AsyncIterable<ReadableFile>): Promise<FileTable> {
    const builder = new Builder();
    for await (const file of files) builder.add(file);
    return new FileTable(builder);
  }

  /** Memory that the table takes. */
  get bytes(): number {
    return this.#paths.length + this.#ends.length * BYTES_PER_FILE;
  }

  /** @param at 0 to length - 1 */
  file(at: number): ReadableFile {
    const digest = this.#digests.toString('hex', at * DIGEST_BYTES, (at + 1) * DIGEST_BYTES);
    const size = this.#sizes[at]!;
    return { path: this.#path(at), size, ...(/[^0]/.test(digest) ? { digest: PREFIX + digest } : {}) };
  }

  /** The place of the first file at `path` or behind it. */
  lowerBound(path: string): number {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (comparePaths(this.#path(middle), path) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #path(at: number): string {
    return this.#paths.toString('utf8', at === 0 ? 0 : this.#ends[at - 1]!, this.#ends[at]!);
  }
}

class Builder {
  length = 0;
  isComplete = true;
  paths = Buffer.allocUnsafe(1024);
  ends = new Uint32Array(16);
  sizes = new Float64Array(16);
  digests = Buffer.alloc(16 * DIGEST_BYTES);
  #end = 0;

  add({ path, size, digest }: ReadableFile): void {
    const needed = this.#end + Buffer.byteLength(path);
    if (needed > MAX_PATH_BYTES) throw new RangeError('The paths of a dataset are too long to be listed');
    if (needed > this.paths.length) this.paths = grown(this.paths, needed * 2);
    if (this.length === this.ends.length) this.#growColumns();
    this.#end += this.paths.write(path, this.#end);
    this.ends[this.length] = this.#end;
    this.sizes[this.length] = size;
    if (digest?.startsWith(PREFIX))
      this.digests.write(digest.slice(PREFIX.length), this.length * DIGEST_BYTES, 'hex');
    else this.isComplete = false;
    this.length += 1;
  }

  #growColumns(): void {
    const ends = new Uint32Array(this.length * 2);
    ends.set(this.ends);
    this.ends = ends;
    const sizes = new Float64Array(this.length * 2);
    sizes.set(this.sizes);
    this.sizes = sizes;
    this.digests = grown(this.digests, this.digests.length * 2);
  }
}

/** A longer copy, with zeros behind. */
function grown(bytes: Buffer, length: number): Buffer<ArrayBuffer> {
  const longer = Buffer.alloc(length);
  longer.set(bytes);
  return longer;
}
