import type { ThetaSketch } from '../model/model.ts';
import { hash48 } from './hash.ts';
import { HASH_SEEDS } from './hash-seeds.ts';
import { HASH_END, SKETCH_SIZE, sketchOf } from './sketch.ts';

/** Twice what a sketch keeps, so that the smallest are sorted out seldom. */
const MAX_HASHES = 2 * SKETCH_SIZE;

/** Gathers the smallest distinct hashes, in any order, however often each comes. Memory is bounded. */
export class SketchBuilder {
  /** Every hash at or above it is of no interest. */
  theta = HASH_END;
  #size = 0;
  /** Open addressing; each hash is kept plus one, so that 0 is a free slot. */
  #slots = new Float64Array(64);

  offer(hash: number): void {
    if (hash >= this.theta) return;
    let slot = this.#slotOf(hash);
    const key = hash + 1;
    const mask = this.#slots.length - 1;
    while (this.#slots[slot] !== 0) {
      if (this.#slots[slot] === key) return;
      slot = (slot + 1) & mask;
    }
    this.#slots[slot] = key;
    this.#size++;
    if (this.#size > MAX_HASHES) this.#keepSmallest();
    else if (this.#size * 2 > this.#slots.length) this.#refill(this.#hashes(), this.#slots.length * 2);
  }

  /**
   * Offers hashes by their upper halves, `lower` giving the other half of those that may count. The first of many are not
   * put in one by one: those below a bound that a few more than enough should meet are sorted.
   */
  offerAll(upper: Int32Array, rows: number, lower: (row: number) => number): void {
    if (this.#size === 0 && rows > MAX_HASHES && this.#takeSmallest(upper, rows, lower)) return;
    let end = this.theta / 65536;
    for (let row = 0; row < rows; row++) {
      const hash = upper[row]! >>> 0;
      if (hash >= end) continue;
      this.offer(hash48(hash, lower(row)));
      end = this.theta / 65536;
    }
  }

  #takeSmallest(upper: Int32Array, rows: number, lower: (row: number) => number): boolean {
    const end = (2 ** 32 * SKETCH_SIZE * 1.25) / rows;
    const found = new Float64Array(rows);
    let few = 0;
    for (let row = 0; row < rows; row++) {
      if (upper[row]! >>> 0 < end) found[few++] = hash48(upper[row]!, lower(row));
    }
    const sorted = found.subarray(0, few).sort();
    let distinct = 0;
    for (let index = 0; index < few; index++) {
      if (index === 0 || sorted[index] !== sorted[distinct - 1]) sorted[distinct++] = sorted[index]!;
    }
    if (distinct <= SKETCH_SIZE) return false;
    this.theta = sorted[SKETCH_SIZE]!;
    this.#refill(sorted.subarray(0, SKETCH_SIZE), 4 * SKETCH_SIZE);
    return true;
  }

  sketch(): ThetaSketch {
    return sketchOf(this.#hashes().sort(), this.theta);
  }

  #slotOf(hash: number): number {
    return (Math.imul(hash | 0, HASH_SEEDS[0]) >>> 7) & (this.#slots.length - 1);
  }

  #hashes(): Float64Array {
    const hashes = new Float64Array(this.#size);
    let found = 0;
    for (let slot = 0; slot < this.#slots.length; slot++) {
      if (this.#slots[slot] !== 0) hashes[found++] = this.#slots[slot]! - 1;
    }
    return hashes;
  }

  #keepSmallest(): void {
    const sorted = this.#hashes().sort();
    this.theta = sorted[SKETCH_SIZE]!;
    this.#refill(sorted.subarray(0, SKETCH_SIZE), this.#slots.length);
  }

  #refill(hashes: Float64Array, slots: number): void {
    this.#slots = new Float64Array(slots);
    const mask = slots - 1;
    for (const hash of hashes) {
      let slot = this.#slotOf(hash);
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = hash + 1;
    }
    this.#size = hashes.length;
  }
}
