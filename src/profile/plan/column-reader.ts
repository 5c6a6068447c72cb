import type { Chunk } from '../../engine/chunks/chunk.ts';
import { WideTally } from '../counters/bignum-counter.ts';
import type { Tally } from '../counters/counter.ts';
import { type WordLane, WordTally } from '../counters/fixed-width-counter.ts';
import { type TextLane, TextTally } from '../counters/text-counter.ts';
import {
  dateText,
  decimalText,
  doubleText,
  floatText,
  integerOf,
  timestampText,
  timeText,
} from '../counters/value-text.ts';
import { doubleHash, integerHash } from '../hashing/int64-hash.ts';
import { DoubleMeasure } from '../measures/double-measure.ts';
import { IntegerMeasure } from '../measures/integer-measure.ts';
import { byteLength, codePoints } from '../measures/text-lengths.ts';
import { type Clock, clocks, TimeMeasure } from '../measures/time-measure.ts';
import { cutValue, longestValue } from '../measures/value-measures.ts';
import type { Leaf } from './leaves.ts';

/** How the values of a leaf leave the engine, and what counts them. */
export interface Reading {
  /** The SQL of the column that is read, from that of the leaf. */
  readonly column: (expression: string) => string;
  readonly tally: () => Tally;
}

/** The SQL types of 64 bits in which exact numbers are read where all of them fit. */
export function narrowType({ scalar }: Leaf): string | undefined {
  if (scalar.id === 'HUGEINT' || scalar.id === 'UHUGEINT') return 'BIGINT';
  const wide = scalar.id === 'DECIMAL' && scalar.width > 18 && scalar.scale <= 18;
  return wide ? `DECIMAL(18, ${scalar.scale})` : undefined;
}

/** `narrow` says of a leaf with a narrow type whether all values fit into it. */
export function readingOf(leaf: Leaf, narrow: boolean): Reading {
  const { id, scale, width } = leaf.scalar;
  switch (leaf.type) {
    case 'integer':
      if (narrowType(leaf) !== undefined && !narrow) return wideReading(0);
      return wordReading(id === 'UBIGINT' ? id : 'BIGINT', () => integerLane(0, id === 'UBIGINT'));
    case 'decimal':
      if (width > 18 && !narrow) return wideReading(scale);
      return wordReading(`DECIMAL(18, ${scale})`, () => integerLane(scale, false));
    case 'float':
      return wordReading('DOUBLE', () => doubleLane(id === 'FLOAT'));
    case 'boolean':
      return wordReading('BIGINT', () => ({
        read: readAll,
        hash: integerHash(0, false),
        text: (low) => (low === 1 ? 'true' : 'false'),
      }));
    case 'date':
      return wordReading('DATE', () => ({ ...timeLane(clocks.date, dateText), read: readDates }));
    case 'time':
      return wordReading('TIME', () => timeLane(clocks.time, timeText));
    case 'timestamp':
      return timestampReading(id);
    case 'bytes':
      return textReading('BLOB', hexLane);
    default:
      return textReading('VARCHAR', stringLane);
  }
}

function wordReading(type: string, lane: () => WordLane): Reading {
  return { column: (e) => `CAST(${e} AS ${type})`, tally: () => new WordTally(lane()) };
}

function textReading(type: string, lane: TextLane): Reading {
  return { column: (e) => `CAST(${e} AS ${type})`, tally: () => new TextTally(lane) };
}

function wideReading(scale: number): Reading {
  return { column: (e) => `CAST(${e} AS VARCHAR)`, tally: () => new WideTally(scale) };
}

function timestampReading(id: string): Reading {
  const nanoseconds = id === 'TIMESTAMP_NS';
  const zone = id === 'TIMESTAMP WITH TIME ZONE' ? 'Z' : '';
  const text = (low: number, high: number) => timestampText(low, high, nanoseconds ? 9 : 6, zone);
  const clock = nanoseconds ? clocks.nanoseconds : clocks.microseconds;
  const type = nanoseconds || zone === 'Z' ? id : 'TIMESTAMP';
  return wordReading(type, () => ({ ...timeLane(clock, text), read: readFinite }));
}

