import type { ColumnCells } from './cells/cells.ts';

/** Groups get a column of this many bytes on average, within the bounds below: smaller ones cost room and time, larger ones share less. */
const COLUMN_BYTES = 64 * 1024;
const MIN_AVERAGE_BYTES = 1024 * 1024;
const MAX_AVERAGE_BYTES = 8 * 1024 * 1024;
const MAX_BYTES = 16 * 1024 * 1024;
/** The most rows of a group: that of the engine itself. */
const MAX_ROWS = 122_880;

/**
 * Says behind which rows a group ends: by a hash of their values, so that a row that comes or goes changes the groups around it and no
 * other, as chunks of a file do. A group has at least a quarter of the average.
 */
export class GroupCutter {
  readonly #cells: readonly ColumnCells[];
  readonly #hashed: readonly ColumnCells[];
  readonly #average: number;
  #rows = 0;
  #bytes = 0;

  /** @param hashed by whose values it cuts: those of the key, which edits leave alone */
  constructor(cells: readonly ColumnCells[], hashed: readonly ColumnCells[]) {
    this.#cells = cells;
    this.#hashed = hashed;
    this.#average = Math.min(Math.max(COLUMN_BYTES * cells.length, MIN_AVERAGE_BYTES), MAX_AVERAGE_BYTES);
  }

  /** Bytes of the row that was added last. */
  get rowBytes(): number {
    let bytes = 0;
    for (const { size } of this.#cells) bytes += size;
    return bytes;
  }

  /** Counts a row that was added to all cells. True if the group ends with it. */
  endsBehind(rowBytes: number): boolean {
    this.#rows++;
    this.#bytes += rowBytes;
    const least = this.#average / 4;
    if (this.#bytes < least) return false;
    // In a group of rows of any size, a cut is as likely in each byte.
    const ends =
      this.#rows === MAX_ROWS ||
      this.#bytes >= MAX_BYTES ||
      this.#hash() < (rowBytes / (this.#average - least)) * 2 ** 32;
    if (!ends) return false;
    this.#rows = 0;
    this.#bytes = 0;
    return true;
  }

  #hash(): number {
    let hash = 0;
    for (const { column } of this.#hashed) hash = column.hashLast(hash);
    // The finalizer of MurmurHash3 (A. Appleby, 2011): high bits of a product alone depend on all of its factors' bits.
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    return (hash ^ (hash >>> 16)) >>> 0;
  }
}
