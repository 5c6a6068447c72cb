import { CHUNK_ROWS, type Chunk } from '../../engine/chunks/chunk.ts';
import type { TypeStats } from '../accumulators/accumulator.ts';
import { PositionAccumulator } from '../accumulators/position-accumulator.ts';
import { readValues } from '../counters/value-rows.ts';
import { hasNumbers, type Leaf } from './leaves.ts';

/** Measures the numbers among leaves by their positions in lists of one length, from columns of the same scan. */
export class PositionColumns {
  /** The SQL of the columns that are read besides those given: numbers as doubles where they are not read so already, then positions. */
  readonly sql: readonly string[];
  /** By the index of the leaf. */
  readonly #accumulators = new Map<
    number,
    { readonly column: number; readonly accumulator: PositionAccumulator }
  >();
  /** The column of positions. */
  readonly #column: number;
  readonly #words = new Int32Array(2 * CHUNK_ROWS);
  readonly #positions = new Float64Array(CHUNK_ROWS);

  /** @param read the SQL of the columns that are read anyway, in order */
  constructor(
    leaves: readonly { readonly leaf: Leaf; readonly expression: string }[],
    positions: number,
    read: readonly string[],
  ) {
    const columns = [...read];
    for (const [index, { leaf, expression }] of leaves.entries()) {
      if (!hasNumbers(leaf)) continue;
      const sql = `CAST(${expression} AS DOUBLE)`;
      const column = columns.includes(sql) ? columns.indexOf(sql) : columns.push(sql) - 1;
      this.#accumulators.set(index, { column, accumulator: new PositionAccumulator(positions) });
    }
    this.#column = columns.push('CAST(p AS DOUBLE)') - 1;
    this.sql = columns.slice(read.length);
  }

  add(chunk: Chunk): void {
    const words = chunk.words(this.#column, 2);
    const all = new Float64Array(words.buffer, words.byteOffset, chunk.rows);
    for (const { column, accumulator } of this.#accumulators.values()) {
      this.#positions.set(all);
      const rows = readValues(chunk, column, this.#words, this.#positions);
      accumulator.add(this.#words, rows, this.#positions);
    }
  }

  stats(leaf: number): Pick<TypeStats, 'positions'> | undefined {
    const found = this.#accumulators.get(leaf);
    return found && { positions: found.accumulator.stats() };
  }
}
