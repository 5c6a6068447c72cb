import { isUtf8 } from 'node:buffer';
import {
  BooleanBuilder,
  TextBuilder,
  type ValueBuilder,
  WordsBuilder,
} from '../../chunks/column-builders.ts';
import { BinaryFault } from '../binary-fault.ts';
import { readExample } from './example.ts';
import type { FeatureKind, FeatureSink } from './features.ts';
import { readPredictionLog } from './prediction-log.ts';
import { recordKindOf } from './record-kind.ts';
import { wholeRecords } from './records.ts';
import { Wire } from './wire.ts';

/** Bounds of what a few bytes may become. */
interface RowBounds {
  /** Values of one message. */
  readonly values: number;
  /** Bytes of all its rows, as JSON. */
  readonly bytes: number;
}

/**
 * Read the rows of one message in memory, a tf.Example or a PredictionLog, as lines of JSON: integers have all their digits, floats the fewest
 * that tell them from others, bytes are text where they are UTF-8 and else base64, and what JSON has no number for is null.
 * @throws BinaryFault
 */
export function rowsOfMessage(bytes: Buffer, bounds: RowBounds, start = 0, end = bytes.length): string[] {
  const sink = new RowSink(bounds.bytes);
  const wire = new Wire(bytes);
  const kind = recordKindOf(bytes, start, end);
  if (kind === 'example') {
    readExample(wire, start, end, sink);
    sink.endRow();
  } else if (kind === 'prediction-log') readPredictionLog(wire, start, end, sink, bounds.values);
  else throw new BinaryFault('it is neither a tf.Example nor a PredictionLog');
  return sink.rows;
}

/** Read the messages of records in memory as rowsOfMessage does, one by one. What is no record any more comes as the fault that says so. */
export function* rowsOfRecords(bytes: Buffer, bounds: RowBounds): Generator<string[] | BinaryFault> {
  const { starts, ends, end, fault } = wholeRecords(bytes);
  let left = bounds.bytes;
  for (const [at, start] of starts.entries()) {
    try {
      const rows = rowsOfMessage(bytes, { ...bounds, bytes: left }, start, ends[at]!);
      left -= rows.reduce((sum, { length }) => sum + length, 0);
      yield rows;
    } catch (error) {
      if (!(error instanceof BinaryFault)) throw error;
      yield error;
    }
  }
  if (fault !== undefined) yield new BinaryFault(fault);
  else if (end < bytes.length) yield new BinaryFault('the records end within one');
}

/** Writes features as JSON. */
class RowSink implements FeatureSink {
  readonly rows: string[] = [];
  #left: number;
  readonly #add = (value: string): void => {
    this.#take(value.length + 1);
    this.#values.push(value);
  };
  readonly #values: string[] = [];
  readonly #text = new TextValues(this.#add);
  readonly #flags = new FlagValues(this.#add);
  readonly #numbers: Readonly<Record<'float' | 'int64' | 'double', WordsBuilder>> = {
    float: new NumberValues(this.#add, 'float'),
    int64: new NumberValues(this.#add, 'int64'),
    double: new NumberValues(this.#add, 'double'),
  };
  #name = '';
  #row = new Map<string, string>();

  /** @param most bytes of all rows */
  constructor(most: number) {
    this.#left = most;
  }

  open(bytes: Buffer, start: number, end: number, kind: FeatureKind): ValueBuilder {
    this.#name = bytes.toString('utf8', start, end);
    this.#values.length = 0;
    if (kind === 'bytes') return this.#text;
    return kind === 'boolean' ? this.#flags : this.#numbers[kind];
  }

  close(count: number): void {
    const value = count === 1 ? this.#values[0]! : `[${this.#values.join()}]`;
    this.#set(value);
  }

  leaveEmpty(bytes: Buffer, start: number, end: number): void {
    this.#name = bytes.toString('utf8', start, end);
    this.#set('null');
  }

  openSequence(): void {
    throw noSequences();
  }

  openElement(): ValueBuilder {
    throw noSequences();
  }

  addEmptyElement(): void {
    throw noSequences();
  }

  closeSequence(): void {
    throw noSequences();
  }

  endRow(): void {
    const fields = [...this.#row].map(([name, value]) => `${JSON.stringify(name)}:${value}`);
    this.rows.push(`{${fields.join()}}`);
    this.#row = new Map();
  }

  #set(value: string): void {
    this.#take(this.#name.length);
    if (this.#row.has(this.#name))
      throw new BinaryFault(`its feature ${JSON.stringify(this.#name)} is there twice`);
    this.#row.set(this.#name, value);
  }

  #take(bytes: number): void {
    this.#left -= bytes;
    if (this.#left < 0) throw new BinaryFault('its rows take more room than those of one request may');
  }
}

/** What becomes of a value, as JSON. */
type AddValue = (value: string) => void;

/** Neither message has any. */
function noSequences(): BinaryFault {
  return new BinaryFault('it has lists of features');
}

class TextValues extends TextBuilder {
  readonly #add: AddValue;

  constructor(add: AddValue) {
    super('VARCHAR');
    this.#add = add;
  }

  override add(bytes: Buffer, start: number, end: number): void {
    const own = bytes.subarray(start, end);
    this.#add(JSON.stringify(own.toString(isUtf8(own) ? 'utf8' : 'base64')));
  }
}

class FlagValues extends BooleanBuilder {
  readonly #add: AddValue;

  constructor(add: AddValue) {
    super();
    this.#add = add;
  }

  override add(value: boolean): void {
    this.#add(String(value));
  }
}

class NumberValues extends WordsBuilder {
  readonly #add: AddValue;
  readonly #kind: 'float' | 'int64' | 'double';

  constructor(add: AddValue, kind: 'float' | 'int64' | 'double') {
    super('', 2);
    this.#add = add;
    this.#kind = kind;
  }

  override add64(low: number, high: number): void {
    this.#add(String((BigInt(high) << 32n) | BigInt(low >>> 0)));
  }

  override addBytes(source: Buffer, start: number, count: number): void {
    const size = this.#kind === 'float' ? 4 : 8;
    for (let at = start; at < start + count * size; at += size) this.#add(this.#numberAt(source, at));
  }

  #numberAt(source: Buffer, at: number): string {
    if (this.#kind === 'int64') return String(source.readBigInt64LE(at));
    const value = this.#kind === 'float' ? shortest(source.readFloatLE(at)) : source.readDoubleLE(at);
    return Number.isFinite(value) ? String(value) : 'null';
  }
}

/** Digits of which any float of 32 bits has enough: IEEE 754-2008, section 5.12.2. */
const FLOAT_DIGITS = 9;
const MIN_FLOAT_DIGITS = 6;

/** The number of fewest digits that is this float among those of 32 bits: 0.1, and not 0.10000000149011612. */
function shortest(float: number): number {
  for (let digits = MIN_FLOAT_DIGITS; digits < FLOAT_DIGITS; digits++) {
    const short = Number(float.toPrecision(digits));
    if (Math.fround(short) === float) return short;
  }
  return float;
}
