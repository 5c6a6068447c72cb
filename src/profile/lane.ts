import type { Leaf } from './leaves.ts';

/**
 * How the plan counts one type: SQL expressions over a value `v` that is not null.
 */
export interface Lane {
  /** From the leaf's own expression to the `v` that is grouped and counted; may make null what has no place in time. */
  readonly value: (expression: string) => string;
  /** The value's text, which `canonicalText` finishes. */
  readonly text: string;
  /** 64 bits that stand for the value; the hash is mixed from them (hash.ts). */
  readonly seed: string;
  /** The bits of the value as a binary64, for buckets; numbers only. */
  readonly bits?: string;
  /** The value as an exact integer in units of 10^-scale; integers and decimals only. */
  readonly units?: string;
  /** Code points of strings, bytes of bytes. */
  readonly length?: string;
  /** Days of a date; microseconds (nanoseconds for TIMESTAMP_NS) of a timestamp or time. */
  readonly ticks?: string;
}

/** Doubles hold integers exactly up to 2^53; beyond, an integer is known by its own bits. */
const exactInDouble = 9007199254740992n;

const asIs = (expression: string) => expression;
const finite = (expression: string) => `CASE WHEN isfinite(${expression}) THEN ${expression} END`;

/** The lane of a leaf whose values lie in [min, max] (texts; null where the leaf has none or is not a number). */
export function laneOf(leaf: Leaf, min: string | null, max: string | null): Lane {
  switch (leaf.type) {
    case 'integer':
      return integerLane(leaf, withinDouble(min) && withinDouble(max));
    case 'float': {
      const bits = bitsOf('v');
      return { value: (e) => `CAST(${e} AS DOUBLE)`, text: floatText(leaf), seed: bits, bits };
    }
    case 'decimal':
      return decimalLane(leaf);
    case 'date':
      return timeLane(finite, "date_diff('day', DATE '1970-01-01', v)");
    case 'time':
      return timeLane((e) => `CAST(${e} AS TIME)`, 'epoch_us(v)');
    case 'timestamp':
      return timeLane(finite, leaf.scalar.id === 'TIMESTAMP_NS' ? 'epoch_ns(v)' : 'epoch_us(v)');
    case 'bytes':
      return {
        value: asIs,
        text: 'lower(hex(v[1:129]))',
        seed: 'md5_number_lower(v)',
        length: 'octet_length(v)',
      };
    case 'boolean':
      return { value: asIs, text: 'v::VARCHAR', seed: 'md5_number_lower(v::VARCHAR)' };
    default:
      return {
        value: leaf.scalar.id === 'VARCHAR' ? asIs : (e) => `CAST(${e} AS VARCHAR)`,
        text: 'left(v, 257)',
        seed: 'md5_number_lower(v)',
        length: 'length(v)',
      };
  }
}

/** Bits as a number, with one zero and one NaN. */
function bitsOf(v: string): string {
  return `CASE WHEN ${v} = 0 THEN 0::UBIGINT WHEN isnan(${v}) THEN 9221120237041090560::UBIGINT ELSE ${v}::BIT::UBIGINT END`;
}

/** The shortest text that reads back as the same 32-bit float is shorter than that of its double. */
function floatText(leaf: Leaf): string {
  return leaf.scalar.id === 'FLOAT' ? 'v::FLOAT::VARCHAR' : 'v::VARCHAR';
}

function withinDouble(text: string | null): boolean {
  if (text === null) return true;
  const value = BigInt(text);
  return value >= -exactInDouble && value <= exactInDouble;
}

function integerLane(leaf: Leaf, within: boolean): Lane {
  const bits = 'v::DOUBLE::BIT::UBIGINT';
  const wide = wideIntegers[leaf.scalar.id];
  const own = wide === undefined ? 'v::BIT::UBIGINT' : 'md5_number_lower(v::VARCHAR)';
  const seed = `CASE WHEN v BETWEEN -${exactInDouble} AND ${exactInDouble} THEN ${bits} ELSE ${own} END`;
  const value = (e: string) => `CAST(${e} AS ${wide ?? 'BIGINT'})`;
  return { value, text: 'v::VARCHAR', seed: within ? bits : seed, bits, units: 'v' };
}

const wideIntegers: Readonly<Record<string, string>> = {
  UBIGINT: 'HUGEINT',
  HUGEINT: 'HUGEINT',
  UHUGEINT: 'UHUGEINT',
};

/** A decimal of up to 15 digits is its nearest double and no other's; longer ones are known by their text. */
function decimalLane(leaf: Leaf): Lane {
  const { width, scale } = leaf.scalar;
  const bits = 'v::DOUBLE::BIT::UBIGINT';
  const units =
    width <= 18
      ? `CAST(v::DECIMAL(38, ${scale}) * ${10n ** BigInt(scale)} AS BIGINT)`
      : `CAST(replace(v::VARCHAR, '.', '') AS HUGEINT)`;
  const digits = scale === 0 ? 'v::VARCHAR' : "rtrim(rtrim(v::VARCHAR, '0'), '.')";
  return {
    value: asIs,
    text: 'v::VARCHAR',
    seed: width <= 15 ? bits : `md5_number_lower(${digits})`,
    bits,
    units,
  };
}

function timeLane(value: Lane['value'], ticks: string): Lane {
  return { value, text: 'v::VARCHAR', seed: `(${ticks})::DOUBLE::BIT::UBIGINT`, ticks };
}
