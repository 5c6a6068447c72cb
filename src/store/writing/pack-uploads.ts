import { randomBytes } from 'node:crypto';
import type { Remote } from '../../remote/remote.ts';
import type { RawDigest } from '../format/digest.ts';
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
  #sealed: Promise<unknown> = Promise.resolve();
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

  /** Write a pack that is complete. @param entries of its blobs */
  async write({ name, kind, bytes }: SealedPack, entries: readonly PackEntry[]): Promise<void> {
    await this.#remote.write(packKey(name), bytes, { sha256: name, hashed: true });
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

  /** Seal one pack after another: a hash on another thread takes a copy of the pack for as long as it lasts. */
  #seal(builder: PackBuilder): Promise<SealedPack> {
    const sealing = this.#sealed.then(async () => {
      const sealed = await builder.seal();
      return this.#isTaken(packKey(sealed.name)) ? builder.seal(randomBytes(SALT_BYTES)) : sealed;
    });
    this.#sealed = sealing.catch(() => undefined);
    return sealing;
  }

  async #write(builder: PackBuilder): Promise<void> {
    const sealed = await this.#seal(builder);
    await this.write(sealed, builder.entries);
    this.#spare.push(builder.release());
  }
}
