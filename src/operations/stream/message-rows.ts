/**
 * Streams of messages: their values as rows, the windows that rows fall into, and how far each is dealt with. It may not know where messages
 * come from: a topic and standard input are one to it.
 */

import { isUtf8 } from 'node:buffer';
import { BinaryFault } from '../../engine/formats/binary-fault.ts';
import { MAX_LINE_BYTES } from '../../engine/formats/text/lines.ts';
import { VarveError } from '../../errors.ts';
import { AlikeRows } from '../inference/alike-rows.ts';
import { parseValue } from '../inference/json-value.ts';
import type { RequestReader } from '../inference/requests.ts';
import { NewNames, RowLines } from '../inference/row-lines.ts';
import type { RegisteredSchemas, SchemaUse, WrittenSchema } from './registered-schemas.ts';

/** The rows of one message. */
export interface MessageRows {
  readonly rows: number;
  /** Forms of requests that they came in, such as `cloudevents/v2`; none where they were rows themselves. */
  readonly forms: readonly string[];
  /** When they happened, as the message itself says: milliseconds since 1970. */
  readonly time?: number | undefined;
  /** How they are written: lines of JSON without their ends, or one value of Avro and its schema. */
  readonly content:
    | { readonly lines: readonly Buffer[] }
    | { readonly value: Buffer; readonly schema: WrittenSchema };
}

/** Of a message that was JSON. */
export interface JsonRows extends MessageRows {
  readonly content: { readonly lines: readonly Buffer[] };
}

export interface RowsOptions {
  readonly reader: Pick<RequestReader, 'read'>;
  /** Names of the version, as NewNames takes them. */
  readonly names: ReadonlySet<string> | undefined;
  /** Knows schemas by the ids that values name; undefined where there is no registry. */
  readonly schemas?: RegisteredSchemas | undefined;
  /** The field that says when a row happened. */
  readonly timeField?: string | undefined;
}

/** Why messages are in no window that could be read; see Taken. */
export const LEFT_OUT = {
  mixed: 'it is of another form than those before it',
  timeless: 'it has no time where its time should be',
  future: 'its time lies more than a day ahead',
} as const;

/** Why a value that serializers of a registry wrote is not read where none is named. */
export const UNREGISTERED = 'a registry has its schema: name that by --registry';

/** What is wrong with a message, or a line, that is longer than MAX_LINE_BYTES. */
export const TOO_LONG = 'it is longer than 32 MiB';

/** Source: Confluent, "Formats, Serializers, and Deserializers", "Wire format": a zero, the id of a schema in four bytes, then the value. */
const WIRE_MAGIC = 0;
const WIRE_HEAD_BYTES = 5;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
/** Of rows that are no request: one list for all, since there is one for each message. */
const NO_FORMS: readonly string[] = [];

/** Reads values of messages: JSON, in the forms that model servers log, or as a registry's serializers write it. */
export class MessageReader {
  readonly #options: RowsOptions;
  readonly #names: NewNames;
  readonly #alike: AlikeRows;

  constructor(options: RowsOptions) {
    this.#options = options;
    this.#names = new NewNames(options.names);
    this.#alike = new AlikeRows(options.timeField);
  }

  /** The field that says when a row happened, if one was named. */
  get timeField(): string | undefined {
    return this.#options.timeField;
  }

  /** Count names anew: those that the version has not are counted for each window. */
  beginWindow(): void {
    this.#names.clear();
    this.#alike.clear();
  }

  /**
   * Read a value, or say what is wrong with it.
   * @returns a text completes "A message is left out: …"; a promise only where a registry is asked, since one for each message costs more than
   * to read it
   * @throws VarveError where a registry cannot be asked
   */
  read(value: Buffer | null): MessageRows | string | Promise<MessageRows | string> {
    if (value === null || value.length === 0) return 'it has no value';
    if (value.length > MAX_LINE_BYTES) return TOO_LONG;
    if (value[0] !== WIRE_MAGIC) return this.readJson(value);
    if (value.length < WIRE_HEAD_BYTES) return 'it is no JSON';
    const { schemas } = this.#options;
    if (schemas === undefined) return UNREGISTERED;
    const id = value.readUInt32BE(1);
    const content = value.subarray(WIRE_HEAD_BYTES);
    const known = schemas.known(id);
    return known === undefined
      ? schemas.ask(id).then((schema) => this.#readBy(schema, content))
      : this.#readBy(known, content);
  }

  #readBy(schema: SchemaUse, content: Buffer): MessageRows | string {
    if (schema === 'json') return this.readJson(content);
    if (typeof schema === 'string') return schema;
    try {
      const time = schema.check.check(content, this.#options.timeField);
      return { rows: 1, forms: NO_FORMS, time, content: { value: content, schema } };
    } catch (error) {
      if (error instanceof BinaryFault) return `as a value of schema ${schema.id}, ${error.message}`;
      throw error;
    }
  }

  /** As `read`, of a value that is JSON or nothing. */
  readJson(value: Buffer): JsonRows | string {
    if (!isUtf8(value)) return 'it is no UTF-8';
    const text = value.toString('utf8');
    const alike = this.#alike.find(text);
    if (alike !== undefined) {
      const { asked } = alike;
      return ownLine(value, asked === undefined ? undefined : timeOf(JSON.parse(asked)));
    }
    let json: unknown;
    try {
      json = parseValue(text);
    } catch {
      return 'it is no JSON';
    }
    try {
      return this.#rowsOf(json, text, value);
    } catch (error) {
      if (error instanceof VarveError) return error.message.replace(/^A request cannot be read: /, '');
      throw error;
    }
  }

  /** When rows happened: as a field of theirs says, or their envelope, or else their message. @param sent of the message, if it has a time */
  timeOf({ time }: MessageRows, sent: number | undefined): number | undefined {
    return this.#options.timeField === undefined ? (time ?? sent) : time;
  }

  #rowsOf(json: unknown, text: string, value: Buffer): JsonRows {
    const { reader, timeField } = this.#options;
    const { rows, forms, time: sent } = reader.read(json);
    const lines = new RowLines(this.#names);
    // A row keeps the digits that it was written with, if it is a line.
    const isLine = !value.includes(LINE_FEED) && !value.includes(CARRIAGE_RETURN);
    const own = forms.length === 0 && !Array.isArray(json) && isLine ? text : undefined;
    const written = rows.map((row) => {
      const line = lines.of(row, own);
      return line === text ? value : Buffer.from(line);
    });
    const time = timeField === undefined ? sent : timeOf(rows[0]?.[timeField]);
    if (own !== undefined && written[0] === value) {
      this.#alike.learn(rows[0]!, text);
      return ownLine(value, time);
    }
    return {
      rows: rows.length,
      forms,
      time,
      content: { lines: written },
    };
  }
}

/** Of a message that is a row and its line. */
function ownLine(value: Buffer, time: number | undefined): JsonRows {
  return { rows: 1, forms: NO_FORMS, time, content: { lines: [value] } };
}

/** From here on, a number is milliseconds since 1970, below it seconds: 1e11 seconds are the year 5138. */
const FIRST_MILLISECONDS = 1e11;

function timeOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value < FIRST_MILLISECONDS ? value * 1000 : value;
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isFinite(time) ? time : undefined;
}
