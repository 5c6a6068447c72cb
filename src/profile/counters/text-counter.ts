import { type Chunk, chunkRows } from '../../engine/chunks/chunk.ts';
import type { TextRows } from '../../engine/chunks/text-rows.ts';
import { lowerOfBytes, upperOfBytes } from '../hashing/hash.ts';
import { SketchBuilder } from '../hashing/sketch-builder.ts';
import { LengthMeasure } from '../measures/length-measure.ts';
import type { LengthStats } from '../model/model.ts';
import { heavyLimit, type Tallied, type Tally, tableLimit } from './counter.ts';
import { Crowd, type Heavy, noneHeavy } from './hash-partitions.ts';
import { TextTable } from './text-table.ts';
import { heavierThan, heaviestOf } from './top-values.ts';

/** How texts are measured and shown. */
export interface TextLane {
  readonly lengthOf: (view: DataView, start: number, length: number) => number;
  /** Longer texts are cut. */
  readonly shown: number;
  /** From the first 1,028 bytes. */
  readonly text: (bytes: Uint8Array) => string;
}

/** How often each row of the visit at hand counts. */
const visited = new Float64Array(chunkRows);

/** Tallies texts or bytes: first value by value in a table; when they are too many or too long for that, row by row. */
export class TextTally implements Tally {
  readonly #lane: TextLane;
  readonly #lengths = new LengthMeasure();
  #table: TextTable;
  #crowd: Crowd | undefined;
  #heavy: Heavy | undefined;
  #count = 0;
  #scratch = new Int32Array(chunkRows);

  constructor(lane: TextLane) {
    this.#lane = lane;
    this.#table = new TextTable(tableLimit, lane.lengthOf);
  }

  add(chunk: Chunk, column: number, times: Float64Array): void {
    chunk.texts(column, (rows) => {
      const each = visited.subarray(0, rows.rows);
      for (let row = 0; row < rows.rows; row++) each[row] = times[rows.index[row]!]!;
      if (this.#heavy === undefined) this.#addRows(rows, each);
      else this.#addHeavy(this.#heavy, rows, each);
    });
  }

  wantsMore(): boolean {
    if (this.#crowd === undefined || this.#heavy !== undefined) return false;
    this.#heavy = this.#crowd.heavy();
    this.#table = new TextTable(heavyLimit, this.#lane.lengthOf);
    return this.#heavy.some;
  }

  tallied(): Tallied {
    const entries = this.#table.entries();
    const text = (entry: number) => this.#lane.text(entries.bytes(entry));
    const cut = entries.lengths.some((length) => length > this.#lane.shown);
    const counted = { counts: entries.counts, text, cut };
    if (this.#crowd !== undefined) {
      const values = heavierThan(this.#heavy!.unlisted, counted);
      return { ...this.#measured(), values, distinct: this.#crowd.sketch.sketch() };
    }
    this.#lengths.add(entries.lengths, entries.size, entries.counts);
    const sketch = new SketchBuilder();
    sketch.offerAll(entries.upper, entries.size, (entry) => entries.lower[entry]!);
    return { ...this.#measured(), values: heaviestOf(counted), distinct: sketch.sketch() };
  }

  #measured(): { count: number; lengths: LengthStats } {
    return { count: this.#count, lengths: this.#lengths.lengths() };
  }

  #addRows(rows: TextRows, times: Float64Array): void {
    for (const each of times) this.#count += each;
    if (this.#crowd === undefined) this.#addTable(rows, times);
    else this.#addCrowd(this.#crowd, rows, times);
  }

  #addTable(rows: TextRows, times: Float64Array): void {
    const added = this.#table.add(rows, times);
    if (added === rows.rows) return;
    this.#crowd = new Crowd();
    const known = this.#table.entries();
    this.#lengths.add(known.lengths, known.size, known.counts);
    this.#crowd.add(known.upper, known.size, known.counts, (entry) => known.lower[entry]!);
    this.#addCrowd(this.#crowd, rowsFrom(rows, added), times.subarray(added));
  }

  #addCrowd(crowd: Crowd, rows: TextRows, times: Float64Array): void {
    const { view, starts, lengths } = rows;
    const found = this.#scratch;
    for (let row = 0; row < rows.rows; row++)
      found[row] = this.#lane.lengthOf(view, starts[row]!, lengths[row]!);
    this.#lengths.add(found, rows.rows, times);
    for (let row = 0; row < rows.rows; row++) found[row] = upperOfBytes(view, starts[row]!, lengths[row]!);
    crowd.add(found, rows.rows, times, (row) => lowerOfBytes(view, starts[row]!, lengths[row]!));
  }

  #addHeavy(heavy: Heavy, rows: TextRows, times: Float64Array): void {
    const kept: number[] = [];
    for (let row = 0; row < rows.rows; row++) {
      const upper = upperOfBytes(rows.view, rows.starts[row]!, rows.lengths[row]!);
      if (heavy.chosen[upper >>> 16] === 1) kept.push(row);
    }
    const pick = (column: Int32Array) => Int32Array.from(kept, (row) => column[row]!);
    const { starts, lengths, index } = rows;
    const heavyRows = {
      ...rows,
      starts: pick(starts),
      lengths: pick(lengths),
      index: pick(index),
      rows: kept.length,
    };
    if (
      this.#table.add(
        heavyRows,
        Float64Array.from(kept, (row) => times[row]!),
      ) === kept.length
    )
      return;
    this.#heavy = noneHeavy(heavy);
    this.#table = new TextTable(0, this.#lane.lengthOf);
  }
}

function rowsFrom(rows: TextRows, from: number): TextRows {
  const { starts, lengths, index } = rows;
  return {
    ...rows,
    starts: starts.subarray(from),
    lengths: lengths.subarray(from),
    index: index.subarray(from),
    rows: rows.rows - from,
  };
}
