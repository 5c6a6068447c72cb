import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import type { SourceFile } from '../../source-file.ts';
import { decompressor } from '../decompress.ts';
import { NUMBER, objectPattern, PLAIN, SPACES } from './json-grammar.ts';

const DATE = '[1-9]\\d{3}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\\d|3[01])';
const CLOCK = '(?:[01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d';
const FRACTIONS = ['', ...Array.from({ length: 6 }, (_, digits) => `\\.\\d{${digits + 1}}`)];
const TIMES = ['T', ' '].flatMap((between) =>
  FRACTIONS.flatMap((fraction) => ['', 'Z'].map((zone) => `"${DATE}${between}${CLOCK}${fraction}${zone}"`)),
);
const TEXT = `"${PLAIN}(?:\\\\(?:["\\\\/bfnrt]|u[\\da-fA-F]{4})${PLAIN})*"`;
/**
 * Values of one class are the same to the engine when it looks for the types of columns, as long as it can read them: times are so if they are of
 * one form. A value is of the first class that it fits. Whole numbers of more digits, which may be too large for the engine, are of none.
 */
const CLASSES = [
  'null',
  'true|false',
  '0|[1-9]\\d{0,17}',
  '-[1-9]\\d{0,17}',
  '-?(?:0|[1-9]\\d*)(?:\\.\\d+(?:[eE][+-]?\\d+)?|[eE][+-]?\\d+)',
  `"${DATE}"`,
  ...TIMES,
  TEXT,
];
const WHOLE_CLASSES = CLASSES.map((source) => new RegExp(`^(?:${source})$`));
const FIRST_TIME = CLASSES.indexOf(`"${DATE}"`);
const TEXT_CLASS = CLASSES.indexOf(TEXT);

/** Types that columns without texts may have. */
const PLAIN_TYPES = new Set(['BIGINT', 'HUGEINT', 'DOUBLE', 'BOOLEAN']);

const OPENING = new RegExp(`${SPACES}\\{${SPACES}`, 'y');
const FIELD = new RegExp(
  `("[^"\\\\\\x00-\\x1f]+")${SPACES}:${SPACES}(${TEXT}|${NUMBER}|true|false|null)${SPACES}(,|\\})${SPACES}`,
  'y',
);
const END_OF_LINE = /\r?\n/y;

/** Text is looked at in pieces of so many bytes. */
const PIECE = 1024 * 1024;
/** No line is longer, in bytes: it begins in one piece, and ends in the next. */
export const MAX_TYPICAL_LINE = 2 * PIECE;
/** Orders of names. */
const MAX_KINDS = 32;
/** From 200 on, the engine may take columns for the values of one map. */
const MAX_COLUMNS = 199;
const MAX_TYPICAL = 1000;
/** Of all typical lines together. */
const MAX_TYPICAL_BYTES = 16 * PIECE;
/** The engine takes rows for maps of which each has less than a tenth of all names: rows that come close to that are left to it. */
const MIN_SHARE = 0.2;

/** Some rows of JSON Lines that say of which types all are. */
export interface TypicalRows {
  /** Of all columns, in the order of their first values. */
  readonly names: readonly string[];
  /** Lines, a character for each byte. */
  readonly text: string;
  /** Whether all rows have the type of a column that these have. @param type the engine's */
  isSure(name: string, type: string): boolean;
}

/**
 * Look through rows of plain values for a few among which each column has values of all the classes that it has. What the engine makes of these
 * it makes of all rows, and it looks at a few rows far faster than at all.
 * @returns undefined where rows have lists or objects, are of too many kinds, or are not JSON
 */
export async function typicalRows(
  file: SourceFile,
  signal: AbortSignal | undefined,
): Promise<TypicalRows | undefined> {
  const found = new RowKinds();
  let isFit = true;
  try {
    await pipeline(
      createReadStream(file.absolutePath, { highWaterMark: PIECE }),
      decompressor(file),
      async (pieces: AsyncIterable<Buffer>) => {
        let rest = '';
        for await (const piece of pieces) {
          const text = rest + piece.toString('latin1');
          rest = text.slice(found.take(text));
          isFit = found.isFit && rest.length <= PIECE;
          if (!isFit) return;
        }
        if (rest !== '') found.take(`${rest}\n`);
      },
      { signal },
    );
  } catch {
    signal?.throwIfAborted();
    // What is damaged is told of by whoever reads it as a whole.
    return undefined;
  }
  return isFit && found.isFit ? found.typical() : undefined;
}

interface Kind {
  readonly names: readonly string[];
  /** Of a line that has these names, and values of classes that are known of each. */
  pattern: RegExp;
  rows: number;
}

/** Rows by the order of their names, and the classes of each name's values. */
class RowKinds {
  /** The one that was met last stands first. */
  readonly #kinds: Kind[] = [];
  /** By names as they are written, with their quotes. */
  readonly #columns = new Map<string, Set<number>>();
  readonly #typical: string[] = [];
  #typicalBytes = 0;
  isFit = true;

