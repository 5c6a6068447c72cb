import { randomBytes, webcrypto } from 'node:crypto';
import type { Remote } from '../../remote/remote.ts';
import { hexDigestOf, type RawDigest, toHex } from '../format/digest.ts';
import type { IndexContent, IndexedPack } from '../format/index-file.ts';
import {
  PACK_CAPACITY,
  PackBuilder,
  type PackEntry,
  type PackKind,
  packKey,
  type SealedPack,
} from '../format/pack.ts';

/** So many packs are on their way at most; each takes PACK_CAPACITY of memory. */
const MAX_UPLOADS = 3;
const SALT_BYTES = 5;
/** Handing fewer bytes to another thread costs more than hashing them. */
const MIN_POOLED_BYTES = 1024 * 1024;

/**
 * Collects blobs into packs, one open pack of each kind, and writes full ones in the background. Whoever writes the index takes the
 * entries of written packs with `takeWritten`.
 */
export class PackUploads {
  readonly #remote: Remote;
  readonly #isTaken: (key: string) => boolean;
  readonly #open = new Map<PackKind, PackBuilder>();
  readonly #running = new Set<Promise<void>>();
  readonly #spare: Buffer[] = [];
  #written: { pack: IndexedPack; entries: readonly PackEntry[] }[] = [];
  #failure: { readonly error: unknown } | undefined;

  /** @param isTaken whether nothing new may have this key */
  constructor(remote: Remote, isTaken: (key: string) => boolean) {
    this.#remote = remote;
    this.#isTaken = isTaken;
  }

  append(digest: RawDigest, bytes: Uint8Array, kind: PackKind): void {
    let builder = this.#open.get(kind);
    if (builder !== undefined && !builder.fits(bytes.length)) {
      this.#upload(builder);
      builder = undefined;
    }
    if (builder === undefined) {
      builder = new PackBuilder(kind, this.#spare.pop() ?? Buffer.allocUnsafeSlow(PACK_CAPACITY));
      this.#open.set(kind, builder);
    }
    builder.append(digest, bytes);
  }

  /** Wait until there is room for more. @throws the first failure of a write */
  async waitForRoom(): Promise<void> {
    while (this.#running.size >= MAX_UPLOADS) await Promise.race(this.#running);
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** Write the open packs too, and wait for all. @throws the first failure of a write */
  async finish(): Promise<void> {
    for (const builder of this.#open.values()) this.#upload(builder);
    this.#open.clear();
    await Promise.all(this.#running);
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** Forget the open packs, and wait for those on their way. */
  async discard(): Promise<void> {
    this.#open.clear();
    await Promise.all(this.#running);
  }

  /** Give away the entries of the packs written since the last call. */
  takeWritten(): Pick<IndexContent, 'packs' | 'blobs'> {
    const written = this.#written;
    this.#written = [];
    return {
      packs: written.map(({ pack }) => pack),
      blobs: written.flatMap(({ entries }, pack) =>
        entries.map(({ digest, offset, length }) => ({ digest, pack, offset, length })),
      ),
    };
  }

  /**
   * Write a pack that is complete, and verified.
   * @param entries of its blobs
   * @param sha256 takes the SHA-256 of all its bytes, for a server
   */
  async write(
    { name, kind, bytes }: SealedPack,
    entries: readonly PackEntry[],
    sha256: () => Promise<string>,
  ): Promise<void> {
    await this.#remote.write(packKey(name), bytes, { sha256 });
    this.#written.push({ pack: { name, size: bytes.length, kind }, entries });
  }

  #upload(builder: PackBuilder): void {
    this.#open.delete(builder.kind);
    const promise: Promise<void> = this.#write(builder)
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => this.#running.delete(promise));
    this.#running.add(promise);
  }

  #seal(builder: PackBuilder): SealedPack {
    const sealed = builder.seal();
    return this.#isTaken(packKey(sealed.name)) ? builder.seal(randomBytes(SALT_BYTES)) : sealed;
  }

  async #write(builder: PackBuilder): Promise<void> {
    const sealed = this.#seal(builder);
    await this.write(sealed, builder.entries, () => digestOnPool(sealed.bytes));
    this.#spare.push(builder.release());
  }
}

/** Hash a pack on a thread of the pool, so that more can be collected meanwhile, or here if it is small. */
async function digestOnPool(bytes: Uint8Array): Promise<string> {
  if (bytes.length < MIN_POOLED_BYTES) return hexDigestOf(bytes);
  return toHex(new Uint8Array(await webcrypto.subtle.digest('SHA-256', bytes)));
}
