import type { Client, Connection, Submittable } from 'pg';
import type { ConnectionWatch } from './connection-watch.ts';
import type { CellSink, RowSink } from './query.ts';

/**
 * The rows of a query by COPY, whose text goes straight to cells: a message is a row, and a value the text that the server writes.
 * Source: PostgreSQL 17 Documentation, "COPY", "Text Format", and "Message Flow", "COPY Operations".
 */
export class PostgresqlRows {
  readonly #client: Client;
  readonly #query: string;
  readonly #followed: number;
  readonly #watch: ConnectionWatch;
  #last: string | undefined;

  /**
   * @param query one that was found to be one statement; COPY takes none but those that give rows
   * @param followed the position of the column whose last value is remembered; -1 for none
   */
  constructor(client: Client, query: string, followed: number, watch: ConnectionWatch) {
    this.#client = client;
    this.#query = query;
    this.#followed = followed;
    this.#watch = watch;
  }

  async read(sink: RowSink): Promise<void> {
    this.#last = undefined;
    const followed = this.#followed;
    const remember = (text: string): void => {
      this.#last = text;
    };
    const reader = new CopyRow(sink.cells, followed, remember);
    this.#watch.expectRows();
    await new Promise<void>((resolve, reject) => {
      // A line of its own, since the last one of a query may end in a comment.
      const sql = `COPY (${this.#query.replace(/;\s*$/, '')}\n) TO STDOUT`;
      const endRow = (): Promise<void> | undefined => {
        this.#watch.taken();
        return sink.endRow();
      };
      const said = (error: unknown): Error => this.#watch.said(error);
      this.#client.query(new Copy(sql, reader, endRow, { resolve, reject, said }) as Submittable);
    });
  }

  last(): string | undefined {
    return this.#last;
  }
}

interface Outcome {
  resolve(): void;
  reject(error: unknown): void;
  said(error: unknown): Error;
}

/** The connection of the driver, whose own types say these otherwise. */
interface Wire {
  parse(statement: { text: string }): void;
  bind(): void;
  execute(): void;
  sync(): void;
}

/** A query of the driver's kind that takes copied rows. */
class Copy implements Submittable {
  readonly #sql: string;
  readonly #reader: CopyRow;
  readonly #endRow: () => Promise<void> | undefined;
  readonly #outcome: Outcome;
  /** What came before the stream heard that it should wait. */
  readonly #waiting: Buffer[] = [];
  #isPaused = false;
  #isDone = false;
  /** Set once nothing more is wanted. */
  #hasFailed = false;

  constructor(sql: string, reader: CopyRow, endRow: () => Promise<void> | undefined, outcome: Outcome) {
    this.#sql = sql;
    this.#reader = reader;
    this.#endRow = endRow;
    this.#outcome = outcome;
  }

  /** By the extended protocol, which takes one statement and no other behind it. */
  submit(connection: Connection): void {
    const wire = connection as unknown as Wire;
    wire.parse({ text: this.#sql });
    wire.bind();
    wire.execute();
    wire.sync();
  }

  handleCopyData({ chunk }: { chunk: Buffer }, connection: Connection): void {
    if (this.#hasFailed) return;
    if (this.#isPaused) this.#waiting.push(Buffer.from(chunk));
    else this.#take(chunk, connection);
  }

  handleCommandComplete(): void {
    // The rows before it may still wait.
  }

  handleReadyForQuery(): void {
    this.#isDone = true;
    if (!this.#isPaused && !this.#hasFailed) this.#outcome.resolve();
  }

  handleError(error: Error): void {
    this.#fail(this.#outcome.said(error));
  }

  #take(row: Buffer, connection: Connection): void {
    try {
      this.#reader.read(row);
    } catch (error) {
      this.#fail(this.#outcome.said(error));
      return;
    }
    try {
      const waiting = this.#endRow();
      if (waiting === undefined) return;
      this.#isPaused = true;
      connection.stream.pause();
      waiting.then(
        () => this.#resume(connection),
        (error: unknown) => this.#fail(error),
      );
    } catch (error) {
      this.#fail(error);
    }
  }

  #resume(connection: Connection): void {
    this.#isPaused = false;
    while (this.#waiting.length > 0) {
      this.#take(this.#waiting.shift()!, connection);
      if (this.#isPaused || this.#hasFailed) return;
    }
    if (this.#isDone) this.#outcome.resolve();
    connection.stream.resume();
  }

  #fail(error: unknown): void {
    this.#hasFailed = true;
    this.#outcome.reject(error);
  }
}

const TAB = 9;
const NEWLINE = 10;
const BACKSLASH = 92;
/** Behind a backslash, the letters that stand for another byte; any other stands for itself. */
const ESCAPED = new Map(
  [...'bfnrtv'].map((letter, at) => [letter.charCodeAt(0), [8, 12, 10, 13, 9, 11][at]!]),
);
const NULL_LETTER = 'N'.charCodeAt(0);

/** Reads a row of COPY's text format into cells. */
class CopyRow {
  readonly #cells: readonly CellSink[];
  readonly #followed: number;
  readonly #remember: (text: string) => void;
  #plain = Buffer.allocUnsafe(1024);

  constructor(cells: readonly CellSink[], followed: number, remember: (text: string) => void) {
    this.#cells = cells;
    this.#followed = followed;
    this.#remember = remember;
  }

  read(row: Buffer): void {
    const last = this.#cells.length - 1;
    let start = 0;
    for (let column = 0; column <= last; column++) {
      const mark = column === last ? NEWLINE : TAB;
      let end = start;
      let isEscaped = false;
      for (let byte = row[end]; byte !== mark; byte = row[++end]) {
        if (byte === BACKSLASH) isEscaped = true;
        if (byte === undefined || byte === TAB || byte === NEWLINE)
          throw new RangeError('A row has other columns than the query');
      }
      this.#add(column, row, start, end, isEscaped);
      start = end + 1;
    }
    if (start !== row.length) throw new RangeError('A row has other columns than the query');
  }

  #add(column: number, row: Buffer, start: number, end: number, isEscaped: boolean): void {
    const cell = this.#cells[column]!;
    if (!isEscaped) {
      if (column === this.#followed) this.#remember(row.toString('utf8', start, end));
      cell.addBytes(row, start, end);
    } else if (end - start === 2 && row[start + 1] === NULL_LETTER) cell.addNull();
    else {
      const length = this.#unescape(row, start, end);
      if (column === this.#followed) this.#remember(this.#plain.toString('utf8', 0, length));
      if (cell.type === 'BLOB') addHexadecimal(cell, this.#plain.toString('latin1', 0, length));
      else cell.addBytes(this.#plain, 0, length);
    }
  }

  /** @returns the bytes that it wrote into `#plain` */
  #unescape(row: Buffer, start: number, end: number): number {
    if (end - start > this.#plain.length) this.#plain = Buffer.allocUnsafe(2 * (end - start));
    let length = 0;
    for (let at = start; at < end; at++) {
      const byte = row[at]! === BACKSLASH && at + 1 < end ? (ESCAPED.get(row[++at]!) ?? row[at]!) : row[at]!;
      this.#plain[length++] = byte;
    }
    return length;
  }
}

/** `\x` and hexadecimal digits: the output format that the transaction asked for. */
function addHexadecimal(cell: CellSink, text: string): void {
  const bytes = Buffer.from(text.slice(2), 'hex');
  cell.addBytes(bytes, 0, bytes.length);
}
