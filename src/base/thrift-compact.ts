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

/** Where a field of a struct lies: its head is the byte or bytes before its value that say its number and type. */
export interface ThriftField {
  readonly head: number;
  readonly start: number;
  readonly end: number;
}

/**
 * Find the fields of a struct, by number, whose values are kept as they lie.
 * @throws RangeError as {@link readThriftStruct}
 */
export function findThriftFields(bytes: Uint8Array, start: number): ReadonlyMap<number, ThriftField> {
  const reader = new Reader(bytes, start);
  const found = new Map<number, ThriftField>();
  reader.fields((id, head, read) => {
    const begin = reader.at;
    read();
    found.set(id, { head, start: begin, end: reader.at });
  });
  return found;
}

/**
 * Copy a struct with some of its whole numbers changed; all else stays the same bytes.
 * @param change gets the numbers of the fields down to a number, as in `1/3/9` where lists have none, and gives the number in its place
 * @throws RangeError as {@link readThriftStruct}
 */
export function changeThriftStruct(
  bytes: Uint8Array,
  start: number,
  change: (path: string, value: number) => number,
): Buffer {
  const pieces: Uint8Array[] = [];
  let from = start;
  const reader = new Reader(bytes, start, (path, value, at) => {
    const changed = change(path, value);
    if (changed === value) return;
    pieces.push(bytes.subarray(from, at), thriftNumber(changed));
    from = reader.at;
  });
  reader.struct(0);
  return Buffer.concat([...pieces, bytes.subarray(from, reader.at)]);
}

/** Write a whole number, from -2^52 to 2^52, as fields and lists of numbers have it. */
export function thriftNumber(value: number): Buffer {
  return thriftCount(value < 0 ? -2 * value - 1 : 2 * value);
}

/** Write the number of a list's structs, and that they are structs. */
export function thriftStructs(count: number): Buffer {
  if (count < 15) return Buffer.from([(count << 4) | TYPE.struct]);
  return Buffer.concat([Buffer.from([0xf0 | TYPE.struct]), thriftCount(count)]);
}

function thriftCount(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return Buffer.from([...bytes, rest]);
}

class Reader {
  readonly #bytes: Uint8Array;
  readonly #onNumber: ((path: string, value: number, at: number) => void) | undefined;
  at: number;

  /** @param onNumber is told of each whole number, where it is and where it begins */
  constructor(bytes: Uint8Array, at: number, onNumber?: (path: string, value: number, at: number) => void) {
    this.#bytes = bytes;
    this.at = at;
    this.#onNumber = onNumber;
  }

  struct(depth: number, path = ''): ThriftStruct {
    if (depth > MAX_DEPTH) throw new RangeError('nested too deep');
    const fields: Record<number, ThriftValue> = {};
    this.fields(
      (id, _, read) => {
        fields[id] = read();
      },
      depth,
      path,
    );
    return fields;
  }

  /** @param visit gets the number of each field, where its head begins, and what reads its value: it has to be called */
  fields(visit: (id: number, head: number, read: () => ThriftValue) => void, depth = 0, path = ''): void {
    for (let id = 0; ; ) {
      const at = this.at;
      const head = this.#byte();
      if (head === 0) return;
      id = head >> 4 === 0 ? this.#zigzag() : id + (head >> 4);
      const inner = this.#onNumber && (path === '' ? String(id) : `${path}/${id}`);
      visit(id, at, () => this.#value(head & 15, depth, inner));
    }
  }

  #value(type: number, depth: number, path: string | undefined): ThriftValue {
    if (type === TYPE.true || type === TYPE.false) return type === TYPE.true;
    if (type === TYPE.byte) return this.#byte();
    if (type === TYPE.double) return this.#take(8);
    if (type === TYPE.binary) return this.#take(this.#varint());
    if (type === TYPE.list || type === TYPE.set) return this.#list(depth + 1, path);
    if (type === TYPE.struct) return this.struct(depth + 1, path);
    const at = this.at;
    const value = this.#zigzag();
    this.#onNumber?.(path!, value, at);
    return value;
  }

  #list(depth: number, path: string | undefined): ThriftValue[] {
    const head = this.#byte();
    const type = head & 15;
    const count = head >> 4 === 15 ? this.#varint() : head >> 4;
    // Each takes a byte at least.
    if (count > this.#bytes.length - this.at) throw new RangeError('a list is longer than the bytes');
    const isFlag = type === TYPE.true || type === TYPE.false;
    return Array.from({ length: count }, () =>
      isFlag ? this.#byte() === 1 : this.#value(type, depth, path),
    );
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
