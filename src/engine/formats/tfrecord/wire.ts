import { BinaryFault } from '../binary-fault.ts';

/** Types of fields on the wire, as the low three bits of their tags. */
const VARINT = 0;
const FIXED_64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED_32 = 5;

/**
 * Reads protocol buffers in place, without an object for any message. A library that makes objects takes several times as long.
 * @see https://protobuf.dev/programming-guides/encoding
 */
export class Wire {
  readonly bytes: Buffer;
  /** The next byte to read. */
  at = 0;
  /** The number that `varint64` read last, in two words. */
  low = 0;
  high = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

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

  /** Reads a number of up to 64 bits into `low` and `high`. */
  varint64(end: number): void {
    const { bytes } = this;
    let at = this.at;
    let low = 0;
    let high = 0;
    for (let shift = 0; ; shift += 7) {
      if (at >= end) throw new BinaryFault('it ends within a number');
      if (shift > 63) throw new BinaryFault('a number of it has more than 64 bits');
      const byte = bytes[at++]!;
      const bits = byte & 127;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >>> 4;
      } else high |= bits << (shift - 32);
      if (byte < 0x80) break;
    }
    this.at = at;
    this.low = low;
    this.high = high;
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