  /** Look at all lines that are whole. @returns where they end */
  take(text: string): number {
    const end = text.lastIndexOf('\n') + 1;
    for (let at = 0; at < end && this.isFit; ) at = this.#endOfKnown(text, at) ?? this.#learn(text, at);
    return end;
  }

  typical(): TypicalRows | undefined {
    const rows = this.#kinds.reduce((sum, kind) => sum + kind.rows, 0);
    const values = this.#kinds.reduce((sum, kind) => sum + kind.rows * kind.names.length, 0);
    const columns = this.#columns.size;
    if (rows === 0 || columns > MAX_COLUMNS || values < MIN_SHARE * rows * columns) return undefined;
    const classes = new Map(
      [...this.#columns].map(([name, found]) => [Buffer.from(name.slice(1, -1), 'latin1').toString(), found]),
    );
    return {
      names: [...classes.keys()],
      text: this.#typical.join(''),
      isSure: (name, type) => isSure(classes.get(name), type),
    };
  }

  #endOfKnown(text: string, at: number): number | undefined {
    for (const [place, kind] of this.#kinds.entries()) {
      const { pattern } = kind;
      pattern.lastIndex = at;
      if (!pattern.test(text)) continue;
      kind.rows++;
      if (place > 0) this.#kinds.unshift(...this.#kinds.splice(place, 1));
      return pattern.lastIndex;
    }
    return undefined;
  }

  /** Take a line for a typical one. @returns where it ends */
  #learn(text: string, at: number): number {
    // A copy, since a slice, and the names found in it, would hold on to all of the piece.
    const line = Buffer.from(text.slice(at, text.indexOf('\n', at) + 1), 'latin1').toString('latin1');
    const fields = fieldsOf(line);
    const names = [...(fields?.keys() ?? [])];
    const kind = this.#kindOf(names);
    this.#typicalBytes += line.length;
    const isRoom = this.#typical.length < MAX_TYPICAL && this.#typicalBytes <= MAX_TYPICAL_BYTES;
    this.isFit = fields !== undefined && kind !== undefined && isRoom;
    if (!this.isFit) return at;
    for (const [name, found] of fields!)
      this.#columns.set(name, (this.#columns.get(name) ?? new Set()).add(found));
    kind!.pattern = this.#patternOf(names);
    kind!.rows++;
    this.#typical.push(line);
    return at + line.length;
  }

  #kindOf(names: readonly string[]): Kind | undefined {
    const known = this.#kinds.find((kind) => kind.names.join() === names.join());
    if (known !== undefined || this.#kinds.length === MAX_KINDS) return known;
    const made = { names, pattern: /(?!)/, rows: 0 };
    this.#kinds.push(made);
    return made;
  }

  #patternOf(names: readonly string[]): RegExp {
    const fields = names.map((name) => {
      const classes = [...this.#columns.get(name)!].map((one) => CLASSES[one]);
      return { name, value: `(?:${classes.join('|')})` };
    });
    return new RegExp(`${objectPattern(fields)}${END_OF_LINE.source}`, 'y');
  }
}

/** The classes of the values of a line, by their names; undefined if it is no row of plain values, or has a name twice. */
function fieldsOf(line: string): ReadonlyMap<string, number> | undefined {
  const values = new Map<string, number>();
  const lowerCase = new Set<string>();
  OPENING.lastIndex = 0;
  if (!OPENING.test(line)) return undefined;
  FIELD.lastIndex = OPENING.lastIndex;
  for (let found = FIELD.exec(line); found !== null; found = FIELD.exec(line)) {
    const [, name, value, next] = found as unknown as [string, string, string, string];
    const valueClass = WHOLE_CLASSES.findIndex((pattern) => pattern.test(value));
    // The engine takes names for one that differ in the case of letters alone.
    if (valueClass < 0 || lowerCase.size === lowerCase.add(name.toLowerCase()).size) return undefined;
    values.set(name, valueClass);
    if (next === ',') continue;
    END_OF_LINE.lastIndex = FIELD.lastIndex;
    return END_OF_LINE.test(line) ? values : undefined;
  }
  return undefined;
}

/** Times of several forms, and texts that the engine took for something else, may be another thing together with those that it has not seen. */
function isSure(classes: ReadonlySet<number> | undefined, type: string): boolean {
  if (classes === undefined) return false;
  if (type === 'VARCHAR' || type === 'JSON') return true;
  const texts = [...classes].filter((one) => one >= FIRST_TIME);
  if (type === 'DATE' || type === 'TIMESTAMP') return texts.length === 1 && texts[0]! < TEXT_CLASS;
  return texts.length === 0 && PLAIN_TYPES.has(type);
}
