import { BinaryFault } from '../binary-fault.ts';
import { Varints } from '../varints.ts';

/** Types of fields on the wire, as the low three bits of their tags. */
const VARINT = 0;
const FIXED_64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED_32 = 5;

/**
 * Reads protocol buffers in place, without an object for any message. A library that makes objects takes several times as long.
 * @see https://protobuf.dev/programming-guides/encoding
 */
export class Wire extends Varints {
  /** Reads the number and type of a field, or a number of up to 32 bits. */
  tag(end: number): number {
    const byte = this.at < end ? this.bytes[this.at]! : 0x80;
    if (byte < 0x80) {
      this.at++;
      return byte;
    }
    this.varint64(end);
    if (this.high !== 0) throw new BinaryFault('a field of it has no number');
    return this.low >>> 0;
  }

  /** Reads the length of a field, and gives where it ends, which is not behind `end`. */
  endOfField(end: number): number {
    this.varint64(end);
    const last = this.at + (this.low >>> 0);
    if (this.high !== 0 || last > end) throw new BinaryFault('a field of it is longer than what it lies in');
    return last;
  }

  /** Passes over the rest of a field with this tag. */
  skip(tag: number, end: number): void {
    const type = tag & 7;
    if (type === VARINT) this.varint64(end);
    else if (type === LENGTH_DELIMITED) this.at = this.endOfField(end);
    else if (type === FIXED_32 || type === FIXED_64) this.at += type === FIXED_32 ? 4 : 8;
    else throw new BinaryFault('a field of it is of no known type');
    if (this.at > end) throw new BinaryFault('it ends within a number');
  }
}
