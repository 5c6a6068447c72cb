import { isUtf8 } from 'node:buffer';
import type bindings from '@duckdb/node-bindings';
import { identifier } from '../quote.ts';
import { CHUNK_ROWS } from './chunk.ts';
import type { Bindings } from './raw-chunk.ts';

type Vector = Parameters<typeof bindings.vector_get_data>[0];

/**
 * Values of one column on their way into the engine. They are laid out as the engine keeps them, so that a whole column moves by a few
 * calls: a call for each value costs more than its decoding.
 */
export interface ColumnBuilder {
  /** The engine's type. */
  readonly sql: string;
  readonly rows: number;
  addNull(): void;
  /** Writes all rows to a vector that has room for them, and forgets them. */
  moveTo(vector: Vector, engine: Bindings): void;
  clear(): void;
}

/** A column whose last value can be made a part of a row's hash, and which can hold more rows than one vector does. */
export interface HashedBuilder extends ColumnBuilder {
  hashLast(hash: number): number;
  /** Writes `count` rows from `start` on, a multiple of CHUNK_ROWS, to a vector that has room for them. Each row can be written once. */
  writeTo(vector: Vector, start: number, count: number, engine: Bindings): void;
}

/** Mix 32 bits into a hash: the multiplier is that of Fibonacci hashing (Knuth, The Art of Computer Programming 3, 6.4). */
function mixed(hash: number, word: number): number {
  const product = Math.imul(hash ^ word, 0x9e3779b1);
  return product ^ (product >>> 15);
}

/** Buffers beyond this many bytes are given back once they were used. */
const MAX_KEPT_BYTES = 1 << 20;

/** Which rows are not null: a bit a row, low bits first, in whole words of 64 bits. */
class Validity {
  #bits = new Uint8Array(CHUNK_ROWS / 8).fill(255);
  #hasNull = false;

  setNull(row: number): void {
    const byte = row >> 3;
    this.#reserve(byte + 1);
    this.#bits[byte]! &= ~(1 << (row & 7));
    this.#hasNull = true;
  }

