import { compareDigests, DIGEST_BYTES, digestAt, type RawDigest } from '../format/digest.ts';

/** A set of digests in about 64 bytes each: open addressing, the digest's own first bytes as hash. */
export class DigestSet {
  #slots = new Uint8Array(1024 * DIGEST_BYTES);
  #used = new Uint8Array(1024);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  has(digest: RawDigest): boolean {
    return this.#used[this.#slotOf(digest)] === 1;
  }

  /** @returns whether it was new */
  add(digest: RawDigest): boolean {
    if (this.#size * 2 >= this.#used.length) this.#grow();
    const slot = this.#slotOf(digest);
    if (this.#used[slot] === 1) return false;
    this.#used[slot] = 1;
    this.#slots.set(digest, slot * DIGEST_BYTES);
    this.#size += 1;
    return true;
  }

  /** Find the slot where the digest is or would be. */
  #slotOf(digest: RawDigest): number {
    const mask = this.#used.length - 1;
    let slot = (digest[0]! | (digest[1]! << 8) | (digest[2]! << 16) | (digest[3]! << 24)) & mask;
    while (this.#used[slot] === 1 && compareDigests(this.#slots, slot * DIGEST_BYTES, digest, 0) !== 0) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  #grow(): void {
    const slots = this.#slots;
    const used = this.#used;
    this.#slots = new Uint8Array(slots.length * 2);
    this.#used = new Uint8Array(used.length * 2);
    for (let old = 0; old < used.length; old++) {
      if (used[old] === 0) continue;
      const digest = digestAt(slots, old);
      const slot = this.#slotOf(digest);
      this.#used[slot] = 1;
      this.#slots.set(digest, slot * DIGEST_BYTES);
    }
  }
}
