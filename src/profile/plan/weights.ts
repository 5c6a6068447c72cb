import type { Engine } from '../../engine/duckdb.ts';
import { identifier } from '../../engine/quote.ts';
import { MomentSums, meanAndVariance } from '../accumulators/moments.ts';
import { KEPT_BYTES } from '../counters/text-table.ts';
import { canonicalText } from '../format/canonical-text.ts';
import { digestText, lowerOfBytes, upperOfBytes } from '../hashing/hash.ts';
import type { WeightedStats } from '../model/model.ts';
import { byCountThenBytes, listedValue, MAX_LISTED_VALUES } from '../model/value-counts.ts';
import { textColumnOf } from './column-reader.ts';
import type { Leaf } from './leaves.ts';
import { weightSqlOf } from './weight-sql.ts';

/** Weights are counted in units of 2^-20, as integers, so that their sums do not depend on the order of rows. */
const UNIT = 2 ** 20;

/** The most distinct values of which the heaviest are listed. */
const MAX_GROUPS = 2 ** 20;

/** Weighted counts of a scalar feature. A row whose weight is null, negative or not finite weighs nothing. */
export async function weighLeaf(
  engine: Engine,
  leaf: Leaf,
  distinct: number,
  source: string,
  weight: string,
): Promise<WeightedStats> {
  const sql = weightSqlOf(leaf);
  const column = `CAST(${identifier(weight)} AS DOUBLE)`;
  const units = `CASE WHEN ${column} > 0 AND isfinite(${column}) THEN CAST(round(${column} * ${UNIT}) AS HUGEINT) ELSE 0 END`;
  const rows = `(SELECT ${sql.value(leaf.expressions[0]!)} AS v, ${units} AS n FROM ${source})`;
  const sum = (filter: string) => `coalesce(sum(n) FILTER (${filter}), 0)::DOUBLE`;
  const [[present], [nulls]] = (await engine.query(
    `SELECT ${sum('v IS NOT NULL')}, ${sum('v IS NULL')} FROM ${rows}`,
  )) as [[number], [number]];
  const weighed = `(SELECT v, n FROM ${rows} WHERE v IS NOT NULL AND n > 0)`;
  const values = distinct > MAX_GROUPS ? [] : await weighValues(engine, leaf, sql.text, weighed);
  const moments = sql.bits
    ? await weighNumbers(engine, sql.bits, weighed)
    : { mean: null, standardDeviation: null };
  return { present: present / UNIT, nulls: nulls / UNIT, ...moments, values };
}

/** The exponent field of infinities and NaN. */
const NOT_FINITE = 2047;
const BIAS = 1023;

/** Mean and deviation of doubles rounded to 33 significant bits: the mantissas' sums, by sign and exponent. */
async function weighNumbers(
  engine: Engine,
  bits: string,
  weighed: string,
): Promise<Pick<WeightedStats, 'mean' | 'standardDeviation'>> {
  const mantissa = `(((bits & 4503599627370495) + 524288) >> 20)::HUGEINT`;
  const whole = `(CASE WHEN (bits >> 52) & ${NOT_FINITE} = 0 THEN 0 ELSE 4294967296 END + ${mantissa})`;
  const [keys, weights, first, second] = (await engine.query(
    `SELECT e::DOUBLE, sum(n)::VARCHAR, sum(n * m)::VARCHAR, sum(n * m * m)::VARCHAR
      FROM (SELECT n, bits >> 52 AS e, ${whole} AS m FROM (SELECT n, ${bits} AS bits FROM ${weighed})) GROUP BY e`,
  )) as [readonly number[], readonly string[], readonly string[], readonly string[]];
  const sums = new MomentSums(0);
  let finite = 0n;
  keys.forEach((key, row) => {
    if ((key & NOT_FINITE) === NOT_FINITE) return;
    finite += BigInt(weights[row]!);
    const sum = BigInt(first[row]!);
    sums.add(Math.max(key & NOT_FINITE, 1) - BIAS - 32, key > NOT_FINITE ? -sum : sum, BigInt(second[row]!));
  });
  const found = meanAndVariance(sums.moments(), Number(finite));
  if (found === null) return { mean: null, standardDeviation: null };
  return { mean: found.mean, standardDeviation: Math.sqrt(Math.max(0, found.variance)) };
}

async function weighValues(
  engine: Engine,
  leaf: Leaf,
  text: string,
  rows: string,
): Promise<[string, number][]> {
  const heaviest = `SELECT ${text} AS t, sum(n)::DOUBLE AS c FROM ${rows} GROUP BY t ORDER BY c DESC, t LIMIT ${MAX_LISTED_VALUES}`;
  const pairs: [string, number][] = [];
  const column = textColumnOf(leaf.type);
  // Chunk by chunk: each text can be as long as it likes.
  await engine.scan(heaviest, (chunk) => {
    const words = chunk.words(1, 2);
    const weights = new Float64Array(words.buffer, words.byteOffset, chunk.rows);
    chunk.texts(0, ({ view, bytes, starts, lengths, index, rows: found }) => {
      for (let row = 0; row < found; row++) {
        const [start, length] = [starts[row]!, lengths[row]!];
        const digest = () => digestText(upperOfBytes(view, start, length), lowerOfBytes(view, start, length));
        const written = column.text(bytes.subarray(start, start + Math.min(length, KEPT_BYTES)));
        const value = listedValue(canonicalText(leaf.type, leaf.engineType, written), digest);
        pairs.push([value, weights[index[row]!]! / UNIT]);
      }
    });
  });
  return pairs.sort(byCountThenBytes);
}