  /** @param start a multiple of 64 */
  writeTo(vector: Vector, start: number, count: number, engine: Bindings): void {
    if (!this.#hasNull) return;
    const bytes = Math.ceil(count / 64) * 8;
    // The last rows may all be valid, and so lie behind what has been needed yet.
    this.#reserve(start / 8 + bytes);
    engine.vector_ensure_validity_writable(vector);
    engine.copy_data_to_vector_validity(vector, 0, this.#bits.buffer, start / 8, bytes);
  }

  #reserve(bytes: number): void {
    if (bytes <= this.#bits.length) return;
    const grown = new Uint8Array(Math.max(bytes, 2 * this.#bits.length)).fill(255);
    grown.set(this.#bits);
    this.#bits = grown;
  }

  clear(): void {
    if (!this.#hasNull) return;
    if (this.#bits.length > MAX_KEPT_BYTES) this.#bits = new Uint8Array(CHUNK_ROWS / 8);
    this.#bits.fill(255);
    this.#hasNull = false;
  }
}

/** Values of 32, 64 or 128 bits: numbers, times, decimals. */
export class WordsBuilder implements HashedBuilder {
  readonly sql: string;
  rows = 0;
  readonly #width: number;
  #words: Int32Array<ArrayBuffer>;
  #bytes: Uint8Array<ArrayBuffer>;
  readonly #validity = new Validity();

  /** @param width the 32-bit words of a value */
  constructor(sql: string, width: 1 | 2 | 4) {
    this.sql = sql;
    this.#width = width;
    this.#words = new Int32Array(16 * width);
    this.#bytes = new Uint8Array(this.#words.buffer);
  }

  add(word: number): void {
    if (this.rows === this.#words.length) this.#reserve(1);
    this.#words[this.rows++] = word;
  }

  add64(low: number, high: number): void {
    const at = 2 * this.rows++;
    if (at === this.#words.length) this.#reserve(0);
    this.#words[at] = low;
    this.#words[at + 1] = high;
  }

  add128(first: number, second: number, third: number, fourth: number): void {
    const at = 4 * this.rows++;
    if (at === this.#words.length) this.#reserve(0);
    this.#words[at] = first;
    this.#words[at + 1] = second;
    this.#words[at + 2] = third;
    this.#words[at + 3] = fourth;
  }

  /** Adds values whose bytes stand one behind the other, the low ones first. */
  addBytes(source: Buffer, start: number, count: number): void {
    this.#reserve(count);
    const bytes = this.#width * 4;
    const to = this.rows * bytes;
    if (count * bytes < 32)
      for (let at = 0; at < count * bytes; at++) this.#bytes[to + at] = source[start + at]!;
    else source.copy(this.#bytes, to, start, start + count * bytes);
    this.rows += count;
  }

  addNull(): void {
    this.#reserve(1);
    const at = this.rows * this.#width;
    // Or hashes would depend on what was there before.
    for (let word = 0; word < this.#width; word++) this.#words[at + word] = 0;
    this.#validity.setNull(this.rows++);
  }

  hashLast(hash: number): number {
    let now = hash;
    const end = this.rows * this.#width;
    for (let at = end - this.#width; at < end; at++) now = mixed(now, this.#words[at]!);
    return now;
  }

  moveTo(vector: Vector, engine: Bindings): void {
    this.writeTo(vector, 0, this.rows, engine);
    this.clear();
  }

  writeTo(vector: Vector, start: number, count: number, engine: Bindings): void {
    const { buffer } = this.#words;
    const bytes = 4 * this.#width;
    if (count > 0) engine.copy_data_to_vector(vector, 0, buffer, bytes * start, bytes * count);
    this.#validity.writeTo(vector, start, count, engine);
  }

  clear(): void {
    this.rows = 0;
    if (this.#bytes.length > MAX_KEPT_BYTES) this.#keep(new Int32Array(16 * this.#width));
    this.#validity.clear();
  }

  /** Makes room for more rows than those that are counted. */
  #reserve(more: number): void {
    const wanted = (this.rows + more) * this.#width;
    if (wanted <= this.#words.length) return;
    const grown = new Int32Array(Math.max(wanted, 2 * this.#words.length));
    grown.set(this.#words);
    this.#keep(grown);
  }

  #keep(words: Int32Array<ArrayBuffer>): void {
    this.#words = words;
    this.#bytes = new Uint8Array(words.buffer);
  }
}

/** Truth values: a byte each. */
export class BooleanBuilder implements HashedBuilder {
  readonly sql = 'BOOLEAN';
  rows = 0;
  #bytes = new Uint8Array(64);
  readonly #validity = new Validity();

  add(value: boolean): void {
    if (this.rows === this.#bytes.length) {
      const grown = new Uint8Array(2 * this.rows);
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    this.#bytes[this.rows++] = value ? 1 : 0;
  }

  addNull(): void {
    this.#validity.setNull(this.rows);
    this.add(false);
  }

  hashLast(hash: number): number {
    return mixed(hash, this.#bytes[this.rows - 1]!);
  }

  moveTo(vector: Vector, engine: Bindings): void {
    this.writeTo(vector, 0, this.rows, engine);
    this.clear();
  }

  writeTo(vector: Vector, start: number, count: number, engine: Bindings): void {
    if (count > 0) engine.copy_data_to_vector(vector, 0, this.#bytes.buffer, start, count);
    this.#validity.writeTo(vector, start, count, engine);
  }

  clear(): void {
    this.rows = 0;
    if (this.#bytes.length > MAX_KEPT_BYTES) this.#bytes = new Uint8Array(64);
    this.#validity.clear();
  }
}

/** The longest text, in bytes, that the engine keeps in place of a pointer. */
const MAX_INLINE_BYTES = 12;
/** From this length on, calls of the system beat a loop. */
const LONG_BYTES = 48;
/** Of a text that is longer, these last bytes tell it from others. */
const HASHED_BYTES = 64;

/**
 * Texts or bytes. The engine has a row of 16 bytes for each: its length, then the bytes themselves or four of them and a pointer. All that
 * need a pointer are given to it as one text, into which the others point.
 */
export class TextBuilder implements HashedBuilder {
  readonly sql: 'VARCHAR' | 'BLOB';
  rows = 0;
  /** Whether all values since the last `clear` were UTF-8. */
  isUtf8 = true;
  #slots = new Int32Array(4 * 16);
  #slotBytes = new Uint8Array(this.#slots.buffer);
  #heap = Buffer.allocUnsafe(1024);
  #heapSize = 0;
  readonly #validity = new Validity();

  constructor(sql: 'VARCHAR' | 'BLOB') {
    this.sql = sql;
  }

  add(source: Buffer, start: number, end: number): void {
    const length = end - start;
    const at = 4 * this.rows;
    if (at === this.#slots.length) this.#reserveSlot();
    this.#slots[at] = length;
    if (length <= MAX_INLINE_BYTES) {
      this.#slots[at + 1] = 0;
      this.#slots[at + 2] = 0;
      this.#slots[at + 3] = 0;
      this.#copy(source, start, end, this.#slotBytes, 4 * at + 4);
    } else {
      const place = this.#heapSize;
      this.#reserveHeap(length);
      this.#copy(source, start, end, this.#heap, place);
      this.#slots[at + 1] = this.#heap.readInt32LE(place);
      this.#slots[at + 2] = place;
      this.#slots[at + 3] = 0;
    }
    this.rows++;
  }

  /** Takes back the last value, which is not null. */
  dropLast(): void {
    const length = this.#slots[4 * --this.rows]!;
    if (length > MAX_INLINE_BYTES) this.#heapSize -= length;
  }

  /** Of a long text, by its length, its first bytes and its last ones. */
  hashLast(hash: number): number {
    const at = 4 * (this.rows - 1);
    const length = this.#slots[at]!;
    let now = mixed(mixed(hash, length), this.#slots[at + 1]!);
    if (length <= MAX_INLINE_BYTES) return mixed(mixed(now, this.#slots[at + 2]!), this.#slots[at + 3]!);
    for (let byte = this.#heapSize - Math.min(length, HASHED_BYTES); byte < this.#heapSize; byte++)
      now = mixed(now, this.#heap[byte]!);
    return now;
  }

  addText(text: string): void {
    const bytes = Buffer.from(text);
    this.add(bytes, 0, bytes.length);
  }

  addNull(): void {
    if (4 * this.rows === this.#slots.length) this.#reserveSlot();
    this.#slots.fill(0, 4 * this.rows, 4 * this.rows + 4);
    this.#validity.setNull(this.rows++);
  }

  moveTo(vector: Vector, engine: Bindings): void {
    this.writeTo(vector, 0, this.rows, engine);
    this.clear();
  }

  writeTo(vector: Vector, start: number, count: number, engine: Bindings): void {
    const long = this.#longTexts(start, start + count);
    if (long !== undefined) {
      engine.vector_assign_string_element_len(vector, 0, this.#heap.subarray(long.start, long.end));
      const first = Buffer.from(engine.vector_get_data(vector, 16));
      this.#pointInto(start, start + count, long.start, first.readUInt32LE(8), first.readUInt32LE(12));
    }
    const { buffer } = this.#slots;
    if (count > 0) engine.copy_data_to_vector(vector, 0, buffer, 16 * start, 16 * count);
    this.#validity.writeTo(vector, start, count, engine);
  }

  clear(): void {
    this.rows = 0;
    this.isUtf8 = true;
    this.#heapSize = 0;
    if (this.#heap.length > MAX_KEPT_BYTES) this.#heap = Buffer.allocUnsafe(1024);
    if (this.#slotBytes.length > MAX_KEPT_BYTES) this.#keep(new Int32Array(4 * 16));
    this.#validity.clear();
  }

  /** Copies bytes, and notes whether they are UTF-8: ASCII is told on the way. */
  #copy(source: Buffer, start: number, end: number, target: Uint8Array, to: number): void {
    if (end - start >= LONG_BYTES) {
      source.copy(target, to, start, end);
      if (this.isUtf8) this.isUtf8 = isUtf8(source.subarray(start, end));
      return;
    }
    let high = 0;
    for (let at = start, place = to; at < end; at++, place++) {
      const byte = source[at]!;
      high |= byte;
      target[place] = byte;
    }
    if (high > 127 && this.isUtf8) this.isUtf8 = isUtf8(source.subarray(start, end));
  }

  /** Where the texts of rows that need a pointer lie, which is side by side; undefined if none does. */
  #longTexts(from: number, to: number): { readonly start: number; readonly end: number } | undefined {
    let first = from;
    while (first < to && this.#slots[4 * first]! <= MAX_INLINE_BYTES) first++;
    if (first === to) return undefined;
    let last = to - 1;
    while (this.#slots[4 * last]! <= MAX_INLINE_BYTES) last--;
    return { start: this.#slots[4 * first + 2]!, end: this.#slots[4 * last + 2]! + this.#slots[4 * last]! };
  }

  /**
   * Replace places by addresses.
   * @param low half of the address of the place `start`, and `high`: it is below 2^48, so that a sum needs one carry
   */
  #pointInto(from: number, to: number, start: number, low: number, high: number): void {
    for (let at = 4 * from; at < 4 * to; at += 4) {
      if (this.#slots[at]! <= MAX_INLINE_BYTES) continue;
      const sum = low + this.#slots[at + 2]! - start;
      this.#slots[at + 2] = sum | 0;
      this.#slots[at + 3] = sum > 0xffffffff ? high + 1 : high;
    }
  }

  #reserveSlot(): void {
    const grown = new Int32Array(2 * this.#slots.length);
    grown.set(this.#slots);
    this.#keep(grown);
  }

  #keep(slots: Int32Array<ArrayBuffer>): void {
    this.#slots = slots;
    this.#slotBytes = new Uint8Array(slots.buffer);
  }

  #reserveHeap(bytes: number): void {
    this.#heapSize += bytes;
    if (this.#heapSize <= this.#heap.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.#heapSize, 2 * this.#heap.length));
    this.#heap.copy(grown, 0, 0, this.#heapSize - bytes);
    this.#heap = grown;
  }
}

/** Columns of values that are not made of others. */
export type ValueBuilder = WordsBuilder | BooleanBuilder | TextBuilder;

/** Lists: add elements to the child, then say how many of them are the next row's. */
export class ListBuilder<Child extends ColumnBuilder = ColumnBuilder> implements ColumnBuilder {
  readonly child: Child;
  rows = 0;
  #entries = new Int32Array(4 * 16);
  readonly #validity = new Validity();

  constructor(child: Child) {
    this.child = child;
  }

  get sql(): string {
    return `${this.child.sql}[]`;
  }

  /** Ends a row, whose elements are the last `count` of the child. */
  add(count: number): void {
    const at = this.#nextEntry();
    this.#entries[at] = this.child.rows - count;
    this.#entries[at + 2] = count;
  }

  addNull(): void {
    this.#validity.setNull(this.rows);
    const at = this.#nextEntry();
    this.#entries[at] = 0;
    this.#entries[at + 2] = 0;
  }

  moveTo(vector: Vector, engine: Bindings): void {
    const { buffer } = this.#entries;
    engine.list_vector_reserve(vector, this.child.rows);
    engine.list_vector_set_size(vector, this.child.rows);
    if (this.rows > 0) engine.copy_data_to_vector(vector, 0, buffer, 0, 16 * this.rows);
    this.#validity.writeTo(vector, 0, this.rows, engine);
    this.child.moveTo(engine.list_vector_get_child(vector), engine);
    this.clear();
  }

  clear(): void {
    this.rows = 0;
    this.child.clear();
    if (4 * this.#entries.length > MAX_KEPT_BYTES) this.#entries = new Int32Array(4 * 16);
    this.#validity.clear();
  }

  #nextEntry(): number {
    const at = 4 * this.rows++;
    if (at === this.#entries.length) {
      const grown = new Int32Array(2 * at);
      grown.set(this.#entries);
      this.#entries = grown;
    }
    return at;
  }
}

/** Structs: add a value to each field, then end the row. The last rows of a field may be left out, and are null. */
export class StructBuilder implements ColumnBuilder {
  readonly fields: readonly { readonly name: string; readonly column: ColumnBuilder }[];
  rows = 0;
  readonly #validity = new Validity();

  /** @param fields at least one: the engine has no struct without */
  constructor(fields: readonly { readonly name: string; readonly column: ColumnBuilder }[]) {
    this.fields = fields;
  }

  get sql(): string {
    return `STRUCT(${this.fields.map(({ name, column }) => `${identifier(name)} ${column.sql}`).join(', ')})`;
  }

  add(): void {
    this.rows++;
  }

  addNull(): void {
    for (const { column } of this.fields) column.addNull();
    this.#validity.setNull(this.rows++);
  }

  moveTo(vector: Vector, engine: Bindings): void {
    this.#validity.writeTo(vector, 0, this.rows, engine);
    for (const [index, { column }] of this.fields.entries()) {
      while (column.rows < this.rows) column.addNull();
      column.moveTo(engine.struct_vector_get_child(vector, index), engine);
    }
    this.clear();
  }

  clear(): void {
    this.rows = 0;
    for (const { column } of this.fields) column.clear();
    this.#validity.clear();
  }
}
