/**
 * Distances between two distributions over the same cells that schemas and drift both measure. Pure: both sides are arrays
 * of equal length. Formulas and sources are in docs/design/drift.md.
 */
export type Cells = ArrayLike<number>;

/** Counts to shares that sum to 1; all zeros where there is nothing. */
export function shares(counts: Cells): number[] {
  const total = sum(counts);
  const result = new Array<number>(counts.length);
  for (let i = 0; i < counts.length; i++) result[i] = total > 0 ? counts[i]! / total : 0;
  return result;
}

export function sum(cells: Cells): number {
  let total = 0;
  for (let i = 0; i < cells.length; i++) total += cells[i]!;
  return total;
}

/** max |q − p| over cells of shares, in [0, 1], and the cell where it is reached (−1 where there are none). */
export function lInfinity(p: Cells, q: Cells): { value: number; at: number } {
  let value = 0;
  let at = -1;
  for (let i = 0; i < p.length; i++) {
    const difference = Math.abs(q[i]! - p[i]!);
    if (difference > value || at < 0) {
      value = difference;
      at = i;
    }
  }
  return { value, at };
}

/** Jensen-Shannon divergence of shares in bits, in [0, 1]; its square root is a metric. */
export function jensenShannon(p: Cells, q: Cells): number {
  let total = 0;
  for (let i = 0; i < p.length; i++) total += jensenShannonTerm(p[i]!, q[i]!);
  return Math.min(1, Math.max(0, total));
}

/** What one cell adds to the Jensen-Shannon divergence. */
export function jensenShannonTerm(p: number, q: number): number {
  const middle = (p + q) / 2;
  let term = 0;
  if (p > 0) term += (p / 2) * Math.log2(p / middle);
  if (q > 0) term += (q / 2) * Math.log2(q / middle);
  return term;
}
