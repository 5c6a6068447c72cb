import { constants } from 'node:fs';
import { appendFile, open } from 'node:fs/promises';
import { isAbsent, systemError } from '../../base/files/system-errors.ts';

/** Bytes that are held before they are written. */
const BUFFERED_BYTES = 1024 * 1024;
const LINE_FEED = 0x0a;
/** Rows of requests may be about people. */
const FILE_MODE = 0o600;
/** A link in the place of a window leads nowhere. */
const NO_LINK = constants.O_NOFOLLOW ?? 0;
const APPEND = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | NO_LINK;

/** The rows of a window that is open, as JSON Lines in a file. */
export class WindowRows {
  readonly path: string;
  /** Rows that are in the file: what a process leaves that is killed. */
  kept: number;
  rows: number;
  bytes: number;
  #held: string[] = [];
  #heldBytes = 0;

  private constructor(path: string, rows: number, bytes: number) {
    this.path = path;
    this.rows = rows;
    this.kept = rows;
    this.bytes = bytes;
  }

  static begin(path: string): WindowRows {
    return new WindowRows(path, 0, 0);
  }

  /** Go on with what a process that ended left: its last line may be cut, and is dropped then. @throws VarveError as systemError */
  static async resume(path: string): Promise<WindowRows> {
    let rows = 0;
    let size = 0;
    let end = 0;
    const file = await open(path, constants.O_RDWR | NO_LINK).catch((error: unknown) => {
      if (isAbsent(error)) return undefined;
      throw systemError(error, 'read', path);
    });
    if (file === undefined) return WindowRows.begin(path);
    try {
      for await (const chunk of file.createReadStream({ autoClose: false }) as AsyncIterable<Buffer>) {
        for (let feed = chunk.indexOf(LINE_FEED); feed >= 0; feed = chunk.indexOf(LINE_FEED, feed + 1)) {
          rows++;
          end = size + feed + 1;
        }
        size += chunk.length;
      }
      if (end < size) await file.truncate(end);
    } finally {
      await file.close();
    }
    return new WindowRows(path, rows, end);
  }

  /** @param line without its line feed */
  async add(line: string): Promise<void> {
    this.#held.push(line, '\n');
    this.rows++;
    // At least so many bytes; UTF-8 may take up to three times as many.
    this.bytes += line.length + 1;
    this.#heldBytes += line.length + 1;
    if (this.#heldBytes >= BUFFERED_BYTES) await this.flush();
  }

  async flush(): Promise<void> {
    if (this.#heldBytes === 0) return;
    const text = this.#held.join('');
    this.#held = [];
    this.#heldBytes = 0;
    const { rows } = this;
    await appendFile(this.path, text, { mode: FILE_MODE, flag: APPEND });
    this.kept = rows;
  }
}
