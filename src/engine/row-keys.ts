import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Engine } from './duckdb.ts';

/** Bytes of a key: half of a SHA-256, which no two different values share. */
export const KEY_BYTES = 16;

/** Where the keys of rows are written. */
export interface KeysAsked {
  /** Expressions that name columns. A row with a null in one of them has no key. */
  readonly columns: readonly string[];
  /** Absolute. A file in it, named by its number, has the keys of a range. */
  readonly folder: string;
  readonly ranges: number;
  /** Two numbers below 2³² that stand before keys, for whoever reads the files. */
  readonly frame: readonly [question: number, unit: number];
}

/** The key of a row, as 32 hexadecimal digits: equal for rows whose values in the columns are equal to the engine. Null if one of these is null. */
export function keySql(columns: readonly string[]): string {
  const texts = columns.map(keyTextSql);
  const [text, ...others] = texts;
  const all =
    others.length === 0
      ? text
      : texts.map((each) => `CAST(strlen(${each}) AS VARCHAR) || ':' || ${each}`).join(' || ');
  return `left(sha256(${all}), ${2 * KEY_BYTES})`;
}

/** A value of a key as text. The engine takes zeros of both signs for equal, and shows the one without where it compared rows. */
export function keyTextSql(column: string): string {
  const text = `CAST(${column} AS VARCHAR)`;
  return `CASE WHEN ${text} = '-0.0' AND typeof(${column}) IN ('DOUBLE', 'FLOAT') THEN '0.0' ELSE ${text} END`;
}

/** Bytes of a frame before its keys: question, unit, and how many keys there are, each of four bytes, little-endian. */
export const FRAME_BYTES = 12;

/** Keys of one range that are written at once. */
const KEYS_AT_ONCE = 1024;

/** Write the keys of the rows of a relation, in their order, each to the file of its range. */
export async function writeKeys(
  engine: Engine,
  relation: string,
  { columns, folder, ranges, frame }: KeysAsked,
): Promise<void> {
  const waiting = Array.from({ length: ranges }, () => ({ bytes: Buffer.alloc(0), keys: 0 }));
  const flush = (range: number) => {
    const { bytes, keys } = waiting[range]!;
    if (keys === 0) return;
    const head = Buffer.alloc(FRAME_BYTES);
    for (const [at, word] of [...frame, keys].entries()) head.writeUInt32LE(word, 4 * at);
    appendFileSync(join(folder, String(range)), Buffer.concat([head, bytes.subarray(0, keys * KEY_BYTES)]));
    waiting[range]!.keys = 0;
  };
  const take = (key: Uint8Array) => {
    const range = rangeOf(key, ranges);
    const own = waiting[range]!;
    if (own.bytes.length === 0) own.bytes = Buffer.alloc(KEYS_AT_ONCE * KEY_BYTES);
    own.bytes.set(key, own.keys++ * KEY_BYTES);
    if (own.keys === KEYS_AT_ONCE) flush(range);
  };
  const isWhole = columns.map((column) => `${column} IS NOT NULL`).join(' AND ');
  const sql = `SELECT unhex(${keySql(columns)}) FROM ${relation} WHERE ${isWhole}`;
  await engine.scan(sql, (chunk) =>
    chunk.texts(0, ({ bytes, starts, rows }) => {
      for (let row = 0; row < rows; row++) take(bytes.subarray(starts[row]!, starts[row]! + KEY_BYTES));
    }),
  );
  for (const range of waiting.keys()) flush(range);
}

/** Ranges are of equal width, by the first four bytes. */
function rangeOf(key: Uint8Array, ranges: number): number {
  const first = key[0]! * 2 ** 24 + key[1]! * 2 ** 16 + key[2]! * 2 ** 8 + key[3]!;
  return Math.floor((first / 2 ** 32) * ranges);
}
