import type { FieldPacket } from 'mysql2';
import { daysOfDate } from '../base/calendar.ts';
import type { MysqlConnection } from './mysql-connection.ts';
import { BINARY, fieldType, isUnsigned, TYPE } from './mysql-types.ts';
import type { Statement } from './names.ts';
import type { CellSink, RowSink } from './query.ts';

/** A packet of the driver: where it is, and what reads the next value of it. */
interface Packet {
  readonly buffer: Buffer;
  offset: number;
  readonly end: number;
  readLengthCodedNumber(): number | null;
  readLengthCodedString(encoding: string): string;
  readDateTimeString(decimals: number, separator: null, type: number): string;
  readTimeString(): string;
}

/** A statement that runs: the driver asks it for what makes a row of a packet, and would else make a value of JavaScript of each cell. */
interface Execution extends NodeJS.EventEmitter {
  buildParserFromFields(): new () => { next(packet: Packet): null };
}

/** A column, as the driver has it. */
type Field = FieldPacket & { readonly encoding?: string };

/**
 * The rows of a statement, from the packets of the binary protocol straight to cells: an object for each row, and a text for each time, cost
 * more than all else. Source: MySQL 8.4 source documentation, "Binary Protocol Resultset".
 */
export class MysqlRows {
  readonly #connection: MysqlConnection;
  readonly #statement: Statement;
  readonly #followed: string | undefined;
  #begun: { readonly execution: Execution; readonly fields: readonly Field[] } | undefined;
  #next: (packet: Packet) => void = () => undefined;
  #last: string | undefined;
  /** What failed on this side, which nobody at the server said. */
  #own: { readonly error: unknown } | undefined;

  /** @param followed the name of the column whose last value is remembered */
  constructor(connection: MysqlConnection, statement: Statement, followed: string | undefined) {
    this.#connection = connection;
    this.#statement = statement;
    this.#followed = followed;
  }

  /** Run the statement, up to its first row. @returns no column for a statement that gives no rows */
  async begin(): Promise<readonly Field[]> {
    const { sql, values } = this.#statement;
    const { driver } = this.#connection;
    const execution = driver.execute({ sql }, [...values]) as unknown as Execution;
    const next = (packet: Packet): void => this.#next(packet);
    execution.buildParserFromFields = () =>
      class {
        next(packet: Packet): null {
          next(packet);
          return null;
        }
      };
    const fields = await this.#until<readonly Field[]>(execution, (resolve) => {
      execution.once('fields', (found: readonly Field[] | undefined) => {
        driver.pause();
        resolve(found ?? []);
      });
    });
    this.#begun = { execution, fields };
    return fields;
  }

  async read(sink: RowSink): Promise<void> {
    if (this.#begun === undefined) await this.begin();
    const { execution, fields } = this.#begun!;
    this.#begun = undefined;
    this.#last = undefined;
    await this.#until<void>(execution, (resolve, reject) => {
      execution.once('end', resolve);
      this.#next = this.#rowReader(fields, sink, reject);
      this.#connection.watch.expectRows();
      this.#connection.driver.resume();
    });
  }

  /** Wait for a statement that has no callback, since it would then keep all rows. */
  async #until<T>(
    execution: Execution,
    begin: (resolve: (value: T) => void, reject: (error: unknown) => void) => void,
  ): Promise<T> {
    return this.#connection
      .answer<T>((resolve, reject) => {
        execution.once('error', reject);
        begin(resolve, reject);
      })
      .catch((error: unknown) => {
        throw this.#own === undefined ? this.#connection.watch.said(error) : this.#own.error;
      });
  }

  last(): string | undefined {
    return this.#last;
  }

  #endRow(sink: RowSink, fail: (error: unknown) => void): void {
    const { driver, watch } = this.#connection;
    const failHere = (error: unknown): void => {
      this.#own = { error };
      fail(error);
    };
    watch.taken();
    try {
      const waiting = sink.endRow();
      if (waiting === undefined) return;
      driver.pause();
      waiting.then(() => driver.resume(), failHere);
    } catch (error) {
      // The rows that still come are of no use.
      driver.pause();
      failHere(error);
    }
  }

  #rowReader(
    fields: readonly Field[],
    sink: RowSink,
    fail: (error: unknown) => void,
  ): (packet: Packet) => void {
    const { cells } = sink;
    const readers = fields.map((field, at) => readerOf(field, cells[at]!));
    const followed = fields.findIndex(({ name }) => name === this.#followed);
    const followedText = followed < 0 ? undefined : textOf(fields[followed]!);
    const bitmapBytes = (fields.length + 9) >> 3;
    return (packet) => {
      // Behind a byte that says that it is a row. The first two bits are of no column.
      const bitmap = packet.offset + 1;
      packet.offset = bitmap + bitmapBytes;
      for (let at = 0; at < readers.length; at++) {
        const bit = at + 2;
        if ((packet.buffer[bitmap + (bit >> 3)]! & (1 << (bit & 7))) !== 0) {
          cells[at]!.addNull();
          continue;
        }
        if (at === followed) this.#last = peeked(packet, followedText!);
        readers[at]!(packet, cells[at]!);
        if (packet.offset > packet.end) throw new RangeError('A row ends before its last value');
      }
      this.#endRow(sink, fail);
    };
  }
}

function peeked(packet: Packet, text: (packet: Packet) => string): string {
  const { offset } = packet;
  const value = text(packet);
  packet.offset = offset;
  return value;
}

type Reader = (packet: Packet, cell: CellSink) => void;

const DATES: readonly number[] = [TYPE.date, TYPE.datetime, TYPE.timestamp];
const NO_TEXTS: readonly (number | undefined)[] = [TYPE.oldDecimal, TYPE.decimal, TYPE.json];

