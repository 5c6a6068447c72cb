import type { Chunk } from '../../chunks/chunk.ts';
import type { TextRows } from '../../chunks/text-rows.ts';
import { isNull } from '../../chunks/validity.ts';
import type { Engine } from '../../duckdb.ts';
import { identifier } from '../../quote.ts';
import type { EngineColumn } from '../../types.ts';

/** Rows that are looked at: as many as the reader tells types from. */
const FIRST_ROWS = 20_480;

/** Columns of one query. */
const COLUMNS_PER_QUERY = 1024;

const [SINGLE_QUOTE, DOUBLE_QUOTE] = [0x27, 0x22];

/** The least magnitude of a float that no integer of 64 bits has. */
const BEYOND_INT64 = 2 ** 63;

/** What the first rows show of a column of text or floats. */
export interface FirstValues {
  /** Some value of a column of text that is not null. */
  text?: string;
  /** Whether all texts begin and end with a single quote; false where there is none. */
  areSingleQuoted: boolean;
  /** Whether a text begins and ends with double quotes. */
  hasDoubleQuoted: boolean;
  /** Whether a float lies beyond integers of 64 bits. NaN does. */
  isBeyondInt64: boolean;
}

/** The first rows of a loaded table. */
export interface FirstRows {
  /** Of each column of text or floats, by its name. */
  readonly columns: ReadonlyMap<string, FirstValues>;
  /** How many rows the table has, if these are all of them. */
  readonly rows: number | undefined;
}

/**
 * Looks at the first rows of a table, column by column: an aggregate of each column would take the engine longer to plan than a small table
 * takes to read.
 * @param isSmall whether the whole table fits into memory with ease
 */
export async function lookAtFirstRows(
  engine: Engine,
  relation: string,
  columns: readonly EngineColumn[],
  isSmall: boolean,
): Promise<FirstRows> {
  const found = new Map<string, FirstValues>();
  const asked = columns.filter(({ type }) => type.text === 'VARCHAR' || type.text === 'DOUBLE');
  let rows: number | undefined;
  for (let start = 0; start < asked.length; start += COLUMNS_PER_QUERY) {
    const part = asked.slice(start, start + COLUMNS_PER_QUERY).map(({ name, type }) => {
      const values = { areSingleQuoted: false, hasDoubleQuoted: false, isBeyondInt64: false };
      found.set(name, values);
      return { name, values, look: type.text === 'DOUBLE' ? lookAtFloats : lookAtTexts };
    });
    const names = part.map(({ name }) => identifier(name)).join(', ');
    const sql = `SELECT ${names} FROM ${identifier(relation)} LIMIT ${FIRST_ROWS}`;
    let seen = 0;
    const visit = (chunk: Chunk) => {
      seen += chunk.rows;
      for (const [column, { values, look }] of part.entries()) look(chunk, column, values);
    };
    await (isSmall ? engine.scanPortions([sql], visit) : engine.scan(sql, visit));
    rows = seen < FIRST_ROWS ? seen : undefined;
  }
  return { columns: found, rows };
}

function lookAtTexts(chunk: Chunk, column: number, values: FirstValues): void {
  chunk.texts(column, (rows) => {
    if (values.text === undefined) {
      values.text = textOf(rows, 0);
      values.areSingleQuoted = true;
    }
    for (let row = 0; row < rows.rows; row++) {
      const mark = outerMark(rows, row);
      if (mark !== SINGLE_QUOTE) values.areSingleQuoted = false;
      if (mark === DOUBLE_QUOTE) values.hasDoubleQuoted = true;
    }
  });
}

/** The byte that a text both begins and ends with, if there is one. */
function outerMark({ bytes, starts, lengths }: TextRows, row: number): number | undefined {
  const length = lengths[row]!;
  const start = starts[row]!;
  return length > 1 && bytes[start] === bytes[start + length - 1] ? bytes[start] : undefined;
}

function textOf({ bytes, starts, lengths }: TextRows, row: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + starts[row]!, lengths[row]!).toString();
}

function lookAtFloats(chunk: Chunk, column: number, values: FirstValues): void {
  const { buffer, byteOffset } = chunk.words(column, 2);
  const floats = new Float64Array(buffer, byteOffset, chunk.rows);
  const valid = chunk.valid(column);
  for (let row = 0; row < chunk.rows; row++)
    if (!isNull(valid, row) && !(Math.abs(floats[row]!) < BEYOND_INT64)) values.isBeyondInt64 = true;
}
