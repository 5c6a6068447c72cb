import { type Chunk, chunkRows } from '../../engine/chunks/chunk.ts';
import type { WordHash } from '../hashing/int64-hash.ts';
import { SketchBuilder } from '../hashing/sketch-builder.ts';
import type { Measure } from '../measures/measure.ts';
import { heavyLimit, onceEach, type Tallied, type Tally, tableLimit } from './counter.ts';
import { Crowd, type Heavy, noneHeavy } from './hash-partitions.ts';
import { WordTable } from './int64-table.ts';
import { heavierThan, heaviestOf } from './top-values.ts';

/** How values of up to 64 bits are read, hashed, measured and written. */
export interface WordLane {
  /** Copies the values that count into `into`, and how often each row counts into `times`; gives how many. */
  readonly read: (chunk: Chunk, column: number, into: Int32Array, times: Float64Array) => number;
  readonly hash: WordHash;
  readonly text: (low: number, high: number) => string;
  /** None for types of which only values are counted. */
  readonly measure?: Measure;
}

/** Rows that wait to be counted together, so that the memory of one column's counters is at hand for all of them. */
const blockRows = 4 * chunkRows;

/** Of the rows at hand, whichever tally they are of. */
let upperHalves = new Int32Array(blockRows);

/**
 * Tallies values of up to 64 bits: first value by value in a table, from which all else follows in the end; when they are
 * too many for that, row by row.
 */
export class WordTally implements Tally {
  readonly #lane: WordLane;
  readonly #words = new Int32Array(2 * blockRows);
  readonly #times = new Float64Array(blockRows).fill(1);
  /** Whether all of these are ones: most columns are never grouped. */
  #once = true;
  #waiting = 0;
  #table = new WordTable(tableLimit);
  #crowd: Crowd | undefined;
  #heavy: Heavy | undefined;
  #count = 0;

  constructor(lane: WordLane) {
    this.#lane = lane;
  }

  add(chunk: Chunk, column: number, times: Float64Array): void {
    if (this.#waiting + chunk.rows > blockRows) this.#addBlock();
    const words = this.#words.subarray(2 * this.#waiting);
    const each = this.#times.subarray(this.#waiting);
    if (times !== onceEach) this.#once = false;
    if (!this.#once) each.set(times.subarray(0, chunk.rows));
    this.#waiting += this.#lane.read(chunk, column, words, each);
  }

  wantsMore(): boolean {
    this.#addBlock();
    if (this.#crowd === undefined || this.#heavy !== undefined) return false;
    this.#heavy = this.#crowd.heavy();
    this.#table = new WordTable(heavyLimit);
    return this.#heavy.some;
  }

  tallied(): Tallied {
    this.#addBlock();
    const { measure, text } = this.#lane;
    const { words, counts } = this.#table.entries();
    const counted = {
      counts,
      cut: false,
      text: (entry: number) => text(words[2 * entry]!, words[2 * entry + 1]!),
    };
    if (this.#crowd !== undefined) {
      const values = heavierThan(this.#heavy!.unlisted, counted);
      return { count: this.#count, ...measure?.measured(), values, distinct: this.#crowd.sketch.sketch() };
    }
    measure?.add(words, counts.length, counts);
    const distinct = this.#sketchOf(words, counts.length);
    return { count: this.#count, ...measure?.measured(), values: heaviestOf(counted), distinct };
  }

  #addBlock(): void {
    const rows = this.#waiting;
    this.#waiting = 0;
    if (this.#heavy !== undefined) this.#addHeavy(this.#heavy, rows);
    else {
      if (this.#once) this.#count += rows;
      else for (let row = 0; row < rows; row++) this.#count += this.#times[row]!;
      if (this.#crowd === undefined) this.#addTable(rows);
      else this.#addCrowd(this.#crowd, this.#words, rows, this.#times);
    }
  }

  #addTable(rows: number): void {
    const added = this.#table.add(this.#words, rows, this.#times);
    if (added === rows) return;
    const { words, counts } = this.#table.entries();
    this.#crowd = new Crowd();
    this.#addCrowd(this.#crowd, words, counts.length, counts);
    this.#addCrowd(this.#crowd, this.#words.subarray(2 * added), rows - added, this.#times.subarray(added));
  }

  #addCrowd(crowd: Crowd, words: Int32Array, rows: number, times: Float64Array): void {
    this.#lane.measure?.add(words, rows, times);
    const upper = this.#hashed(words, rows);
    crowd.add(upper, rows, times, (row) => this.#lane.hash.lower(words, row));
  }

  #addHeavy(heavy: Heavy, rows: number): void {
    const upper = this.#hashed(this.#words, rows);
    let kept = 0;
    for (let row = 0; row < rows; row++) {
      if (heavy.chosen[upper[row]! >>> 16] === 0) continue;
      this.#words[2 * kept] = this.#words[2 * row]!;
      this.#words[2 * kept + 1] = this.#words[2 * row + 1]!;
      this.#times[kept++] = this.#times[row]!;
    }
    if (this.#table.add(this.#words, kept, this.#times) === kept) return;
    this.#heavy = noneHeavy(heavy);
    this.#table = new WordTable(0);
  }

  /** Valid until the next call. */
  #hashed(words: Int32Array, rows: number): Int32Array {
    if (upperHalves.length < rows) upperHalves = new Int32Array(rows);
    this.#lane.hash.upper(words, rows, upperHalves);
    return upperHalves;
  }

  #sketchOf(words: Int32Array, rows: number) {
    const sketch = new SketchBuilder();
    sketch.offerAll(this.#hashed(words, rows), rows, (row) => this.#lane.hash.lower(words, row));
    return sketch.sketch();
  }
}
