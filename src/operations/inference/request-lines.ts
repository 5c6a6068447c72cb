import { MAX_LINE_BYTES } from '../../engine/formats/text/lines.ts';
import { VarveError } from '../../errors.ts';
import { requestInvalid } from './columns.ts';
import type { RequestReader } from './requests.ts';

const LINE_FEED = 0x0a;

/** Rows of features as JSON Lines, from a stream that may have them in envelopes. */
export class RequestLines {
  readonly #reader: RequestReader;
  /** Forms of requests that were met up to now, such as `cloudevents/v2`. */
  readonly envelopes = new Set<string>();
  #hasEnvelopes = false;

  constructor(reader: RequestReader) {
    this.#reader = reader;
  }

  /**
   * Read JSON Lines. What the first line is decides: a stream of rows passes as it is, whatever its lines hold; one of envelopes is read
   * line by line, each of which may have none or many rows.
   * @throws VarveError `request-invalid`
   */
  async *rows(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    const lines = new LineBuffer();
    let isPlain = false;
    for await (const chunk of bytes) {
      if (isPlain) {
        yield chunk;
        continue;
      }
      lines.add(chunk);
      for (let text = lines.take(); text !== undefined; text = isPlain ? undefined : lines.take()) {
        const found = this.#read(text, lines.taken);
        isPlain = found === undefined;
        yield found ?? text;
      }
      isPlain ||= this.#isTooLong(lines);
      if (isPlain) yield lines.rest();
    }
    const text = lines.rest();
    if (text.length > 0) yield this.#read(text, lines.taken + 1) ?? text;
  }

  /** Whether a line is no request because of its length. Of rows, the engine says what is too long. */
  #isTooLong({ heldBytes, taken }: LineBuffer): boolean {
    if (heldBytes <= MAX_LINE_BYTES) return false;
    if (this.#hasEnvelopes) throw atLine(taken + 1, requestInvalid('it is longer than 32 MiB'));
    return true;
  }

  /** The rows of a line; undefined where it shows that the stream has no envelopes. */
  #read(text: Buffer, line: number): Uint8Array | undefined {
    if (text.every((byte) => byte <= 0x20)) return text.subarray(0, 0);
    const isFirst = !this.#hasEnvelopes;
    let value: unknown;
    try {
      value = JSON.parse(text.toString('utf8'));
    } catch {
      if (isFirst) return undefined;
      throw atLine(line, requestInvalid('it is no JSON'));
    }
    // A list is no row, but may be a batch of events.
    if (isFirst && (typeof value !== 'object' || value === null)) return undefined;
    try {
      const { envelope, rows } = this.#reader.read(value);
      if (envelope.length === 0) return isFirst ? undefined : jsonLines(rows);
      this.#hasEnvelopes = true;
      if (rows.length > 0) this.envelopes.add(envelope.join('/'));
      return jsonLines(rows);
    } catch (error) {
      throw error instanceof VarveError ? atLine(line, error) : error;
    }
  }
}

/** Cut bytes into lines. @throws VarveError `request-invalid` for one that is too long */
export async function* linesOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  const lines = new LineBuffer();
  for await (const chunk of bytes) {
    lines.add(chunk);
    for (let text = lines.take(); text !== undefined; text = lines.take()) yield text;
    if (lines.heldBytes > MAX_LINE_BYTES)
      throw atLine(lines.taken + 1, requestInvalid('it is longer than 32 MiB'));
  }
  const text = lines.rest();
  if (text.length > 0) yield text;
}

/** Cuts chunks into lines. */
class LineBuffer {
  /** The beginning of a line whose end has not come. */
  #held: Uint8Array[] = [];
  #chunk: Uint8Array = new Uint8Array();
  heldBytes = 0;
  /** Lines that were taken. */
  taken = 0;

  add(chunk: Uint8Array): void {
    this.#chunk = chunk;
  }

  /** The next whole line with its line feed; undefined where more has to be added first. */
  take(): Buffer | undefined {
    const feed = this.#chunk.indexOf(LINE_FEED);
    const end = feed < 0 ? this.#chunk.length : feed + 1;
    if (end > 0) this.#held.push(this.#chunk.subarray(0, end));
    this.heldBytes += end;
    this.#chunk = this.#chunk.subarray(end);
    if (feed < 0) return undefined;
    this.taken++;
    return this.#flush();
  }

  /** All that was added and not taken. */
  rest(): Buffer {
    this.#held.push(this.#chunk);
    this.#chunk = new Uint8Array();
    return this.#flush();
  }

  #flush(): Buffer {
    const whole = Buffer.concat(this.#held);
    this.#held = [];
    this.heldBytes = 0;
    return whole;
  }
}

function jsonLines(rows: readonly unknown[]): Uint8Array {
  return Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
}

function atLine(line: number, { code, message, remedy }: VarveError): VarveError {
  return new VarveError(code, message.replace('A request', `The request in line ${line}`), {
    path: `line ${line}`,
    remedy,
  });
}
