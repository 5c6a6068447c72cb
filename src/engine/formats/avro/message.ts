import { BinaryFault } from '../binary-fault.ts';
import { AvroInput } from './input.ts';
import type { AvroDefinition, AvroSchema } from './schema.ts';
import { type RecordReader, recordReader } from './values.ts';

/** Messages after which the columns that they were read into are thrown away. */
const MESSAGES_HELD = 1000;

/** Milliseconds in a unit of each logical type of times. */
const MILLISECONDS: Readonly<Record<string, number>> = {
  'timestamp-millis': 1,
  'timestamp-micros': 1e-3,
  'timestamp-nanos': 1e-6,
};

/**
 * Tells of single values of one schema, as messages carry them, whether a file of them could be read as a table: it reads them as that
 * would be.
 */
export class MessageCheck {
  readonly #schema: AvroSchema;
  #reader: RecordReader;
  #read = 0;

  /** @throws BinaryFault where the schema is none of Avro, or of values that no columns hold */
  constructor(schema: AvroSchema) {
    this.#schema = schema;
    this.#reader = recordReader(schema, assertFields);
  }

  /**
   * Read a value.
   * @param timeField a field whose time is wanted
   * @returns the time in milliseconds since 1970; undefined where the value has none
   * @throws BinaryFault where the bytes are no such value, or go on behind it
   */
  check(bytes: Buffer, timeField?: string): number | undefined {
    if (this.#read++ % MESSAGES_HELD === 0) this.#reader = recordReader(this.#schema, assertFields);
    const input = new AvroInput(bytes);
    let time: number | undefined;
    try {
      if (timeField === undefined) this.#reader.read(input);
      else time = this.#readWithTime(input, timeField);
    } catch (error) {
      // Of a row that was read in part, columns have different numbers of values.
      this.#read = 0;
      throw error;
    }
    if (input.at < bytes.length) throw new BinaryFault('it goes on behind its value');
    return time;
  }

  #readWithTime(input: AvroInput, timeField: string): number | undefined {
    const { columns, readers } = this.#reader;
    let time: number | undefined;
    for (const [at, reader] of readers.entries()) {
      const start = input.at;
      reader.read(input);
      if (columns[at]!.name !== timeField) continue;
      const type = ((this.#schema as AvroDefinition).fields as readonly AvroDefinition[])[at]!.type;
      time = timeOf(input.bytes.subarray(start, input.at), type as AvroSchema);
    }
    return time;
  }
}

function timeOf(bytes: Buffer, type: AvroSchema): number | undefined {
  const input = new AvroInput(bytes);
  const own = Array.isArray(type) ? (type as readonly AvroSchema[])[input.count()]! : type;
  if (own === 'string') return timeOfText(bytes.toString('utf8', input.at + lengthBytes(input)));
  const unit = MILLISECONDS[String((own as AvroDefinition).logicalType)];
  return unit === undefined ? undefined : Math.floor(input.count() * unit);
}

function lengthBytes(input: AvroInput): number {
  const start = input.at;
  input.count();
  const length = input.at - start;
  input.at = start;
  return length;
}

function timeOfText(text: string): number | undefined {
  const time = Date.parse(text);
  return Number.isFinite(time) ? time : undefined;
}

function assertFields(names: readonly string[]): void {
  const seen = new Set<string>();
  for (const name of names) {
    const key = name.toLowerCase();
    if (name === '' || name.includes('\0') || seen.has(key))
      throw new BinaryFault('a field of its schema has no name, or one that another has');
    seen.add(key);
  }
}
