import { BinaryFault } from '../binary-fault.ts';

/** Items of arrays, and rows, that take no byte, as nulls do: so many of them may be in a block. */
const MAX_ITEMS_OF_NOTHING = 2 ** 24;

/**
 * Bytes of a block of records, and the place that is read next.
 * @see https://avro.apache.org/docs/1.12.0/specification/#binary-encoding
 */
export class AvroInput {
  readonly bytes: Buffer;
  at = 0;
  /** The number that `long` read last, in two words. */
  low = 0;
  high = 0;
  #free = MAX_ITEMS_OF_NOTHING;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  /** Reads a number of up to 64 bits into `low` and `high`. */
  long(): void {
    const { bytes } = this;
    let at = this.at;
    let low = 0;
    let high = 0;
    for (let shift = 0; ; shift += 7) {
      if (at >= bytes.length) throw new BinaryFault('it ends within a number');
      if (shift > 63) throw new BinaryFault('a number of it has more than 64 bits');
      const byte = bytes[at++]!;
      const bits = byte & 127;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >>> 4;
      } else high |= bits << (shift - 32);
      if (byte < 128) break;
    }
    this.at = at;
    const sign = -(low & 1);
    this.low = ((low >>> 1) | (high << 31)) ^ sign;
    this.high = (high >>> 1) ^ sign;
  }

  int(): number {
    this.long();
    if (this.high !== this.low >> 31) throw new BinaryFault('a number of it has more than 32 bits');
    return this.low;
  }

  /** Reads a number that is a count or a length, of which a double holds all that can be. */
  count(): number {
    this.long();
    return this.high * 2 ** 32 + (this.low >>> 0);
  }

  /** Passes over so many bytes, and gives where they begin. */
  take(count: number): number {
    const start = this.at;
    if (!(count >= 0 && count <= this.bytes.length - start)) throw new BinaryFault('it ends within a value');
    this.at += count;
    return start;
  }

  /** Makes sure that so many items can be there: each takes a byte at least, or nothing and then there may be a limited number of them. */
  expect(items: number, takeNothing: boolean): void {
    const left = takeNothing ? this.#free : this.bytes.length - this.at;
    if (!(items >= 0 && items <= left))
      throw new BinaryFault('it says that it has more items than its bytes can hold');
    if (takeNothing) this.#free -= items;
  }
}
