import { isCount } from '../../base/json.ts';
import { HASH_END, MAX_PACKED_HASHES, SKETCH_SIZE } from '../hashing/sketch.ts';
import { MAX_POSITIONS } from '../model/positions.ts';
import { isListedValue, MAX_LISTED_VALUES } from '../model/value-counts.ts';
import { VALUE_TYPES } from '../model/value-types.ts';

/**
 * Says what is wrong with a value, after the place in it where that is: `.rows is not a count`. Undefined where nothing is.
 * The place is put together on the way out, so that a sound profile of a million counters costs no text.
 */
type Check = (value: unknown) => string | undefined;

const test =
  (what: string, holds: (value: unknown) => boolean): Check =>
  (value) =>
    holds(value) ? undefined : ` is not ${what}`;

const text = test('a text', (value) => typeof value === 'string');
const number = test('a number', (value) => typeof value === 'number' && Number.isFinite(value));
const boolean = test('true or false', (value) => typeof value === 'boolean');
const integer = test('an integer', (value) => Number.isSafeInteger(value));
const count = test('a count', isCount);

/** As many digits as the sum of squares of the longest decimals over all rows there can be has, and room. */
const digits = test('a decimal integer', (value) => typeof value === 'string' && /^-?\d{1,400}$/.test(value));

const nullable =
  (check: Check): Check =>
  (value) =>
    value === null ? undefined : check(value);

const oneOf = (...allowed: readonly unknown[]): Check =>
  test(`one of ${allowed.join(', ')}`, (value) => allowed.includes(value));

function list(check: Check, most = Number.POSITIVE_INFINITY, exactly?: number): Check {
  return (value) => {
    if (!Array.isArray(value)) return ' is not a list';
    if (value.length > most || (exactly !== undefined && value.length !== exactly && value.length !== 0)) {
      return ` has ${value.length} entries`;
    }
    for (let i = 0; i < value.length; i++) {
      const wrong = check(value[i]);
      if (wrong !== undefined) return `[${i}]${wrong}`;
    }
    return undefined;
  };
}

function pair(first: Check, second: Check): Check {
  return (value) => {
    if (!Array.isArray(value) || value.length !== 2) return ' is not a list of 2';
    const wrong = first(value[0]);
    if (wrong !== undefined) return `[0]${wrong}`;
    const other = second(value[1]);
    return other === undefined ? undefined : `[1]${other}`;
  };
}

function record(
  required: Readonly<Record<string, Check>>,
  optional: Readonly<Record<string, Check>> = {},
): Check {
  const known = new Map([...Object.entries(required), ...Object.entries(optional)]);
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return ' is not an object';
    const missing = Object.keys(required).find((key) => !Object.hasOwn(value, key));
    if (missing !== undefined) return `.${missing} is missing`;
    for (const [key, field] of Object.entries(value)) {
      const check = known.get(key);
      if (check === undefined) return `.${key} is unknown`;
      const wrong = check(field);
      if (wrong !== undefined) return `.${key}${wrong}`;
    }
    return undefined;
  };
}