/** Read a whole number of up to 32 bits, the low bytes first. Whether the row has so many is seen behind it. */
function integerAt(packet: Packet, bytes: 1 | 2 | 4, isSigned: boolean): number {
  const { buffer, offset } = packet;
  packet.offset += bytes;
  let word = 0;
  for (let at = bytes - 1; at >= 0; at--) word = (word << 8) | buffer[offset + at]!;
  const unused = 32 - 8 * bytes;
  return isSigned ? (word << unused) >> unused : word >>> 0;
}

const WIDTHS: Readonly<Record<number, 1 | 2 | 4>> = {
  [TYPE.tiny]: 1,
  [TYPE.short]: 2,
  [TYPE.year]: 2,
  [TYPE.long]: 4,
  [TYPE.int24]: 4,
};

function readerOf(field: Field, { type: wanted }: CellSink): Reader {
  const type = fieldType(field);
  const isSigned = !isUnsigned(field);
  const width = WIDTHS[type];
  if (width !== undefined) return (packet, cell) => cell.addNumber(integerAt(packet, width, isSigned));
  if (type === TYPE.longlong)
    return (packet, cell) => {
      const { buffer, offset } = packet;
      packet.offset += 8;
      cell.add64(buffer.readInt32LE(offset), buffer.readInt32LE(offset + 4));
    };
  if (type === TYPE.float || type === TYPE.double)
    return (packet, cell) => {
      const { buffer, offset } = packet;
      packet.offset += type === TYPE.float ? 4 : 8;
      cell.addNumber(type === TYPE.float ? buffer.readFloatLE(offset) : buffer.readDoubleLE(offset));
    };
  if (type === TYPE.bit) return addBits;
  if (DATES.includes(type) && wanted !== 'VARCHAR') return addDateTime;
  const isText = DATES.includes(type) || type === TYPE.time;
  if (!isText && isAsItComes(field)) return addLengthCoded;
  const text = type === TYPE.timestamp ? zoned(textOf(field)) : textOf(field);
  return (packet, cell) => {
    const bytes = Buffer.from(text(packet));
    cell.addBytes(bytes, 0, bytes.length);
  };
}

/** An instant as text says its zone, which is that of the session; a date that is zero is in none. */
function zoned(text: (packet: Packet) => string): (packet: Packet) => string {
  return (packet) => {
    const value = text(packet);
    return value.startsWith('0000') ? value : `${value}+00`;
  };
}

/** Whether bytes are those of the engine's text: decimals are of ASCII, and JSON is UTF-8 whatever its character set says. */
function isAsItComes({ columnType, characterSet, encoding }: Field): boolean {
  return (
    NO_TEXTS.includes(columnType) ||
    characterSet === BINARY ||
    encoding === undefined ||
    encoding === 'utf8' ||
    encoding === 'ascii'
  );
}

function addLengthCoded(packet: Packet, cell: CellSink): void {
  const length = packet.readLengthCodedNumber() ?? 0;
  const start = packet.offset;
  packet.offset += length;
  if (packet.offset > packet.end) throw new RangeError('A value ends behind its row');
  cell.addBytes(packet.buffer, start, packet.offset);
}

/** Bits come as bytes, the high ones first: up to 64 of them, in words of 32. */
function bitsAt(packet: Packet): [low: number, high: number] {
  const length = packet.readLengthCodedNumber() ?? 0;
  let low = 0;
  let high = 0;
  for (let at = 0; at < length; at++) {
    high = (high << 8) | (low >>> 24);
    low = (low << 8) | packet.buffer[packet.offset++]!;
  }
  return [low, high];
}

function addBits(packet: Packet, cell: CellSink): void {
  cell.add64(...bitsAt(packet));
}

/** Bits as the whole number that they are. */
function bitsText(packet: Packet): string {
  const [low, high] = bitsAt(packet);
  return String((BigInt(high >>> 0) << 32n) | BigInt(low >>> 0));
}

const DAY_SECONDS = 86_400;

/** As many parts as are not zero: year, month and day, then hours, minutes and seconds, then microseconds. */
function addDateTime(packet: Packet, cell: CellSink): void {
  const { buffer } = packet;
  const length = buffer[packet.offset]!;
  const at = packet.offset + 1;
  packet.offset = at + length;
  const days = length < 4 ? undefined : daysOfDate(buffer.readUInt16LE(at), buffer[at + 2]!, buffer[at + 3]!);
  const seconds = length < 7 ? 0 : buffer[at + 4]! * 3600 + buffer[at + 5]! * 60 + buffer[at + 6]!;
  const micros = length < 11 ? 0 : buffer.readUInt32LE(at + 7);
  if (days === undefined || seconds >= DAY_SECONDS || micros >= 1_000_000) cell.addUnfit();
  else cell.addTime(days * DAY_SECONDS + seconds, micros);
}

/** Make what reads a value of a column as the server would write it. */
function textOf(field: Field): (packet: Packet) => string {
  const type = fieldType(field);
  const isSigned = !isUnsigned(field);
  const width = WIDTHS[type];
  if (width !== undefined) return (packet) => String(integerAt(packet, width, isSigned));
  if (type === TYPE.longlong)
    return (packet) => {
      const { buffer, offset } = packet;
      packet.offset += 8;
      return String(isSigned ? buffer.readBigInt64LE(offset) : buffer.readBigUInt64LE(offset));
    };
  if (type === TYPE.bit) return bitsText;
  if (DATES.includes(type)) return (packet) => packet.readDateTimeString(field.decimals, null, type);
  if (type === TYPE.time) return (packet) => packet.readTimeString();
  return (packet) => packet.readLengthCodedString(isAsItComes(field) ? 'utf8' : field.encoding!);
}
