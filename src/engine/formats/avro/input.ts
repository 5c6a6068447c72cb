import { BinaryFault } from '../binary-fault.ts';
import { Varints } from '../varints.ts';

/** Items of arrays, and rows, that take no byte, as nulls do: so many of them may be in a block. */
const MAX_ITEMS_OF_NOTHING = 2 ** 24;

/**
 * Bytes of a block of records, and the place that is read next.
 * @see https://avro.apache.org/docs/1.12.0/specification/#binary-encoding
 */
export class AvroInput extends Varints {
  #free = MAX_ITEMS_OF_NOTHING;

  /** Reads a number of up to 64 bits into `low` and `high`. */
  long(): void {
    this.varint64(this.bytes.length);
    const { low, high } = this;
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
