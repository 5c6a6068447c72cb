import { CHUNK_ROWS, type Chunk } from '../../engine/chunks/chunk.ts';
import type { Accumulator } from '../accumulators/accumulator.ts';
import type { Int64Hash } from '../hashing/int64-hash.ts';
import { SketchBuilder } from '../hashing/sketch-builder.ts';
import { type Counter, type LeafCounts, MAX_HEAVY_VALUES, MAX_TABLE_VALUES, ONCE_EACH } from './counter.ts';
import { HashPartitions, type HeavyPartitions, withoutHeavy } from './hash-partitions.ts';
import { Int64Table } from './int64-table.ts';
import { topHeavyValues, topValues } from './top-values.ts';

/** How the values of a column of up to 64 bits are read, hashed, accumulated and written as text. */
export interface FixedWidthColumn {
  /**
   * Copies the words of the rows that count (not null) to the front of `into`, and their `occurrences` to the front of that
   * array. Returns how many they are.
   */
  readonly read: (chunk: Chunk, column: number, into: Int32Array, occurrences: Float64Array) => number;
  readonly hash: Int64Hash;
  readonly text: (low: number, high: number) => string;
  /** Absent for types that have no statistics beyond their values. */
  readonly accumulator?: Accumulator;
}

/** Rows are counted in blocks, so that the tables of one column stay in the processor's cache for all of them. */
const BLOCK_ROWS = 4 * CHUNK_ROWS;

/** Scratch buffer of hash halves, shared by all counters of this thread; valid until the next call. */
let upperHalves = new Int32Array(BLOCK_ROWS);

/**
 * Counts values of up to 64 bits. While they fit, a table counts them, and statistics are taken from the table at the end;
 * once they are too many, hash partitions and the accumulator take each row.
 */
export class FixedWidthCounter implements Counter {
  readonly #column: FixedWidthColumn;
  /** Room for the rows of a block; for those of the only chunk, where a table of many columns has few rows. */
  #words = new Int32Array(0);
  #occurrences = new Float64Array(0);
  /** Whether all occurrences are ones, as they are for columns that the engine did not group. */
  #once = true;
  #waiting = 0;
  #table = new Int64Table(MAX_TABLE_VALUES);
  #partitions: HashPartitions | undefined;
  #heavy: HeavyPartitions | undefined;
  #count = 0;

  constructor(column: FixedWidthColumn) {
    this.#column = column;
  }

  add(chunk: Chunk, column: number, occurrences: Float64Array): void {
    this.#makeRoom(chunk.rows);
    const words = this.#words.subarray(2 * this.#waiting);
    const each = this.#occurrences.subarray(this.#waiting);
    if (occurrences !== ONCE_EACH) this.#once = false;
    if (!this.#once) each.set(occurrences.subarray(0, chunk.rows));
    this.#waiting += this.#column.read(chunk, column, words, each);
  }

  startSecondPass(): boolean {
    this.#addBlock();
    if (this.#partitions === undefined || this.#heavy !== undefined) return false;
    this.#heavy = this.#partitions.heavy();
    this.#table = new Int64Table(MAX_HEAVY_VALUES);
    return this.#heavy.hasAny;
  }

  result(): LeafCounts {
    this.#addBlock();
    const { accumulator, text } = this.#column;
    const { words, counts } = this.#table.entries();
    const counted = {
      counts,
      text: (entry: number) => text(words[2 * entry]!, words[2 * entry + 1]!),
    };
    if (this.#partitions !== undefined) {
      const values = topHeavyValues(this.#heavy!.maxElsewhere, counted);
      return {
        count: this.#count,
        ...accumulator?.stats(),
        values,
        distinct: this.#partitions.sketch.sketch(),
      };
    }
    accumulator?.add(words, counts.length, counts);
    const distinct = this.#sketchOf(words, counts.length);
    return { count: this.#count, ...accumulator?.stats(), values: topValues(counted), distinct };
  }

  #makeRoom(rows: number): void {
    if (this.#waiting + rows <= this.#occurrences.length) return;
    const isFirst = this.#occurrences.length === 0;
    this.#addBlock();
    if (rows <= this.#occurrences.length && this.#occurrences.length === BLOCK_ROWS) return;
    const room = isFirst ? rows : BLOCK_ROWS;
    this.#words = new Int32Array(2 * room);
    this.#occurrences = new Float64Array(room).fill(1);
  }

  #addBlock(): void {
    const rows = this.#waiting;
    this.#waiting = 0;
    if (this.#heavy !== undefined) this.#addHeavyRows(this.#heavy, rows);
    else {
      if (this.#once) this.#count += rows;
      else for (let row = 0; row < rows; row++) this.#count += this.#occurrences[row]!;
      if (this.#partitions === undefined) this.#addToTable(rows);
      else this.#addToPartitions(this.#partitions, this.#words, rows, this.#occurrences);
    }
  }

  #addToTable(rows: number): void {
    const added = this.#table.add(this.#words, rows, this.#occurrences);
    if (added === rows) return;
    const { words, counts } = this.#table.entries();
    this.#partitions = new HashPartitions();
    this.#addToPartitions(this.#partitions, words, counts.length, counts);
    this.#addToPartitions(
      this.#partitions,
      this.#words.subarray(2 * added),
      rows - added,
      this.#occurrences.subarray(added),
    );
  }

  #addToPartitions(
    partitions: HashPartitions,
    words: Int32Array,
    rows: number,
    occurrences: Float64Array,
  ): void {
    this.#column.accumulator?.add(words, rows, occurrences);
    const upper = this.#hashed(words, rows);
    partitions.add(upper, rows, occurrences, (row) => this.#column.hash.lower(words, row));
  }

  #addHeavyRows(heavy: HeavyPartitions, rows: number): void {
    const upper = this.#hashed(this.#words, rows);
    let kept = 0;
    for (let row = 0; row < rows; row++) {
      if (heavy.isHeavy[upper[row]! >>> 16] === 0) continue;
      this.#words[2 * kept] = this.#words[2 * row]!;
      this.#words[2 * kept + 1] = this.#words[2 * row + 1]!;
      this.#occurrences[kept++] = this.#occurrences[row]!;
    }
    if (this.#table.add(this.#words, kept, this.#occurrences) === kept) return;
    this.#heavy = withoutHeavy(heavy);
    this.#table = new Int64Table(0);
  }

  /** Hashes the words of `rows` rows. The result is valid until the next call. */
  #hashed(words: Int32Array, rows: number): Int32Array {
    if (upperHalves.length < rows) upperHalves = new Int32Array(rows);
    this.#column.hash.upper(words, rows, upperHalves);
    return upperHalves;
  }

  #sketchOf(words: Int32Array, rows: number) {
    const sketch = new SketchBuilder();
    sketch.offerAll(this.#hashed(words, rows), rows, (row) => this.#column.hash.lower(words, row));
    return sketch.sketch();
  }
}
