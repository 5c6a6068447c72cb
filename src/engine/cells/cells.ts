/**
 * Cells: values of a database's rows on their way into the engine's columns, one class a type. They know how each type is written, and nothing
 * of servers, files or rows.
 */

import type { HashedBuilder } from '../chunks/column-builders.ts';

/**
 * Takes the values of one column as a database has them, and keeps each exactly. One that the type of the column cannot hold is counted, and
 * null in its place.
 */
export abstract class ColumnCells {
  /** The engine's type that is wanted; the builder may have one that holds more. */
  readonly type: string;
  /** Where the values go; another of the same kind may take its place. */
  abstract column: HashedBuilder;
  /** Values that are none of the type. */
  unfit = 0;
  /** Bytes of the last value, as the engine has it. */
  size: number;

  constructor(type: string, size: number) {
    this.type = type;
    this.size = size;
  }

  addNull(): void {
    this.column.addNull();
  }

  addUnfit(): void {
    this.unfit++;
    this.column.addNull();
  }

  /** Adds a value as text, as SQL writes it; to a column of bytes, bytes. */
  abstract addBytes(source: Buffer, start: number, end: number): void;

  /** Adds a number that JavaScript holds exactly. */
  addNumber(value: number): void {
    const text = Buffer.from(String(value), 'latin1');
    this.addBytes(text, 0, text.length);
  }

  /** Adds a whole number of 64 bits. */
  add64(low: number, high: number): void {
    this.addNumber(high * 2 ** 32 + (low >>> 0));
  }

  /** Adds the time that so many seconds and microseconds lie behind the beginning of 1970, in the zone of the column. */
  addTime(_seconds: number, _micros: number): void {
    this.addUnfit();
  }
}
