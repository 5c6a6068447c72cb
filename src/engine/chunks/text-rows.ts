import { isNull } from './validity.ts';

/** Texts side by side in one block of memory, which goes on for four bytes or more. Valid during the visit only. */
export interface TextRows {
  readonly view: DataView;
  readonly bytes: Uint8Array;
  readonly starts: Int32Array;
  /** In bytes. */
  readonly lengths: Int32Array;
  /** Which row of the chunk each is. */
  readonly index: Int32Array;
  readonly rows: number;
}

/** The bytes behind the pointer that stands at `offset` in `buffer`. */
type BytesAt = (buffer: ArrayBuffer, offset: number, length: number) => Uint8Array;

/** The longest text, in bytes, that the engine keeps in place of a pointer. */
const MAX_INLINE_BYTES = 12;

/** Two texts at most so many bytes apart have no page of memory between them that belongs to neither. */
const MAX_GAP_BYTES = 4096;

/** Bytes that are packed before they are visited; one text alone may be longer. */
const PACK_BYTES = 1 << 20;

/**
 * Packs the texts of a vector, whose rows are of 16 bytes: a length, then the bytes themselves or four of them and a pointer.
 * A call for each pointer would cost a microsecond, but the engine lays a chunk's texts one behind the other, so that
 * a run of neighbours is copied by one call.
 */
export function packText(
  memory: Uint8Array,
  rows: number,
  valid: Uint8Array | undefined,
  bytesAt: BytesAt,
  visit: (rows: TextRows) => void,
): void {
  const entries = new Int32Array(memory.buffer, memory.byteOffset, rows * 4);
  const pack = packFor(rows);
  for (let row = 0; row < rows; row++) {
    if (isNull(valid, row)) continue;
    if (entries[row * 4]! <= MAX_INLINE_BYTES) {
      pack.short(entries, row);
      if (pack.size > PACK_BYTES) pack.flush(visit);
      continue;
    }
    const run = runFrom(entries, row, rows, valid);
    if (pack.size + run.bytes > PACK_BYTES) pack.flush(visit);
    const at = memory.byteOffset + run.head * 16 + 8;
    const start = pack.long(bytesAt(memory.buffer as ArrayBuffer, at, run.bytes));
    const shift = start - pointer(entries, run.head);
    for (; row <= run.last; row++) {
      if (isNull(valid, row)) continue;
      if (entries[row * 4]! <= MAX_INLINE_BYTES) pack.short(entries, row);
      else pack.row(row, pointer(entries, row) + shift, entries[row * 4]!);
    }
    row--;
  }
  pack.flush(visit);
}

/** An address is below 2^48, which a double holds. */
function pointer(entries: Int32Array, row: number): number {
  return (entries[row * 4 + 3]! >>> 0) * 2 ** 32 + (entries[row * 4 + 2]! >>> 0);
}

/** Rows from one to the last whose texts lie in one stretch of memory, which begins with the text of row `head`. */
interface Run {
  readonly head: number;
  readonly last: number;
  readonly bytes: number;
}

/** Neighbours may ascend, descend, overlap or repeat. */
function runFrom(entries: Int32Array, row: number, rows: number, valid: Uint8Array | undefined): Run {
  let head = row;
  let last = row;
  let low = pointer(entries, row);
  let high = low + entries[row * 4]!;
  for (let next = row + 1; next < rows; next++) {
    const length = entries[next * 4]!;
    if (isNull(valid, next) || length <= MAX_INLINE_BYTES) continue;
    const start = pointer(entries, next);
    const end = start + length;
    const apart = start >= high + MAX_GAP_BYTES || end + MAX_GAP_BYTES <= low;
    if (apart || Math.max(high, end) - Math.min(low, start) > PACK_BYTES) break;
    if (start < low) {
      low = start;
      head = next;
    }
    high = Math.max(high, end);
    last = next;
  }
  return { head, last, bytes: high - low };
}

/** One serves all columns, since a visit ends before the next begins. */
let onlyPack: Pack | undefined;

function packFor(rows: number): Pack {
  if (onlyPack === undefined || onlyPack.capacity < rows) onlyPack = new Pack(rows);
  onlyPack.clear();
  return onlyPack;
}

/** Texts that wait for their visit. */
class Pack {
  size = 0;
  readonly capacity: number;
  #rows = 0;
  #bytes = new Uint8Array(16384);
  #view = new DataView(this.#bytes.buffer);
  readonly #starts: Int32Array;
  readonly #lengths: Int32Array;
  readonly #index: Int32Array;

  constructor(rows: number) {
    this.capacity = rows;
    this.#starts = new Int32Array(rows);
    this.#lengths = new Int32Array(rows);
    this.#index = new Int32Array(rows);
  }

  short(entries: Int32Array, row: number): void {
    this.#reserve(MAX_INLINE_BYTES);
    const start = this.size;
    const length = entries[row * 4]!;
    this.#view.setInt32(start, entries[row * 4 + 1]!, true);
    this.#view.setInt32(start + 4, entries[row * 4 + 2]!, true);
    this.#view.setInt32(start + 8, entries[row * 4 + 3]!, true);
    this.size += length;
    this.row(row, start, length);
  }

  long(bytes: Uint8Array): number {
    this.#reserve(bytes.length);
    const start = this.size;
    this.#bytes.set(bytes, start);
    this.size += bytes.length;
    return start;
  }

  row(row: number, start: number, length: number): void {
    this.#index[this.#rows] = row;
    this.#starts[this.#rows] = start;
    this.#lengths[this.#rows++] = length;
  }

  flush(visit: (rows: TextRows) => void): void {
    if (this.#rows === 0) return;
    visit({
      view: this.#view,
      bytes: this.#bytes,
      starts: this.#starts,
      lengths: this.#lengths,
      index: this.#index,
      rows: this.#rows,
    });
    this.clear();
  }

  clear(): void {
    this.size = 0;
    this.#rows = 0;
  }

  #reserve(bytes: number): void {
    const wanted = this.size + bytes + MAX_INLINE_BYTES;
    if (wanted <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(wanted, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.size));
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}
