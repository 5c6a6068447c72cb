import { endOfFile } from '../../source-file.ts';

/** Behind the footer: its length, and the magic. */
const TRAILER_BYTES = 8;

/** Fields of the structs of Parquet's footer. @see https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift */
const FILE_SCHEMA = 2;
const ELEMENT = { name: 4, children: 5, logicalType: 10 } as const;
const TIMESTAMP = 8;
const TIMESTAMP_FIELDS = { isAdjustedToUtc: 1, unit: 2 } as const;
const NANOSECONDS = 3;

/** Types of the compact protocol. @see https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md */
const TYPES = {
  true: 1,
  false: 2,
  byte: 3,
  double: 7,
  binary: 8,
  list: 9,
  set: 10,
  map: 11,
  struct: 12,
} as const;

/** A column, in no struct or list, of nanoseconds with a zone. */
export interface ZonedColumn {
  readonly name: string;
  /** The place in the file of the byte that says that there is a zone. */
  readonly at: number;
}

/** The byte in place of that at a ZonedColumn, where the column has no zone: the next field, and false. */
export const WITHOUT_ZONE = (TIMESTAMP_FIELDS.isAdjustedToUtc << 4) | TYPES.false;

/**
 * Finds the columns of nanoseconds with a zone in the footer of a Parquet file.
 * @param size of the file, in bytes
 * @throws RangeError if the footer is none
 */
export function zonedNanoseconds(path: string, size: number): ZonedColumn[] {
  const length = endOfFile(path, TRAILER_BYTES).readUInt32LE();
  const footer = endOfFile(path, length + TRAILER_BYTES);
  const start = size - footer.length;
  const found: ZonedColumn[] = [];
  const reader = new CompactReader(footer);
  reader.struct((field) => {
    if (field !== FILE_SCHEMA) return false;
    /** How many children each open group still has, from the root. */
    const open: number[] = [];
    reader.list(() => {
      const { name, children, zone } = elementOf(reader);
      const depth = open.length;
      if (depth > 0) open[depth - 1]!--;
      if (depth === 1 && zone !== undefined) found.push({ name, at: start + zone });
      if (children > 0) open.push(children);
      while (open.length > 1 && open.at(-1) === 0) open.pop();
    });
    return true;
  });
  return found;
}

interface SchemaElement {
  readonly name: string;
  readonly children: number;
  /** Where it says that it has a zone, if it is one of nanoseconds. */
  readonly zone: number | undefined;
}

function elementOf(reader: CompactReader): SchemaElement {
  let name = '';
  let children = 0;
  let zone: number | undefined;
  reader.struct((field) => {
    if (field === ELEMENT.name) name = reader.binary();
    else if (field === ELEMENT.children) children = reader.integer();
    else if (field === ELEMENT.logicalType) zone = zoneOf(reader);
    else return false;
    return true;
  });
  return { name, children, zone };
}

function zoneOf(reader: CompactReader): number | undefined {
  let zone: number | undefined;
  let isNanoseconds = false;
  reader.struct((kind) => {
    if (kind !== TIMESTAMP) return false;
    reader.struct((field, type, at) => {
      if (field === TIMESTAMP_FIELDS.isAdjustedToUtc && type === TYPES.true) zone = at;
      if (field !== TIMESTAMP_FIELDS.unit) return false;
      reader.struct((unit) => {
        isNanoseconds = unit === NANOSECONDS;
        return false;
      });
      return true;
    });
    return true;
  });
  return isNanoseconds ? zone : undefined;
}

/** Reads Thrift's compact protocol, as far as Parquet's footer needs it. */
class CompactReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** Visits the fields of a struct. @param visit returns whether it has read the field; `at` is where its head stands */
  struct(visit: (field: number, type: number, at: number) => boolean): void {
    let field = 0;
    for (;;) {
      const at = this.#at;
      const head = this.#byte();
      if (head === 0) return;
      const type = head & 15;
      field = head >>> 4 === 0 ? this.integer() : field + (head >>> 4);
      if (!visit(field, type, at)) this.#skip(type);
    }
  }

  list(visit: () => void): void {
    const head = this.#byte();
    const size = head >>> 4 === 15 ? this.#varint() : head >>> 4;
    for (let index = 0; index < size; index++) visit();
  }

  /** A zigzag integer of up to 53 bits. */
  integer(): number {
    const value = this.#varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  binary(): string {
    const length = this.#varint();
    const start = this.#at;
    this.#at += length;
    if (this.#at > this.#bytes.length) throw new RangeError('the footer is cut');
    return this.#bytes.toString('utf8', start, this.#at);
  }

  #skip(type: number): void {
    if (type === TYPES.true || type === TYPES.false) return;
    if (type === TYPES.byte) this.#at += 1;
    else if (type === TYPES.double) this.#at += 8;
    else if (type === TYPES.binary) this.binary();
    else if (type === TYPES.struct) this.struct(() => false);
    else if (type === TYPES.list || type === TYPES.set) this.#skipList();
    else if (type === TYPES.map) throw new RangeError('the footer has a map');
    else this.#varint();
  }

  #skipList(): void {
    const type = this.#bytes[this.#at]! & 15;
    this.list(() => (type <= TYPES.false ? this.#byte() : this.#skip(type)));
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw new RangeError('the footer is cut');
    return byte;
  }

  #varint(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.#byte();
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  }
}
