import { CHUNK_ROWS, type Chunk } from '../../engine/chunks/chunk.ts';
import type { TextRows } from '../../engine/chunks/text-rows.ts';
import { LengthAccumulator } from '../accumulators/length-accumulator.ts';
import { digestText, lowerOfBytes, upperOfBytes } from '../hashing/hash.ts';
import { SketchBuilder } from '../hashing/sketch-builder.ts';
import type { LengthStats } from '../model/model.ts';
import { listedValue } from '../model/value-counts.ts';
import { type Counter, type LeafCounts, MAX_HEAVY_VALUES, MAX_TABLE_VALUES } from './counter.ts';
import { HashPartitions, type HeavyPartitions, withoutHeavy } from './hash-partitions.ts';
import { TextTable } from './text-table.ts';
import { topHeavyValues, topValues } from './top-values.ts';

/** How the texts of a column are measured and shown. */
export interface TextColumn {
  readonly lengthOf: (view: DataView, start: number, length: number) => number;
  /** Writes a value; of one that is longer than is listed, its first 1,028 bytes are enough. */
  readonly text: (bytes: Uint8Array) => string;
}

/** Scratch buffer: the occurrences of the rows of one visit. */
const VISITED = new Float64Array(CHUNK_ROWS);

/** Counts texts or byte arrays, in a table while they fit; once they are too many or too long, in hash partitions. */
export class TextCounter implements Counter {
  readonly #column: TextColumn;
  readonly #lengths = new LengthAccumulator();
  #table: TextTable;
  #partitions: HashPartitions | undefined;
  #heavy: HeavyPartitions | undefined;
  #count = 0;
  #scratch = new Int32Array(CHUNK_ROWS);

  constructor(column: TextColumn) {
    this.#column = column;
    this.#table = new TextTable(MAX_TABLE_VALUES, column.lengthOf);
  }

  add(chunk: Chunk, column: number, occurrences: Float64Array): void {
    chunk.texts(column, (rows) => {
      const each = VISITED.subarray(0, rows.rows);
      for (let row = 0; row < rows.rows; row++) each[row] = occurrences[rows.index[row]!]!;
      if (this.#heavy === undefined) this.#addRows(rows, each);
      else this.#addHeavyRows(this.#heavy, rows, each);
    });
  }

  startSecondPass(): boolean {
    if (this.#partitions === undefined || this.#heavy !== undefined) return false;
    this.#heavy = this.#partitions.heavy();
    this.#table = new TextTable(MAX_HEAVY_VALUES, this.#column.lengthOf);
    return this.#heavy.hasAny;
  }

  result(): LeafCounts {
    const entries = this.#table.entries();
    const text = (entry: number) =>
      listedValue(this.#column.text(entries.bytes(entry)), () =>
        digestText(entries.upper[entry]!, entries.lower[entry]!),
      );
    const counted = { counts: entries.counts, text };
    if (this.#partitions !== undefined) {
      const values = topHeavyValues(this.#heavy!.maxElsewhere, counted);
      return { ...this.#measured(), values, distinct: this.#partitions.sketch.sketch() };
    }
    this.#lengths.add(entries.lengths, entries.size, entries.counts);
    const sketch = new SketchBuilder();
    sketch.offerAll(entries.upper, entries.size, (entry) => entries.lower[entry]!);
    return { ...this.#measured(), values: topValues(counted), distinct: sketch.sketch() };
  }

  #measured(): { count: number; lengths: LengthStats } {
    return { count: this.#count, lengths: this.#lengths.lengths() };
  }

  #addRows(rows: TextRows, occurrences: Float64Array): void {
    for (const each of occurrences) this.#count += each;
    if (this.#partitions === undefined) this.#addToTable(rows, occurrences);
    else this.#addToPartitions(this.#partitions, rows, occurrences);
  }

  #addToTable(rows: TextRows, occurrences: Float64Array): void {
    const added = this.#table.add(rows, occurrences);
    if (added === rows.rows) return;
    this.#partitions = new HashPartitions();
    const known = this.#table.entries();
    this.#lengths.add(known.lengths, known.size, known.counts);
    this.#partitions.add(known.upper, known.size, known.counts, (entry) => known.lower[entry]!);
    this.#addToPartitions(this.#partitions, rowsFrom(rows, added), occurrences.subarray(added));
  }

  #addToPartitions(partitions: HashPartitions, rows: TextRows, occurrences: Float64Array): void {
    const { view, starts, lengths } = rows;
    const found = this.#scratch;
    for (let row = 0; row < rows.rows; row++)
      found[row] = this.#column.lengthOf(view, starts[row]!, lengths[row]!);
    this.#lengths.add(found, rows.rows, occurrences);
    for (let row = 0; row < rows.rows; row++) found[row] = upperOfBytes(view, starts[row]!, lengths[row]!);
    partitions.add(found, rows.rows, occurrences, (row) => lowerOfBytes(view, starts[row]!, lengths[row]!));
  }

  #addHeavyRows(heavy: HeavyPartitions, rows: TextRows, occurrences: Float64Array): void {
    const kept: number[] = [];
    for (let row = 0; row < rows.rows; row++) {
      const upper = upperOfBytes(rows.view, rows.starts[row]!, rows.lengths[row]!);
      if (heavy.isHeavy[upper >>> 16] === 1) kept.push(row);
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
        Float64Array.from(kept, (row) => occurrences[row]!),
      ) === kept.length
    )
      return;
    this.#heavy = withoutHeavy(heavy);
    this.#table = new TextTable(0, this.#column.lengthOf);
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
