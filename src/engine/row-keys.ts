import { createHmac } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemError } from '../base/files/system-errors.ts';
import type { Engine } from './duckdb.ts';
import { literal } from './quote.ts';
import type { EngineColumn, EngineType } from './types.ts';

/** Bytes of a key: half of a SHA-256, which no two different values share. */
export const KEY_BYTES = 16;

/** Where the keys of rows are written. */
export interface KeysAsked {
  /** Expressions that name columns. A row with a null in one of them has no key. */
  readonly columns: readonly string[];
  /** Absolute. A file in it, named by its number, has the keys of a range. */
  readonly folder: string;
  readonly ranges: number;
  /** A short text by which the keys of one question are others than those of another, whatever the rows. */
  readonly salt: string;
  /** As hexadecimal digits, for the seals of frames. */
  readonly secret: string;
  /** Two numbers below 2³² that stand before keys, for whoever reads the files. */
  readonly frame: readonly [question: number, unit: number];
}

/** The key of a row, as 32 hexadecimal digits: equal for rows whose values in the columns, which areComparable, are equal to the engine. */
export function keySql(columns: readonly string[], salt: string): string {
  const hashed = [`CAST(${literal(salt)} AS BLOB)`, ...columns.map(sortKeySql)];
  return `left(sha256(${hashed.join(' || ')}), ${2 * KEY_BYTES})`;
}

/** Adds keys up, whatever their order: keys that were lost or doubled come to another sum. That none was changed is for the seals of frames. */
export class KeySum {
  readonly #words = new Uint32Array(4);

  add(key: Uint8Array): void {
    for (let word = 0; word < 4; word++) {
      const at = 4 * word;
      this.#words[word]! += (key[at]! << 24) | (key[at + 1]! << 16) | (key[at + 2]! << 8) | key[at + 3]!;
    }
  }

  /** Add what another sum comes to. */
  addText(text: string): void {
    this.add(Buffer.from(text, 'hex'));
  }

