import type { Engine } from '../engine/duckdb.ts';
import { bucketsPerOctave, sortedBuckets } from './buckets.ts';
import { canonicalText } from './canonical.ts';
import type { Lane } from './lane.ts';
import type { Leaf } from './leaves.ts';
import type { NumericStats } from './model.ts';
import { MomentSums } from './moments.ts';
import type { Overview } from './overview.ts';
import { type Counted, weighedSum } from './relation.ts';

/** Where an exponent field of a binary64 ends: infinities and NaN. */
const exponents = 2047;
const bias = 1023;

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
  const sums = new MomentSums(leaf.type === 'decimal' ? leaf.scalar.scale : 0);
  const limbs = lane.units === undefined ? undefined : limbsOf(lane.units, leaf, overview);
  const columns = await engine.query(
    limbs === undefined ? positionQuery(lane.bits!, counted) : unitQuery(lane, limbs, counted),
  );
  const [keys, counts] = columns as [readonly number[], readonly number[]];
  const sumsAt = (row: number) => columns.slice(2).map((column) => BigInt(column[row] as string));
  const tally = { zeros: 0, nan: 0, positiveInfinity: 0, negativeInfinity: 0 };
  const positive = new Map<number, number>();
  const negative = new Map<number, number>();
  keys.forEach((key, row) => {
    const count = counts[row]!;
    const below = key >= 2 ** 17;
    const field = Math.floor((key % 2 ** 17) / bucketsPerOctave);
    const index = (key % 2 ** 17) - bias * bucketsPerOctave;
    if (limbs !== undefined) addUnits(sums, limbs.length, sumsAt(row));
    else if (field < exponents) addPositions(sums, key, count, sumsAt(row));
    if (field === exponents) {
      tally[key % bucketsPerOctave !== 0 ? 'nan' : below ? 'negativeInfinity' : 'positiveInfinity'] += count;
    } else if (key % 2 ** 17 === 0) tally.zeros += count;
    else (below ? negative : positive).set(index, count);
  });
  const edge = (text: string | null) =>
    text === null ? null : canonicalText(leaf.type, leaf.engineType, text);
  return {
    min: edge(overview.min),
    max: edge(overview.max),
    ...tally,
    moments: sums.moments(),
    negative: sortedBuckets(negative),
    positive: sortedBuckets(positive),
  };
}

function positionQuery(bits: string, counted: Counted): string {
  const position = '(((bits & 70368744177663) + 524288) >> 20)::BIGINT';
  return `SELECT b::DOUBLE, sum(n)::DOUBLE, ${weighedSum(counted, 'd')}::VARCHAR, ${weighedSum(counted, '(d * d)')}::VARCHAR
    FROM (SELECT n, bits >> 46 AS b, ${position} AS d FROM (SELECT n, ${bits} AS bits FROM ${counted.sql})) GROUP BY b`;
}

/** With M = base + D, v = ±M·2^(e−32): ΣM = n·base + ΣD and ΣM² = n·base² + 2·base·ΣD + ΣD². */
function addPositions(sums: MomentSums, key: number, count: number, [d, dd]: readonly bigint[]): void {
  const sub = key % bucketsPerOctave;
  const field = Math.floor((key % 2 ** 17) / bucketsPerOctave);
  const exponent = (field === 0 ? 1 : field) - bias;
  const base = BigInt((field === 0 ? 0 : bucketsPerOctave) + sub) << BigInt(positionBits);
  const n = BigInt(count);
  const sum = n * base + d!;
  const squares = n * base * base + 2n * base * d! + dd!;
  sums.add(exponent - positionBits - 6, key >= 2 ** 17 ? -sum : sum, squares);
}

/**
 * An integer as limbs of 32 bits, the last one signed, so that no product of two overflows. One limb where every value
 * is within 32 bits.
 */
function limbsOf(units: string, leaf: Leaf, overview: Overview): readonly string[] {
  const magnitude = (text: string | null) => {
    if (text === null) return 0n;
    const value = BigInt(text.replace('.', ''));
    return value < 0n ? -value : value;
  };
  const greatest = [overview.min, overview.max].map(magnitude).reduce((a, b) => (a > b ? a : b));
  if (greatest < 2n ** 31n) return [`(${units})::BIGINT`];
  const count = greatest < 2n ** 63n ? 2 : leaf.scalar.id === 'UHUGEINT' ? 5 : 4;
  const wide = count === 2 ? `(${units})::BIGINT` : `(${units})`;
  const limbs = Array.from(
    { length: count - 1 },
    (_, index) => `((${wide} >> ${32 * index}) & 4294967295)::BIGINT`,
  );
  const last = count === 5 ? '0::BIGINT' : `(${wide} >> ${32 * (count - 1)})::BIGINT`;
  return [...limbs, last];
}

function unitQuery(lane: Lane, limbs: readonly string[], counted: Counted): string {
  const named = limbs.map((limb, index) => `${limb} AS l${index}`).join(', ');
  const first = limbs.map((_, index) => `${weighedSum(counted, `l${index}`)}::VARCHAR`);
  const products = pairs(limbs.length).map(([i, j]) => {
    const product = limbs.length === 1 ? '(l0 * l0)' : `(l${i}::HUGEINT * l${j})`;
    return `${weighedSum(counted, product)}::VARCHAR`;
  });
  return `SELECT b::DOUBLE, sum(n)::DOUBLE, ${[...first, ...products].join(', ')}
    FROM (SELECT n, ${lane.bits} >> 46 AS b, ${named} FROM ${counted.sql}) GROUP BY b`;
}

function pairs(count: number): [number, number][] {
  return Array.from({ length: count }, (_, i) =>
    Array.from({ length: count - i }, (_, step): [number, number] => [i, i + step]),
  ).flat();
}

/** (Σ lᵢ·2^32i)² summed: each product of two different limbs counts twice. */
function addUnits(sums: MomentSums, limbs: number, found: readonly bigint[]): void {
  const shift = (value: bigint, steps: number) => value << BigInt(32 * steps);
  const sum = found.slice(0, limbs).reduce((total, value, index) => total + shift(value, index), 0n);
  const squares = pairs(limbs).reduce(
    (total, [i, j], index) => total + shift(found[limbs + index]!, i + j) * (i === j ? 1n : 2n),
    0n,
  );
  sums.add(0, sum, squares);
}
