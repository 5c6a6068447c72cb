import type { Chunk } from './chunk.ts';
import type { TextRows } from './text-rows.ts';

/** A text, a whole number of up to 53 bits, a truth value, or null. */
export type Value = string | number | boolean | null;

/** Rows whose values are at hand, laid out as the engine lays out those of a query. */
export class ValueChunk implements Chunk {
  readonly rows: number;
  readonly #values: readonly (readonly Value[])[];

  /** @param values of each row, in the order of the columns; at most CHUNK_ROWS rows */
  constructor(values: readonly (readonly Value[])[]) {
    this.#values = values;
    this.rows = values.length;
  }

  /** Gives numbers and truth values as 64 bits: two words. */
  words(column: number): Int32Array {
    const words = new Int32Array(2 * this.rows);
    for (let row = 0; row < this.rows; row++) {
      const number = Number(this.#values[row]![column]);
      words[2 * row] = number | 0;
      words[2 * row + 1] = Math.floor(number / 2 ** 32);
    }
    return words;
  }

  valid(column: number): Uint8Array | undefined {
    if (this.#values.every((row) => row[column] !== null)) return undefined;
    const bits = new Uint8Array(Math.ceil(this.rows / 8));
    for (let row = 0; row < this.rows; row++) {
      if (this.#values[row]![column] !== null) bits[row >> 3]! |= 1 << (row & 7);
    }
    return bits;
  }

  texts(column: number, visit: (rows: TextRows) => void): void {
    const values = this.#values.map((row) => row[column]);
    // A character of UTF-16 has three bytes of UTF-8 at most; readers look four bytes past a text.
    const bytes = Buffer.allocUnsafe(values.reduce<number>((sum, text) => sum + 3 * textOf(text).length, 8));
    const starts = new Int32Array(this.rows);
    const lengths = new Int32Array(this.rows);
    const index = new Int32Array(this.rows);
    let rows = 0;
    let end = 0;
    for (const [row, text] of values.entries()) {
      if (text === null) continue;
      starts[rows] = end;
      lengths[rows] = bytes.write(textOf(text), end);
      end += lengths[rows]!;
      index[rows++] = row;
    }
    if (rows === 0) return;
    visit({
      view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length),
      bytes,
      starts,
      lengths,
      index,
      rows,
    });
  }
}

function textOf(value: Value | undefined): string {
  return typeof value === 'string' ? value : '';
}
