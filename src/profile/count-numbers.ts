import type { Engine } from '../engine/duckdb.ts';
import { bucketsPerOctave, sortedBuckets } from './buckets.ts';
import { canonicalText } from './canonical.ts';
import type { Lane } from './lane.ts';
import type { Leaf } from './leaves.ts';
import { addLimbs, limbQuery, limbsOf } from './limbs.ts';
import type { Bucket, Moments, NumericStats } from './model.ts';
import { MomentSums } from './moments.ts';
import type { Overview } from './overview.ts';
import { type Counted, exactSum } from './relation.ts';

/** The upper 18 bits of a binary64: sign, exponent, and six bits of the mantissa. */
const signBit = 2 ** 17;
const bias = 1023;
/** The exponent field of infinities and NaN. */
const notFinite = 2047;

/** Of the 46 bits of a value within its bucket, the upper 26 are kept, rounded. */
const positionBits = 26;

/** Counts numbers bucket by bucket, with exact sums of positions (floats) or of the numbers themselves. */
export async function countNumbers(
  engine: Engine,
  leaf: Leaf,
  lane: Lane,
  counted: Counted,
  overview: Overview,
): Promise<NumericStats> {
  const edge = (text: string | null) =>
    text === null ? null : canonicalText(leaf.type, leaf.engineType, text);
  const min = edge(overview.min);
  const max = edge(overview.max);
  if (lane.units === undefined) {
    const { tally, moments } = await countPositions(engine, lane.bits!, counted);
    return { min, max, ...tally, moments };
  }
  const limbs = limbsOf(lane.units, leaf.scalar.id, [overview.min, overview.max]);
  const [keys, counts, ...sums] = await engine.query(limbQuery(lane.bits!, limbs, counted));
  const units = new MomentSums(leaf.scalar.scale);
  keys!.forEach((_, row) => {
    addLimbs(
      units,
      limbs.length,
      sums.map((column) => BigInt(column[row] as string)),
    );
  });
  const tally = tallyOf(keys as readonly number[], counts as readonly number[]);
  return { min, max, ...tally, moments: units.moments() };
}

type Tally = Omit<NumericStats, 'min' | 'max' | 'moments'>;

function tallyOf(keys: readonly number[], counts: readonly number[]): Tally {
  const tally = { zeros: 0, nan: 0, positiveInfinity: 0, negativeInfinity: 0 };
  const positive = new Map<number, number>();
  const negative = new Map<number, number>();
  keys.forEach((key, row) => {
    const count = counts[row]!;
    const { below, field, sub } = partsOf(key);
    if (field === notFinite) {
      tally[sub !== 0 ? 'nan' : below ? 'negativeInfinity' : 'positiveInfinity'] += count;
    } else if (field === 0 && sub === 0) tally.zeros += count;
    else (below ? negative : positive).set((field - bias) * bucketsPerOctave + sub, count);
  });
  return { ...tally, negative: sortedBuckets(negative), positive: sortedBuckets(positive) };
}

function partsOf(key: number): { below: boolean; field: number; sub: number } {
  const magnitude = key % signBit;
  return {
    below: key >= signBit,
    field: Math.floor(magnitude / bucketsPerOctave),
    sub: magnitude % bucketsPerOctave,
  };
}

/**
 * Counts doubles by the upper bits of their binary64, and sums where in its bucket each lies.
 * `finite` is how many (or how much weight) are finite: what the moments are of.
 */
export async function countPositions(
  engine: Engine,
  bits: string,
  counted: Counted,
): Promise<{ tally: Tally; moments: Moments; finite: number }> {
  const position = '(((bits & 70368744177663) + 524288) >> 20)::BIGINT';
  const [keys, counts, first, second] = (await engine.query(
    `SELECT b::DOUBLE, sum(n)::DOUBLE, ${exactSum(counted, 'd')}::VARCHAR, ${exactSum(counted, '(d * d)')}::VARCHAR
      FROM (SELECT n, bits >> 46 AS b, ${position} AS d FROM (SELECT n, ${bits} AS bits FROM ${counted.sql})) GROUP BY b`,
  )) as [readonly number[], readonly number[], readonly string[], readonly string[]];
  const sums = new MomentSums(0);
  let finite = 0;
  keys.forEach((key, row) => {
    if (partsOf(key).field === notFinite) return;
    finite += counts[row]!;
    addPositions(sums, [key, counts[row]!], BigInt(first[row]!), BigInt(second[row]!));
  });
  return { tally: tallyOf(keys, counts), moments: sums.moments(), finite };
}

/** With M = base + D, v = ±M·2^(e−32): ΣM = n·base + ΣD and ΣM² = n·base² + 2·base·ΣD + ΣD². */
function addPositions(sums: MomentSums, [key, count]: Bucket, d: bigint, dd: bigint): void {
  const { below, field, sub } = partsOf(key);
  const base = BigInt((field === 0 ? 0 : bucketsPerOctave) + sub) << BigInt(positionBits);
  const n = BigInt(count);
  const sum = n * base + d;
  const squares = n * base * base + 2n * base * d + dd;
  sums.add(Math.max(field, 1) - bias - positionBits - 6, below ? -sum : sum, squares);
}