function integerLane(scale: number, unsigned: boolean): WordLane {
  const words = new Int32Array(2);
  return {
    read: readAll,
    hash: integerHash(scale, unsigned),
    text: (low, high) => {
      words[0] = low;
      words[1] = high;
      return decimalText(integerOf(words, 0, unsigned), scale);
    },
    measure: new IntegerMeasure(scale, unsigned),
  };
}

function doubleLane(single: boolean): WordLane {
  const text = single ? (low: number, high: number) => floatText(Number(doubleText(low, high))) : doubleText;
  return {
    read: readDoubles,
    hash: doubleHash,
    text,
    measure: new DoubleMeasure(single ? floatText : String),
  };
}

function timeLane(clock: Clock, text: WordLane['text']): WordLane {
  return { read: readAll, hash: integerHash(0, false), text, measure: new TimeMeasure(clock, text) };
}

const decoder = new TextDecoder();

const stringLane: TextLane = {
  lengthOf: codePoints,
  shown: longestValue,
  text: (bytes) => cutValue(decoder.decode(bytes)),
};

const hexLane: TextLane = {
  lengthOf: byteLength,
  shown: longestValue / 2,
  text: (bytes) => cutValue(Buffer.from(bytes.subarray(0, longestValue / 2 + 1)).toString('hex')),
};

/** Which rows count, beside those that are null. */
type Keep = (low: number, high: number) => boolean;

function reader(keep: Keep | undefined): WordLane['read'] {
  return (chunk, column, into, times) => {
    const words = chunk.words(column, 2);
    const valid = chunk.valid(column);
    if (valid === undefined && keep === undefined) {
      into.set(words);
      return chunk.rows;
    }
    let kept = 0;
    for (let row = 0; row < chunk.rows; row++) {
      if (isNull(valid, row) || (keep !== undefined && !keep(words[2 * row]!, words[2 * row + 1]!))) continue;
      into[2 * kept] = words[2 * row]!;
      into[2 * kept + 1] = words[2 * row + 1]!;
      times[kept++] = times[row]!;
    }
    return kept;
  };
}

const readAll = reader(undefined);

/** The greatest integer and its negative stand for the infinities, which have no place in time. */
const readFinite = reader(
  (low, high) => !(high === 0x7fffffff && low === -1) && !(high === -0x80000000 && low === 1),
);

function readDates(chunk: Chunk, column: number, into: Int32Array, times: Float64Array): number {
  const days = chunk.words(column, 1);
  const valid = chunk.valid(column);
  let kept = 0;
  for (let row = 0; row < chunk.rows; row++) {
    const day = days[row]!;
    if (isNull(valid, row) || day === 0x7fffffff || day === -0x7fffffff) continue;
    into[2 * kept] = day;
    into[2 * kept + 1] = day >> 31;
    times[kept++] = times[row]!;
  }
  return kept;
}

/** Doubles with one zero and one NaN. */
function readDoubles(chunk: Chunk, column: number, into: Int32Array, times: Float64Array): number {
  const rows = readAll(chunk, column, into, times);
  for (let row = 0; row < rows; row++) {
    const high = into[2 * row + 1]!;
    if (high === -0x80000000 && into[2 * row] === 0) into[2 * row + 1] = 0;
    else if ((high & 0x7ff00000) === 0x7ff00000 && ((high & 0xfffff) !== 0 || into[2 * row] !== 0)) {
      into[2 * row] = 0;
      into[2 * row + 1] = 0x7ff80000;
    }
  }
  return rows;
}

function isNull(valid: Uint8Array | undefined, row: number): boolean {
  return valid !== undefined && (valid[row >> 3]! & (1 << (row & 7))) === 0;
}
