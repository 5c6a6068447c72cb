import { hashEnd, sketchSize, unpackHashes } from './sketch.ts';
import { valueCap } from './values.ts';

/** Says what is wrong with a value, and where; undefined where nothing is. */
type Check = (value: unknown, at: string) => string | undefined;

const test =
  (what: string, holds: (value: unknown) => boolean): Check =>
  (value, at) =>
    holds(value) ? undefined : `${at} is not ${what}`;

const text = test('a text', (value) => typeof value === 'string');
const number = test('a number', (value) => typeof value === 'number' && Number.isFinite(value));
const boolean = test('true or false', (value) => typeof value === 'boolean');
const integer = test('an integer', (value) => Number.isSafeInteger(value));
const count = test('a count', (value) => Number.isSafeInteger(value) && (value as number) >= 0);

/** As many digits as the sum of squares of the longest decimals over all rows there can be has, and room. */
const digits = test('a decimal integer', (value) => typeof value === 'string' && /^-?\d{1,400}$/.test(value));

const nullable =
  (check: Check): Check =>
  (value, at) =>
    value === null ? undefined : check(value, at);

const oneOf = (...allowed: readonly unknown[]): Check =>
  test(`one of ${allowed.join(', ')}`, (value) => allowed.includes(value));

function list(check: Check, most = Number.POSITIVE_INFINITY, exactly?: number): Check {
  return (value, at) => {
    if (!Array.isArray(value)) return `${at} is not a list`;
    if (value.length > most || (exactly !== undefined && value.length !== exactly && value.length !== 0)) {
      return `${at} has ${value.length} entries`;
    }
    return firstWrong(value, (each, index) => check(each, `${at}[${index}]`));
  };
}

function tuple(...checks: readonly Check[]): Check {
  return (value, at) =>
    Array.isArray(value) && value.length === checks.length
      ? firstWrong(checks, (check, index) => check(value[index], `${at}[${index}]`))
      : `${at} is not a list of ${checks.length}`;
}

function record(
  required: Readonly<Record<string, Check>>,
  optional: Readonly<Record<string, Check>> = {},
): Check {
  const known = new Map([...Object.entries(required), ...Object.entries(optional)]);
  return (value, at) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return `${at || 'it'} is not an object`;
    const missing = Object.keys(required).find((key) => !Object.hasOwn(value, key));
    if (missing !== undefined) return `${at}.${missing} is missing`;
    return firstWrong(Object.entries(value), ([key, field]) => {
      const check = known.get(key);
      return check === undefined ? `${at}.${key} is unknown` : check(field, `${at}.${key}`);
    });
  };
}

function firstWrong<T>(items: readonly T[], check: (item: T, index: number) => string | undefined) {
  for (const [index, item] of items.entries()) {
    const wrong = check(item, index);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

function all(...checks: readonly Check[]): Check {
  return (value, at) => firstWrong(checks, (check) => check(value, at));
}

const ascending: Check = (value, at) =>
  (value as [number, number][]).every(
    (bucket, index, buckets) => index === 0 || buckets[index - 1]![0] < bucket[0],
  )
    ? undefined
    : `${at} is not ascending`;

const buckets = all(list(tuple(integer, count)), ascending);

const lengths = record({ count, min: count, max: count, sum: digits, zeros: count, buckets });

/** Decimal digits that a column can have after the point, and powers of two that a double can. */
const scale = test('a scale', (value) =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 38);
const exponent = test('an exponent', (value) => Number.isInteger(value) && Math.abs(value as number) <= 1100);
const parts = list(record({ exponent, sum: digits, sumOfSquares: digits }), 2300);

const numberText = test('a number as text', (value) =>
  typeof value === 'string' && Number.isFinite(Number(value)));

const numeric = record({
  min: nullable(numberText),
  max: nullable(numberText),
  zeros: count,
  nan: count,
  positiveInfinity: count,
  negativeInfinity: count,
  moments: record({ scale, parts }),
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
  days: all(list(tuple(integer, count), 1024), ascending),
  dayWidth: powerOfTwo,
});

const values = record({ exact: boolean, values: list(tuple(text, count), valueCap), bound: count });

const hashes: Check = (value, at) => {
  if (typeof value !== 'string') return `${at} is not a text`;
  try {
    return unpackHashes(value).length > sketchSize ? `${at} has too many hashes` : undefined;
  } catch (error) {
    return `${at}: ${(error as Error).message}`;
  }
};

const distinct = record({
  k: oneOf(sketchSize),
  theta: test('a bound of hashes', (value) =>
    Number.isInteger(value) && (value as number) >= 1 && (value as number) <= hashEnd),
  hashes,
});

const weighted = record({
  present: number,
  nulls: number,
  mean: nullable(number),
  standardDeviation: nullable(number),
  values: list(tuple(text, number), valueCap),
});

const feature = record(
  {
    path: all(
      list(text, 64),
      test('a path', (value) => (value as unknown[]).length > 0),
    ),
    type: oneOf(
      'integer',
      'float',
      'decimal',
      'boolean',
      'string',
      'bytes',
      'date',
      'time',
      'timestamp',
      'unknown',
    ),
    engineType: text,
    present: count,
    nulls: count,
    count,
    nullElements: count,
    values,
    distinct,
  },
  { valency: lengths, numeric, time, lengths, weighted },
);

const table = record(
  { name: text, rows: count, features: list(feature) },
  { slice: record({ feature: text, value: text }), weight: text },
);

/** Whether a value read from outside is a profile of format 1: undefined, or the first thing that is wrong with it. */
export const isProfile: Check = record({ varveProfile: oneOf(1), tables: list(table) });
