import type { TextRows } from '../../engine/chunks/text-rows.ts';
import { lastBytes, lowerOfBytes, upperOfBytes } from '../hashing/hash.ts';
import { HASH_SEEDS } from '../hashing/hash-seeds.ts';

/** Of longer texts the first bytes are kept: 257 code points have no more. */
export const KEPT_BYTES = 1028;

/** What a table keeps of all its texts together, at most. */
const ARENA_BYTES = 8 * 2 ** 20;

/** 32-bit fields of an entry. */
const FIELDS = 6;
const [start, length, mixed, upper, lower, points] = [0, 1, 2, 3, 4, 5] as const;

/** A text of a table, by what is kept of it. */
export interface TextEntries {
  readonly size: number;
  readonly counts: Float64Array;
  readonly upper: Int32Array;
  readonly lower: Int32Array;
  /** How long each is, in the unit of the column: code points or bytes. */
  readonly lengths: Int32Array;
  /** The beginning of a text: all of it, or more of it than is ever shown. */
  bytes(entry: number): Uint8Array;
}

/**
 * How often each of a bounded number of texts occurs. Texts are compared byte by byte up to 1,028 bytes; longer ones by
 * that beginning, their length and 64 bits of hash.
 */
export class TextTable {
  size = 0;
  readonly #limit: number;
  readonly #lengthOf: (view: DataView, start: number, length: number) => number;
  /** Open addressing, at most half full: an entry plus one, or 0. */
  #slots = new Int32Array(128);
  #shift = 32 - 7;
  #entries = new Int32Array(64 * FIELDS);
  #counts = new Float64Array(64);
  #arena = new Uint8Array(4096);
  #view = new DataView(this.#arena.buffer);
  #used = 0;

  constructor(limit: number, lengthOf: (view: DataView, start: number, length: number) => number) {
    this.#limit = limit;
    this.#lengthOf = lengthOf;
  }

  /** Adds rows from `from` on, up to the one that is one too many. Gives the index of that row, or `rows.rows`. */
  add(rows: TextRows, occurrences: Float64Array): number {
    for (let row = 0; row < rows.rows; row++) {
      const at = rows.starts[row]!;
      const bytes = rows.lengths[row]!;
      const mix = mixBytes(rows.view, at, bytes);
      let slot = mix >>> this.#shift;
      let entry = this.#slots[slot]! - 1;
      while (entry >= 0 && !this.#is(entry, rows, at, bytes, mix)) {
        slot = (slot + 1) & (this.#slots.length - 1);
        entry = this.#slots[slot]! - 1;
      }
      if (entry < 0) {
        if (this.size === this.#limit || this.#used + Math.min(bytes, KEPT_BYTES) > ARENA_BYTES) return row;
        entry = this.#insert(rows, at, bytes, mix, slot);
      }
      this.#counts[entry]! += occurrences[row]!;
    }
    return rows.rows;
  }

  entries(): TextEntries {
    const field = (index: number) => {
      const column = new Int32Array(this.size);
      for (let entry = 0; entry < this.size; entry++) column[entry] = this.#entries[entry * FIELDS + index]!;
      return column;
    };
    return {
      size: this.size,
      counts: this.#counts.subarray(0, this.size),
      upper: field(upper),
      lower: field(lower),
      lengths: field(points),
      bytes: (entry) => {
        const at = this.#entries[entry * FIELDS + start]!;
        return this.#arena.subarray(at, at + Math.min(this.#entries[entry * FIELDS + length]!, KEPT_BYTES));
      },
    };
  }

  #is(entry: number, rows: TextRows, at: number, bytes: number, mix: number): boolean {
    const base = entry * FIELDS;
    const known = this.#entries;
    if (known[base + mixed] !== mix || known[base + length] !== bytes) return false;
    if (!sameBytes(this.#view, known[base + start]!, rows.view, at, Math.min(bytes, KEPT_BYTES)))
      return false;
    return (
      bytes <= KEPT_BYTES ||
      (known[base + upper] === upperOfBytes(rows.view, at, bytes) &&
        known[base + lower] === lowerOfBytes(rows.view, at, bytes))
    );
  }

  #insert(rows: TextRows, at: number, bytes: number, mix: number, slot: number): number {
    const entry = this.size++;
    if (this.size > this.#counts.length) this.#growEntries();
    const kept = Math.min(bytes, KEPT_BYTES);
    if (this.#used + kept > this.#arena.length) this.#growArena();
    this.#arena.set(rows.bytes.subarray(at, at + kept), this.#used);
    const base = entry * FIELDS;
    this.#entries[base + start] = this.#used;
    this.#entries[base + length] = bytes;
    this.#entries[base + mixed] = mix;
    this.#entries[base + upper] = upperOfBytes(rows.view, at, bytes);
    this.#entries[base + lower] = lowerOfBytes(rows.view, at, bytes);
    this.#entries[base + points] = this.#lengthOf(rows.view, at, bytes);
    this.#used += kept;
    this.#slots[slot] = entry + 1;
    if (this.size * 2 > this.#slots.length) this.#growSlots();
    return entry;
  }

  #growEntries(): void {
    const entries = new Int32Array(this.#entries.length * 2);
    entries.set(this.#entries);
    this.#entries = entries;
    const counts = new Float64Array(this.#counts.length * 2);
    counts.set(this.#counts);
    this.#counts = counts;
  }

  #growArena(): void {
    const arena = new Uint8Array(this.#arena.length * 2);
    arena.set(this.#arena);
    this.#arena = arena;
    this.#view = new DataView(arena.buffer);
  }

  #growSlots(): void {
    const slots = new Int32Array(this.#slots.length * 4);
    this.#shift -= 2;
    for (let entry = 0; entry < this.size; entry++) {
      let slot = this.#entries[entry * FIELDS + mixed]! >>> this.#shift;
      while (slots[slot] !== 0) slot = (slot + 1) & (slots.length - 1);
      slots[slot] = entry + 1;
    }
    this.#slots = slots;
  }
}

function sameBytes(a: DataView, atA: number, b: DataView, atB: number, length: number): boolean {
  const words = length & ~3;
  for (let index = 0; index < words; index += 4) {
    if (a.getInt32(atA + index, true) !== b.getInt32(atB + index, true)) return false;
  }
  for (let index = words; index < length; index++) {
    if (a.getUint8(atA + index) !== b.getUint8(atB + index)) return false;
  }
  return true;
}

/** Of this process only: it is cheaper than the format's hash, and nobody can foresee it. */
function mixBytes(view: DataView, at: number, bytes: number): number {
  let mix = bytes;
  const end = at + (bytes & ~3);
  for (let word = at; word < end; word += 4) {
    mix = Math.imul(mix ^ view.getInt32(word, true), HASH_SEEDS[0]);
    mix ^= mix >>> 15;
  }
  const rest = lastBytes(view, end, bytes & 3);
  return Math.imul(Math.imul(mix ^ rest, HASH_SEEDS[1]) ^ (mix >>> 13), HASH_SEEDS[2]);
}
