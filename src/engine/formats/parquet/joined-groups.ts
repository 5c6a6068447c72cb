import { closeSync, openSync, writeSync } from 'node:fs';
import {
  changeThriftStruct,
  findThriftFields,
  thriftNumber,
  thriftStructs,
} from '../../../base/thrift-compact.ts';

const MAGIC = Buffer.from('PAR1');
/** The length of the footer, and the magic bytes again. */
const TAIL_BYTES = 8;
/** Of FileMetaData. Source: https://github.com/apache/parquet-format, parquet.thrift, as the paths below. */
const NUM_ROWS = 3;
const ROW_GROUPS = 4;
/**
 * Places in the file that a RowGroup names: file_offset of a column and of the group, pages of data, index and dictionary, the Bloom filter,
 * the index of offsets and that of columns.
 */
const OFFSETS = new Set(['1/2', '1/3/9', '1/3/10', '1/3/11', '1/3/14', '1/4', '1/6', '5']);

/**
 * Joins files of Parquet with one row group each and the same columns to one file. The bytes of a group stay as they are, so that a group
 * that two files have is the same bytes in both, wherever it lies: only the footer says where.
 */
export class JoinedGroups {
  #file: number | undefined;
  #size = 0;
  #rows = 0;
  readonly #groups: Buffer[] = [];
  #ends: { readonly head: Buffer; readonly tail: Buffer } | undefined;

  constructor(path: string) {
    this.#file = openSync(path, 'w');
    this.#write(MAGIC);
  }

  add(part: Buffer): void {
    const end = part.length - TAIL_BYTES;
    const start = end - part.readUInt32LE(end);
    const fields = findThriftFields(part, start);
    const rows = fields.get(NUM_ROWS)!;
    const groups = fields.get(ROW_GROUPS)!;
    this.#ends ??= {
      head: Buffer.from(part.subarray(start, rows.start)),
      tail: Buffer.from(part.subarray(groups.end, end)),
    };
    const moved = this.#size - MAGIC.length;
    this.#write(part.subarray(MAGIC.length, start));
    const count = part[groups.start]! >> 4;
    // The group is behind the byte that says that the list has one; a file without rows has none.
    if (count === 0) return;
    let read = 0;
    const group = changeThriftStruct(part, groups.start + 1, (path, value) => {
      if (path === NUM_ROWS_OF_GROUP) read = value;
      return OFFSETS.has(path) && value > 0 ? value + moved : value;
    });
    this.#rows += read;
    this.#groups.push(group);
  }

  /** Writes the footer. At least one part has to be there. */
  finish(): void {
    const { head, tail } = this.#ends!;
    const footer = Buffer.concat([
      head,
      thriftNumber(this.#rows),
      Buffer.from([LIST_BEHIND]),
      thriftStructs(this.#groups.length),
      ...this.#groups,
      tail,
    ]);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(footer.length);
    this.#write(Buffer.concat([footer, length, MAGIC]));
    this.close();
  }

  /** Does no harm after `finish`. */
  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #write(bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; ) done += writeSync(this.#file!, bytes, done);
    this.#size += bytes.length;
  }
}

const NUM_ROWS_OF_GROUP = '3';
/** The head of a field that is a list, and whose number is one more than that of the field before. */
const LIST_BEHIND = 0x19;
