import type { MomentSums } from './moments.ts';
import { type Counted, exactSum, wideSum } from './relation.ts';

/**
 * Integers of any width squared in SQL: cut into limbs of 32 bits, the last one signed, no product of two overflows.
 * Gives the expressions of the limbs, low ones first; one limb where every value is within 32 bits.
 */
export function limbsOf(units: string, id: string, edges: readonly (string | null)[]): readonly string[] {
  const within = (end: bigint) => edges.every((edge) => magnitude(edge) < end);
  if (within(2n ** 31n)) return [`(${units})::BIGINT`];
  const type = within(2n ** 63n) ? 'BIGINT' : id === 'UHUGEINT' ? id : 'HUGEINT';
  const wide = `(${units})::${type}`;
  const count = within(2n ** 63n) ? 2 : 4;
  const limb = (index: number) => `(${wide} >> ${32 * index})`;
  const lower = Array.from({ length: count - 1 }, (_, index) => `(${limb(index)} & 4294967295)::BIGINT`);
  return [...lower, `${limb(count - 1)}::${id === 'UHUGEINT' ? 'UINTEGER' : 'INTEGER'}::BIGINT`];
}

function magnitude(text: string | null): bigint {
  const value = BigInt((text ?? '0').replace('.', ''));
  return value < 0n ? -value : value;
}

/** By bucket: the count, then the sums of limbs, then of their products, in the order of `pairs`. */
export function limbQuery(bits: string, limbs: readonly string[], counted: Counted): string {
  const named = limbs.map((limb, index) => `${limb} AS l${index}`).join(', ');
  const sums = limbs.map((_, index) => `${exactSum(counted, `l${index}`)}::VARCHAR`);
  const products = pairs(limbs.length).map(([i, j]) => {
    const sum =
      limbs.length === 1 ? exactSum(counted, '(l0 * l0)') : wideSum(counted, `(l${i}::HUGEINT * l${j})`);
    return `${sum}::VARCHAR`;
  });
  return `SELECT b::DOUBLE, sum(n)::DOUBLE, ${[...sums, ...products].join(', ')}
    FROM (SELECT n, ${bits} >> 46 AS b, ${named} FROM ${counted.sql}) GROUP BY b`;
}

function pairs(count: number): [number, number][] {
  const from = (i: number) => Array.from({ length: count - i }, (_, step): [number, number] => [i, i + step]);
  return Array.from({ length: count }, (_, i) => from(i)).flat();
}

/** (Σ lᵢ·2^32i)² summed: each product of two different limbs counts twice. */
export function addLimbs(sums: MomentSums, limbs: number, found: readonly bigint[]): void {
  const shift = (value: bigint, steps: number) => value << BigInt(32 * steps);
  const sum = found.slice(0, limbs).reduce((total, value, index) => total + shift(value, index), 0n);
  const squares = pairs(limbs).reduce(
    (total, [i, j], index) => total + shift(found[limbs + index]!, i + j) * (i === j ? 1n : 2n),
    0n,
  );
  sums.add(0, sum, squares);
}
