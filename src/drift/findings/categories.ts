import { lInfinity, shares, sum } from '../../profile/model/distances.ts';
import { percent } from '../../wording/numbers.ts';
import { quoted } from '../../wording/quote.ts';
import type { Categories } from '../distributions/axis.ts';
import { cellFindings } from '../distributions/cells.ts';
import { expectedShareChange, type Sizes, shareChangeP } from '../measures/sampling.ts';
import { type FeaturePair, independentObservations, type MeasuredChange } from './finding.ts';
import { newValues } from './new-values.ts';
import { rareShareChange } from './rare-values.ts';
import { respelledValues } from './spelling.ts';

/** Measures what changed in how often each value occurs. */
export function categoryFindings(pair: FeaturePair): MeasuredChange[] {
  const cells = pair.categories;
  const sizes = independentObservations(pair, sum(cells.before), sum(cells.after));
  if (sizes.before === 0 || sizes.after === 0) return [];
  const added = newValues(pair, cells, sizes);
  return [
    ...largestShareChange(cells, sizes),
    ...rareShareChange(pair, sizes),
    ...cellFindings(shares(cells.before), shares(cells.after), sizes, {
      unlisted: cells.unlisted,
      tested: cells.labels.filter((value) => value !== null).length,
      describe: (i) => label(cells, i),
    }),
    ...added,
    ...(pair.after.type === 'string' ? respelledValues(cells, added) : []),
  ];
}

function label(cells: Categories, index: number): string {
  const value = cells.labels[index];
  return value === null || value === undefined ? 'all rarer values' : quoted(value);
}

/** Shares of all observations, of listed values alone: which values a side lists is chance, and so is what it leaves out. */
function listedShares(cells: Categories, counts: readonly number[]): number[] {
  return shares(counts).filter((_, i) => cells.labels[i] !== null);
}

/** L-infinity: the value whose share changed most. */
export function largestShareChange(cells: Categories, sizes: Sizes): MeasuredChange[] {
  const p = listedShares(cells, cells.before);
  const q = listedShares(cells, cells.after);
  const { value, at } = lInfinity(p, q);
  if (at < 0) return [];
  const pooled = p.map(
    (share, i) => (share * sizes.before + q[i]! * sizes.after) / (sizes.before + sizes.after),
  );
  const frequent = pooled.filter((share) => share >= (pooled[at] ?? 0)).length;
  return [
    {
      name: 'l-infinity',
      value,
      errorBound: cells.uncertainty,
      expected: expectedShareChange(nearestToHalf(pooled), sizes, frequent),
      test: { of: 'l-infinity', pValue: shareChangesP(p, q, pooled, sizes) },
      reason: () => shareSentence(cells, at, p[at]!, q[at]!),
    },
  ];
}

/** The share that sampling moves most. */
function nearestToHalf(sharesOfValues: readonly number[]): number {
  return sharesOfValues.reduce(
    (best, share) => (Math.abs(share - 0.5) < Math.abs(best - 0.5) ? share : best),
    0,
  );
}

/** The least p-value of all values that are frequent enough to matter, corrected for how many these are. */
function shareChangesP(
  p: readonly number[],
  q: readonly number[],
  pooled: readonly number[],
  sizes: Sizes,
): number {
  let least = 1;
  let tested = 0;
  const smaller = Math.min(sizes.before, sizes.after) / (sizes.before + sizes.after);
  for (let i = 0; i < p.length; i++) {
    if (pooled[i]! < 0.01 * smaller) continue;
    tested++;
    least = Math.min(least, shareChangeP(p[i]! * sizes.before, q[i]! * sizes.after, sizes));
  }
  return Math.min(1, least * tested);
}

function shareSentence(cells: Categories, at: number, before: number, after: number): string {
  if (cells.labels[at] !== null && before === 0)
    return `${label(cells, at)} is new, in ${percent(after)} of values`;
  if (after === 0) return `${label(cells, at)} is gone; it was ${percent(before)} of values`;
  return `share of ${label(cells, at)} ${after > before ? 'rose' : 'fell'} from ${percent(before)} to ${percent(after)}`;
}
