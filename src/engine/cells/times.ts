import { daysOfDate } from '../../base/calendar.ts';
import { WordsBuilder } from '../chunks/column-builders.ts';
import { ColumnCells } from './cells.ts';
import { digits } from './digits.ts';

const MINUS = 45;
const POINT = 46;
const COLON = 58;

/** Read `2024-02-29`; years may have more digits. Undefined for what is no date, and for one before year 1. */
function daysAt(source: Buffer, start: number, end: number): number | undefined {
  if (end - start < 10 || end - start > 12 || source[end - 3] !== MINUS || source[end - 6] !== MINUS)
    return undefined;
  return daysOfDate(
    digits(source, start, end - 6),
    digits(source, end - 5, end - 3),
    digits(source, end - 2, end),
  );
}

const DAY_SECONDS = 86_400;

export class DateCells extends ColumnCells {
  column = new WordsBuilder('DATE', 1);

  constructor(type: string) {
    super(type, 4);
  }

  override addTime(seconds: number): void {
    this.column.add(seconds / DAY_SECONDS);
  }

  addBytes(source: Buffer, start: number, end: number): void {
    const days = daysAt(source, start, end);
    if (days === undefined) this.addUnfit();
    else this.column.add(days);
  }
}

/** The time of a day, in seconds and microseconds. */
interface DayTime {
  readonly seconds: number;
  readonly micros: number;
}

/** Read `23:59:59.999999`. 24:00:00 is one, and no leap second is. */
function dayTimeAt(source: Buffer, start: number, end: number): DayTime | undefined {
  const hasPoint = end - start > 8;
  if (end - start < 8 || source[start + 2] !== COLON || source[start + 5] !== COLON) return undefined;
  if (hasPoint && (source[start + 8] !== POINT || end - start > 15)) return undefined;
  const [hours, minutes, whole] = [start, start + 3, start + 6].map((at) => digits(source, at, at + 2));
  const fraction = hasPoint ? digits(source, start + 9, end) : 0;
  if (hours! < 0 || minutes! < 0 || minutes! > 59 || whole! < 0 || whole! > 59 || fraction < 0)
    return undefined;
  const seconds = hours! * 3600 + minutes! * 60 + whole!;
  const micros = hasPoint ? fraction * 10 ** (15 - (end - start)) : 0;
  return seconds < DAY_SECONDS || (seconds === DAY_SECONDS && micros === 0) ? { seconds, micros } : undefined;
}

export class TimeCells extends ColumnCells {
  column = new WordsBuilder('TIME', 2);

  constructor(type: string) {
    super(type, 8);
  }

  addBytes(source: Buffer, start: number, end: number): void {
    const time = dayTimeAt(source, start, end);
    // A file of Parquet has no such end of a day.
    if (time === undefined || time.seconds === DAY_SECONDS) this.addUnfit();
    else addMicros(this.column, time.seconds, time.micros);
  }
}

/** Microseconds are 64 times 15,625 in a second, and so many of them a number of JavaScript holds. */
const EXACT_SECONDS = Number.MAX_SAFE_INTEGER / 15_625;
/** The last second that the engine's times reach. */
const LAST_SECOND = 9_223_372_036_853;

/** @param seconds from -EXACT_SECONDS to EXACT_SECONDS */
function addMicros(column: WordsBuilder, seconds: number, micros: number): void {
  const sixtyFourths = seconds * 15_625;
  let high = Math.floor(sixtyFourths / 2 ** 26);
  let low = (sixtyFourths - high * 2 ** 26) * 64 + micros;
  if (low >= 2 ** 32) {
    low -= 2 ** 32;
    high++;
  }
  column.add64(low, high);
}

export class TimestampCells extends ColumnCells {
  column: WordsBuilder;

  constructor(type: 'TIMESTAMP' | 'TIMESTAMPTZ') {
    super(type, 8);
    this.column = new WordsBuilder(type, 2);
  }

  override addTime(seconds: number, micros: number): void {
    if (Math.abs(seconds) <= EXACT_SECONDS) addMicros(this.column, seconds, micros);
    else if (seconds > LAST_SECOND) this.addUnfit();
    else {
      const value = BigInt(seconds) * 1_000_000n + BigInt(micros);
      this.column.add64(Number(value & 0xffffffffn), Number(value >> 32n));
    }
  }

  /** The session is in UTC, so that no other zone stands behind a time. */
  addBytes(source: Buffer, start: number, end: number): void {
    const hasZone = this.type === 'TIMESTAMPTZ' && end - start > 3 && source[end - 3] === PLUS;
    const isUtc = hasZone && source[end - 2] === ZERO && source[end - 1] === ZERO;
    const last = isUtc ? end - 3 : end;
    const space = source.indexOf(SPACE, start);
    const days = space < 0 || space >= last ? undefined : daysAt(source, start, space);
    const time = days === undefined ? undefined : dayTimeAt(source, space + 1, last);
    if (time === undefined) this.addUnfit();
    else this.addTime(days! * DAY_SECONDS + time.seconds, time.micros);
  }
}

const PLUS = 43;
const ZERO = 48;
const SPACE = 32;
