/** A value of Thrift's compact protocol: a struct is its fields by number. */
export type ThriftValue = boolean | number | Uint8Array | readonly ThriftValue[] | ThriftStruct;
export interface ThriftStruct {
  readonly [field: number]: ThriftValue | undefined;
}

/** Structs and lists nest no deeper than this in any format that is read here. */
const MAX_DEPTH = 16;
const TYPE = { true: 1, false: 2, byte: 3, double: 7, binary: 8, list: 9, set: 10, struct: 12 } as const;

/**
 * Read a struct of Thrift's compact protocol. Maps are not read: Parquet has none.
 * Source: https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
 * @throws RangeError for bytes that are no such struct, or end before it does
 */
export function readThriftStruct(
  bytes: Uint8Array,
  start = 0,
): { readonly struct: ThriftStruct; readonly end: number } {
  const reader = new Reader(bytes, start);
  return { struct: reader.struct(0), end: reader.at };
}

class Reader {
  readonly #bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  struct(depth: number): ThriftStruct {
    if (depth > MAX_DEPTH) throw new RangeError('nested too deep');
    const fields: Record<number, ThriftValue> = {};
    for (let id = 0; ; ) {
      const head = this.#byte();
      if (head === 0) return fields;
      id = head >> 4 === 0 ? this.#zigzag() : id + (head >> 4);
      fields[id] = this.#value(head & 15, depth);
    }
  }

  #value(type: number, depth: number): ThriftValue {
    if (type === TYPE.true || type === TYPE.false) return type === TYPE.true;
    if (type === TYPE.byte) return this.#byte();
    if (type === TYPE.double) return this.#take(8);
    if (type === TYPE.binary) return this.#take(this.#varint());
    if (type === TYPE.list || type === TYPE.set) return this.#list(depth + 1);
    if (type === TYPE.struct) return this.struct(depth + 1);
    return this.#zigzag();
  }

  #list(depth: number): ThriftValue[] {
    const head = this.#byte();
    const type = head & 15;
    const count = head >> 4 === 15 ? this.#varint() : head >> 4;
    // Each takes a byte at least.
    if (count > this.#bytes.length - this.at) throw new RangeError('a list is longer than the bytes');
    const isFlag = type === TYPE.true || type === TYPE.false;
    return Array.from({ length: count }, () => (isFlag ? this.#byte() === 1 : this.#value(type, depth)));
  }

  #zigzag(): number {
    const value = this.#varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** Numbers past 2^53 lose precision, which none that matters here has. */
  #varint(): number {
    let value = 0;
    for (let scale = 1; scale < 2 ** 70; scale *= 128) {
      const byte = this.#byte();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
    throw new RangeError('a number is too long');
  }

  #byte(): number {
    return this.#take(1)[0]!;
  }

  #take(length: number): Uint8Array {
    const end = this.at + length;
    if (end > this.#bytes.length) throw new RangeError('the bytes end too early');
    const taken = this.#bytes.subarray(this.at, end);
    this.at = end;
    return taken;
  }
}