function all(...checks: readonly Check[]): Check {
  return (value) => {
    for (const check of checks) {
      const wrong = check(value);
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  };
}

/** Indexes, ascending, each with a count behind it. */
const buckets = test('a list of buckets', (value) => {
  if (!Array.isArray(value) || value.length % 2 !== 0) return false;
  for (let at = 0; at < value.length; at += 2) {
    if (!Number.isSafeInteger(value[at]) || !(at === 0 || value[at - 2] < value[at])) return false;
    if (!Number.isSafeInteger(value[at + 1]) || value[at + 1] < 0) return false;
  }
  return true;
});

const lengths = record({ count, min: count, max: count, sum: digits, zeros: count, buckets });

/** Decimal digits that a column can have after the point, and powers of two that a double can. */
const scale = test('a scale', (value) =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 38);
const exponent = test('an exponent', (value) => Number.isInteger(value) && Math.abs(value as number) <= 1100);
const parts = list(record({ exponent, sum: digits, sumOfSquares: digits }), 2300);

const moments = record({ scale, parts });

const positions = list(
  record({ count, min: nullable(number), max: nullable(number), moments }),
  MAX_POSITIONS,
);

const numberText = test('a number as text', (value) =>
  typeof value === 'string' && Number.isFinite(Number(value)));

const numeric = record({
  min: nullable(numberText),
  max: nullable(numberText),
  zeros: count,
  nan: count,
  positiveInfinity: count,
  negativeInfinity: count,
  moments,
  negative: buckets,
  positive: buckets,
});

const powerOfTwo = test('a power of two', (value) =>
  Number.isInteger(Math.log2(value as number)) && (value as number) >= 1);

const time = record({
  min: nullable(text),
  max: nullable(text),
  weekday: list(count, 7, 7),
  hour: list(count, 24, 24),
  days: all(list(integer, 2048), buckets),
  dayWidth: powerOfTwo,
});

const listedValue = test('a value as profiles list it', (value) =>
  typeof value === 'string' && isListedValue(value));

const values = (listed: Check): Check =>
  all(
    record({
      exact: boolean,
      values: list(listed, MAX_LISTED_VALUES),
      counts: list(count, MAX_LISTED_VALUES),
      bound: count,
    }),
    test('as many values as counts', (value) => {
      const { values, counts } = value as { values: unknown[]; counts: unknown[] };
      return values.length === counts.length;
    }),
  );

/** As they are stored: the length of the sketch, which lies elsewhere; null where it is that of the listed values. */
const hashes = test('a length', (value) =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_PACKED_HASHES);

const distinct = record({
  k: oneOf(SKETCH_SIZE),
  theta: test('a bound of hashes', (value) =>
    Number.isInteger(value) && (value as number) >= 1 && (value as number) <= HASH_END),
  hashes: nullable(hashes),
});

const weighted = record({
  present: number,
  nulls: number,
  mean: nullable(number),
  standardDeviation: nullable(number),
  values: list(pair(text, number), MAX_LISTED_VALUES),
});

const feature = (listed: Check, more: Readonly<Record<string, Check>>): Check =>
  all(
    record(
      {
        path: all(
          list(text, 64),
          test('a path', (value) => (value as unknown[]).length > 0),
        ),
        type: oneOf(...VALUE_TYPES, 'unknown'),
        engineType: text,
        present: count,
        nulls: count,
        count,
        nullElements: count,
        values: values(listed),
        distinct,
      },
      {
        ...more,
        dateFormats: list(text, 64),
        position: count,
        valency: lengths,
        numeric,
        time,
        lengths,
        weighted,
      },
    ),
    test('a feature whose values are all listed, and has no sketch', (value) => {
      const { values, distinct } = value as {
        values: { exact: boolean };
        distinct: { theta: number; hashes: number | null };
      };
      return distinct.hashes !== null || (values.exact && distinct.theta === HASH_END);
    }),
  );

const table = (listed: Check, more: Readonly<Record<string, Check>> = {}): Check =>
  record(
    { name: text, rows: count, features: list(feature(listed, more)) },
    {
      slice: record({ feature: text, value: text }),
      weight: text,
      skippedLines: count,
      apart: record({ from: text, because: text }),
    },
  );

/** In version 1, what was cut ended in `…` alone. */
const FIRST = record({ varveProfile: oneOf(1), tables: list(table(text)) });

const LATER: ReadonlyMap<unknown, Check> = new Map([
  [2, record({ varveProfile: oneOf(2), tables: list(table(listedValue)) })],
  [4, record({ varveProfile: oneOf(4), tables: list(table(listedValue, { positions })) })],
]);

/** Whether a value read from outside is a profile of format 1, 2 or 4, as it is stored: undefined, or the first thing that is wrong with it. */
export function wrongInProfile(value: unknown): string | undefined {
  const version =
    typeof value === 'object' && value !== null && 'varveProfile' in value ? value.varveProfile : undefined;
  const wrong = (LATER.get(version) ?? FIRST)(value);
  return wrong?.startsWith(' ') ? `it${wrong}` : wrong;
}
