import { HASH_SEEDS } from '../hashing/hash-seeds.ts';

/** How often each of a bounded number of 64-bit values occurs. 24 bytes a value, or up to 48. */
export class Int64Table {
  /** Distinct values. */
  size = 0;
  readonly #limit: number;
  /** Open addressing, at most half full; a slot is free where its count is 0. */
  #words = new Int32Array(2 * 128);
  #counts = new Float64Array(128);
  #shift = 32 - 7;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * Adds rows of two words, each as often as `occurrences` says, up to the one whose value would be one too many. Gives the index
   * of that row, or `rows`. O(1) a row.
   */
  add(words: Int32Array, rows: number, occurrences: Float64Array): number {
    let keys = this.#words;
    let counts = this.#counts;
    let mask = counts.length - 1;
    let shift = this.#shift;
    for (let row = 0; row < rows; row++) {
      const low = words[2 * row]!;
      const high = words[2 * row + 1]!;
      let slot = slotOf(low, high, shift);
      while (counts[slot] !== 0 && (keys[2 * slot] !== low || keys[2 * slot + 1] !== high)) {
        slot = (slot + 1) & mask;
      }
      if (counts[slot] === 0) {
        if (this.size === this.#limit) return row;
        keys[2 * slot] = low;
        keys[2 * slot + 1] = high;
        this.size++;
      }
      counts[slot]! += occurrences[row]!;
      if (this.size * 2 > counts.length) {
        this.#grow();
        keys = this.#words;
        counts = this.#counts;
        mask = counts.length - 1;
        shift = this.#shift;
      }
    }
    return rows;
  }

  /** The values and how often each occurs, in no order that means anything. */
  entries(): { words: Int32Array; counts: Float64Array } {
    const words = new Int32Array(2 * this.size);
    const counts = new Float64Array(this.size);
    let entry = 0;
    for (let slot = 0; slot < this.#counts.length; slot++) {
      const count = this.#counts[slot]!;
      if (count === 0) continue;
      words[2 * entry] = this.#words[2 * slot]!;
      words[2 * entry + 1] = this.#words[2 * slot + 1]!;
      counts[entry++] = count;
    }
    return { words, counts };
  }

  #grow(): void {
    const { words, counts } = this.entries();
    const slots = this.#counts.length * 4;
    this.#shift -= 2;
    this.#words = new Int32Array(2 * slots);
    this.#counts = new Float64Array(slots);
    for (let entry = 0; entry < counts.length; entry++) {
      const low = words[2 * entry]!;
      const high = words[2 * entry + 1]!;
      let slot = slotOf(low, high, this.#shift);
      while (this.#counts[slot] !== 0) slot = (slot + 1) & (slots - 1);
      this.#words[2 * slot] = low;
      this.#words[2 * slot + 1] = high;
      this.#counts[slot] = counts[entry]!;
    }
  }
}

/** The upper bits of a product depend on all bits of its factors. */
function slotOf(low: number, high: number, shift: number): number {
  return ((Math.imul(low, HASH_SEEDS[0]) + Math.imul(high, HASH_SEEDS[1])) | 0) >>> shift;
}