  /** As 32 hexadecimal digits. */
  get text(): string {
    return [...this.#words].map((word) => word.toString(16).padStart(8, '0')).join('');
  }
}

/** Whether a text is a key, or a sum of keys, as hexadecimal digits. */
export function isKeyText(text: unknown): text is string {
  return typeof text === 'string' && /^[0-9a-f]{32}$/.test(text);
}

/**
 * The bytes by which the engine sorts a value: where they end, they say themselves. It sorts intervals by their months, days and microseconds, but
 * compares them with 30 days for a month; the detour by text is for its binder, to which other types are no intervals.
 */
function sortKeySql(column: string): string {
  const normal = `normalized_interval(CAST(CAST(${column} AS VARCHAR) AS INTERVAL))`;
  return `CASE WHEN typeof(${column}) = 'INTERVAL' THEN ${sortBytesSql(normal)} ELSE ${sortBytesSql(column)} END`;
}

/** With an empty text behind it, it is bytes: of a lone number it would be a number. */
function sortBytesSql(value: string): string {
  return `create_sort_key(${value}, ${IN_ORDER}, '', ${IN_ORDER})`;
}

const IN_ORDER = "'ASC NULLS LAST'";

/** Types of which the engine takes two values for equal if it sorts them to the same place. */
const COMPARABLE = new Set([
  ...['BOOLEAN', 'TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'HUGEINT', 'BIGNUM'],
  ...['UTINYINT', 'USMALLINT', 'UINTEGER', 'UBIGINT', 'UHUGEINT', 'FLOAT', 'DOUBLE', 'DECIMAL'],
  ...['VARCHAR', 'BLOB', 'BIT', 'UUID', 'ENUM', 'JSON'],
  ...['DATE', 'TIME', 'TIME_NS', 'TIME WITH TIME ZONE', 'TIMESTAMP', 'TIMESTAMP WITH TIME ZONE'],
  ...['TIMESTAMP_S', 'TIMESTAMP_MS', 'TIMESTAMP_NS'],
]);

/** Whether rows of columns of these types have a key: not where intervals lie within others, nor of types that the engine compares in a way of their own. */
export function areComparable(columns: readonly EngineColumn[]): boolean {
  return columns.every(({ type }) => type.text === 'INTERVAL' || isComparable(type));
}

function isComparable(type: EngineType): boolean {
  if (type.kind === 'list') return isComparable(type.element);
  if (type.kind === 'struct') return type.fields.every((field) => isComparable(field.type));
  return COMPARABLE.has(type.id);
}

/** Bytes of a frame before its keys: question, unit, and how many keys there are, each of four bytes, little-endian. */
export const FRAME_BYTES = 12;

/** The most keys of a frame. */
export const FRAME_KEYS = 1024;

/** Bytes of a frame behind its keys: half of an HMAC-SHA-256 of all before them, which nobody has who does not know the secret. */
export const SEAL_BYTES = 16;

/** The seal of a frame. @param secret as hexadecimal digits @param frame its bytes without the seal */
export function frameSeal(secret: string, frame: Uint8Array): Buffer {
  return createHmac('sha256', Buffer.from(secret, 'hex')).update(frame).digest().subarray(0, SEAL_BYTES);
}

/** Keys that were written: how many, and their KeySum. */
export interface WrittenKeys {
  readonly keys: number;
  readonly sum: string;
}

/** Write the keys of the rows of a relation, in their order, each to the file of its range. @throws VarveError of the system */
export async function writeKeys(
  engine: Engine,
  relation: string,
  { columns, folder, ranges, salt, secret, frame }: KeysAsked,
): Promise<WrittenKeys> {
  let written = 0;
  const sum = new KeySum();
  const waiting = Array.from({ length: ranges }, () => ({ bytes: Buffer.alloc(0), keys: 0 }));
  const flush = (range: number) => {
    const { bytes, keys } = waiting[range]!;
    if (keys === 0) return;
    const head = Buffer.alloc(FRAME_BYTES);
    for (const [at, word] of [...frame, keys].entries()) head.writeUInt32LE(word, 4 * at);
    const sealable = Buffer.concat([head, bytes.subarray(0, keys * KEY_BYTES)]);
    append(join(folder, String(range)), Buffer.concat([sealable, frameSeal(secret, sealable)]));
    written += keys;
    waiting[range]!.keys = 0;
  };
  const take = (key: Uint8Array) => {
    sum.add(key);
    const range = rangeOf(key, ranges);
    const own = waiting[range]!;
    if (own.bytes.length === 0) own.bytes = Buffer.alloc(FRAME_KEYS * KEY_BYTES);
    own.bytes.set(key, own.keys++ * KEY_BYTES);
    if (own.keys === FRAME_KEYS) flush(range);
  };
  const isWhole = columns.map((column) => `${column} IS NOT NULL`).join(' AND ');
  const sql = `SELECT unhex(${keySql(columns, salt)}) FROM ${relation} WHERE ${isWhole}`;
  await engine.scan(sql, (chunk) =>
    chunk.texts(0, ({ bytes, starts, rows }) => {
      for (let row = 0; row < rows; row++) take(bytes.subarray(starts[row]!, starts[row]! + KEY_BYTES));
    }),
  );
  for (const range of waiting.keys()) flush(range);
  return { keys: written, sum: sum.text };
}

function append(path: string, bytes: Uint8Array): void {
  try {
    appendFileSync(path, bytes);
  } catch (error) {
    throw systemError(error, 'write', path);
  }
}

/** Ranges are of equal width, by the first four bytes. */
function rangeOf(key: Uint8Array, ranges: number): number {
  return Math.floor((firstWord(key) / 2 ** 32) * ranges);
}

/** The first four bytes of a key, as a number below 2³². */
export function firstWord(key: Uint8Array): number {
  return key[0]! * 2 ** 24 + key[1]! * 2 ** 16 + key[2]! * 2 ** 8 + key[3]!;
}
