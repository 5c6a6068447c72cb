import { createHash } from 'node:crypto';
import { type ChunkSizes, DATA_CHUNKS, findCut, META_CHUNKS } from '../chunking/chunker.ts';
import { MAX_SMALL_FILE_BYTES } from '../chunking/file-layout.ts';
import { type RawDigest, rawDigestOf } from '../format/digest.ts';
import type { PackKind } from '../format/pack.ts';
import { RecipeBuilder } from '../format/recipe.ts';
import type { BlobSink } from './blob-sink.ts';

/** Manifests, recipes and profiles of this size or less are one blob. */
const MAX_META_BLOB_BYTES = META_CHUNKS.maximum;

interface StreamedObject {
  readonly digest: RawDigest;
  readonly size: number;
  /** Digest of the recipe; undefined if the object is one blob. */
  readonly recipe?: RawDigest;
}

/**
 * Take in an object whose size is not known before: as one blob if it is small, else cut into chunks. One chunk at most is held in
 * memory.
 */
export async function addStream(
  sink: BlobSink,
  pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  kind: PackKind,
): Promise<StreamedObject> {
  if (Array.isArray(pieces) && pieces.length === 1 && pieces[0].length <= maxBlobBytes(kind)) {
    const bytes = pieces[0] as Uint8Array;
    const digest = rawDigestOf(bytes);
    await sink.putBlob(digest, bytes, kind);
    return { digest, size: bytes.length };
  }
  const cutter = new StreamCutter(sink, kind);
  for await (const piece of pieces) await cutter.push(piece);
  return cutter.finish();
}

function maxBlobBytes(kind: PackKind): number {
  return kind === 'data' ? MAX_SMALL_FILE_BYTES : MAX_META_BLOB_BYTES;
}

/** Put the recipe of an object. A long recipe is itself cut into chunks. @returns the digest of the recipe */
export async function putRecipe(
  sink: BlobSink,
  object: RawDigest,
  recipe: RecipeBuilder,
): Promise<RawDigest> {
  const { size } = recipe;
  const bytes = recipe.finish(object);
  const { digest } = await addStream(sink, [bytes], 'meta');
  sink.putRecipe(object, digest, size);
  return digest;
}

class StreamCutter {
  readonly #sink: BlobSink;
  readonly #kind: PackKind;
  readonly #sizes: ChunkSizes;
  readonly #smallest: number;
  readonly #hash = createHash('sha256');
  readonly #recipe = new RecipeBuilder();
  readonly #buffer: Buffer;
  #held = 0;

  constructor(sink: BlobSink, kind: PackKind) {
    this.#sink = sink;
    this.#kind = kind;
    this.#sizes = kind === 'data' ? DATA_CHUNKS : META_CHUNKS;
    this.#smallest = maxBlobBytes(kind);
    this.#buffer = Buffer.allocUnsafe(Math.max(this.#smallest, this.#sizes.maximum) * 2);
  }

  async push(piece: Uint8Array): Promise<void> {
    this.#hash.update(piece);
    for (let at = 0; at < piece.length; ) {
      const count = Math.min(piece.length - at, this.#buffer.length - this.#held);
      this.#buffer.set(piece.subarray(at, at + count), this.#held);
      this.#held += count;
      at += count;
      if (this.#held === this.#buffer.length) await this.#cut(this.#sizes.maximum);
    }
  }

  async finish(): Promise<StreamedObject> {
    const digest = this.#hash.digest();
    if (this.#recipe.chunks === 0 && this.#held <= this.#smallest) {
      await this.#sink.putBlob(digest, this.#buffer.subarray(0, this.#held), this.#kind);
      return { digest, size: this.#held };
    }
    await this.#cut(1);
    const recipe = await putRecipe(this.#sink, digest, this.#recipe);
    return { digest, size: this.#recipe.size, recipe };
  }

  /** Put chunks while at least `atHand` bytes are held. */
  async #cut(atHand: number): Promise<void> {
    let start = 0;
    while (this.#held - start >= atHand) {
      const end = findCut(this.#buffer, start, this.#held, this.#sizes);
      const chunk = this.#buffer.subarray(start, end);
      const digest = rawDigestOf(chunk);
      this.#recipe.add(digest, chunk.length);
      await this.#sink.putBlob(digest, chunk, this.#kind);
      start = end;
    }
    this.#buffer.copyWithin(0, start, this.#held);
    this.#held -= start;
  }
}
