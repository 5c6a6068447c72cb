import { BooleanBuilder, WordsBuilder } from '../chunks/column-builders.ts';
import { ColumnCells } from './cells.ts';
import { digits, SAFE_DIGITS } from './digits.ts';

type Range = [min: number, max: number];
/** The largest of 64 bits are no numbers of JavaScript, which has those one above in their place. */
export const INTEGERS: Readonly<Record<string, Range>> = {
  TINYINT: [-(2 ** 7), 2 ** 7 - 1],
  UTINYINT: [0, 2 ** 8 - 1],
  SMALLINT: [-(2 ** 15), 2 ** 15 - 1],
  USMALLINT: [0, 2 ** 16 - 1],
  INTEGER: [-(2 ** 31), 2 ** 31 - 1],
  UINTEGER: [0, 2 ** 32 - 1],
  BIGINT: [-(2 ** 63), 2 ** 63 - 1],
  UBIGINT: [0, 2 ** 64 - 1],
};

const MINUS = 45;
const POINT = 46;

export class IntegerCells extends ColumnCells {
  column: WordsBuilder;
  readonly #isWide: boolean;
  readonly #min: number;
  readonly #max: number;

  constructor(type: string, min: number, max: number) {
    const isWide = max > 2 ** 32;
    super(type, isWide ? 8 : 4);
    this.#isWide = isWide;
    this.#min = min;
    this.#max = max;
    this.column = isWide ? new WordsBuilder(type, 2) : new WordsBuilder(min < 0 ? 'INTEGER' : 'UINTEGER', 1);
  }

  override addNumber(value: number): void {
    if (!(value >= this.#min && value <= this.#max)) this.addUnfit();
    else if (this.#isWide) addWide(this.column, value);
    else this.column.add(value);
  }

  override add64(low: number, high: number): void {
    if (this.#isWide) this.column.add64(low, high);
    else super.add64(low, high);
  }

  addBytes(source: Buffer, start: number, end: number): void {
    const isNegative = source[start] === MINUS;
    const from = isNegative ? start + 1 : start;
    if (end - from > SAFE_DIGITS) {
      this.#addLong(source.toString('latin1', start, end));
      return;
    }
    const value = digits(source, from, end);
    if (value < 0) this.addUnfit();
    else this.addNumber(isNegative ? -value : value);
  }

  #addLong(text: string): void {
    const value = /^-?\d{1,40}$/.test(text) ? BigInt(text) : undefined;
    const isFit = value !== undefined && value >= BigInt(this.#min) && value < BigInt(this.#max);
    if (isFit && this.#isWide)
      this.column.add64(Number(value & 0xffffffffn), Number((value >> 32n) & 0xffffffffn));
    else this.addUnfit();
  }
}

/** Add a whole number below 2^53, whose high word is rounded down, as that of negative numbers is. */
function addWide(column: WordsBuilder, value: number): void {
  const high = Math.floor(value / 2 ** 32);
  column.add64(value - high * 2 ** 32, high);
}

/** Decimals are whole numbers of their last place. The builder takes those of 18 digits, or of 38. */
export class DecimalCells extends ColumnCells {
  column: WordsBuilder;
  readonly #precision: number;
  readonly #scale: number;
  /** Powers of ten, by their exponents up to the scale: each value takes two, and to compute them takes longer than all else. */
  readonly #powers: Float64Array;
  /** The values end below it. */
  readonly #limit: number;

  constructor(type: string, precision: number, scale: number) {
    const isWide = precision > 18;
    super(type, isWide ? 16 : 8);
    this.#precision = precision;
    this.#scale = scale;
    this.#powers = Float64Array.from({ length: scale + 1 }, (_, exponent) => 10 ** exponent);
    this.#limit = 10 ** precision;
    this.column = new WordsBuilder(`DECIMAL(${isWide ? 38 : 18}, ${scale})`, isWide ? 4 : 2);
  }

  addBytes(source: Buffer, start: number, end: number): void {
    const isNegative = source[start] === MINUS;
    const from = isNegative ? start + 1 : start;
    let point = from;
    while (point < end && source[point] !== POINT) point++;
    if (this.size > 8 || point - from + this.#scale > SAFE_DIGITS) {
      this.#addLong(source.toString('latin1', start, end));
      return;
    }
    const missing = this.#scale - Math.max(end - point - 1, 0);
    const whole = digits(source, from, point);
    const part = point === end ? 0 : digits(source, point + 1, end);
    // Where more digits stand behind the point than the type has, it is none of its values, whatever comes out here.
    const value = whole * this.#powers[this.#scale]! + part * (this.#powers[missing] ?? 0);
    if (whole < 0 || part < 0 || missing < 0 || value >= this.#limit) this.addUnfit();
    else addWide(this.column, isNegative ? -value : value);
  }

  #addLong(text: string): void {
    const [, whole, part = ''] = /^(-?\d{1,40})(?:\.(\d{1,40}))?$/.exec(text) ?? [];
    const value = whole === undefined ? undefined : BigInt(whole + part.padEnd(this.#scale, '0'));
    const limit = 10n ** BigInt(this.#precision);
    if (value === undefined || part.length > this.#scale || value >= limit || value <= -limit) {
      this.addUnfit();
      return;
    }
    const word = (at: bigint): number => Number((value >> at) & 0xffffffffn);
    if (this.size === 8) this.column.add64(word(0n), word(32n));
    else this.column.add128(word(0n), word(32n), word(64n), word(96n));
  }
}

const scratch = new DataView(new ArrayBuffer(8));

export class FloatCells extends ColumnCells {
  column: WordsBuilder;

  constructor(type: 'FLOAT' | 'DOUBLE') {
    super(type, type === 'FLOAT' ? 4 : 8);
    this.column = new WordsBuilder(type, type === 'FLOAT' ? 1 : 2);
  }

  override addNumber(value: number): void {
    if (this.size === 4) {
      scratch.setFloat32(0, value, true);
      this.column.add(scratch.getInt32(0, true));
    } else {
      scratch.setFloat64(0, value, true);
      this.column.add64(scratch.getInt32(0, true), scratch.getInt32(4, true));
    }
  }

  addBytes(source: Buffer, start: number, end: number): void {
    const text = source.toString('latin1', start, end);
    const value = Number(text);
    if (text.trim() === '' || (Number.isNaN(value) && text !== 'NaN')) this.addUnfit();
    else this.addNumber(value);
  }
}

export class BooleanCells extends ColumnCells {
  column = new BooleanBuilder();

  constructor(type: string) {
    super(type, 1);
  }

  addBytes(source: Buffer, start: number, end: number): void {
    const text = source.toString('latin1', start, end);
    const isTrue = text === 't' || text === '1' || text === 'true';
    if (isTrue || text === 'f' || text === '0' || text === 'false') this.column.add(isTrue);
    else this.addUnfit();
  }
}
