import { BinaryFault } from './binary-fault.ts';

/** Bytes with numbers of seven bits a byte, as protocol buffers and Avro write them, and the place that is read next. */
export class Varints {
  readonly bytes: Buffer;
  /** The next byte to read. */
  at = 0;
  /** The number that was read last, in two words. */
  low = 0;
  high = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  /** Reads a number of up to 64 bits, none of which lies at `end` or behind, into `low` and `high`. */
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
}
