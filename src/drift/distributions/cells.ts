import { jensenShannon, jensenShannonTerm } from '../../profile/model/distances.ts';
import { percent } from '../../wording/numbers.ts';
import type { MeasuredChange } from '../findings/finding.ts';
import { roseOrFell } from '../findings/phrases.ts';
import {
  chiSquare,
  hellinger,
  hellingerTerm,
  populationStability,
  populationStabilityTerm,
} from '../measures/measures.ts';
import { cellTest, countsOfCounts, expectedDistance, type Sizes } from '../measures/sampling.ts';
import { chiSquare95 } from '../measures/tails.ts';

export interface CellNames {
  /** The mean share of the two sides that is in no cell of its own. */
  readonly unlisted: number;
  /** How many cells, from the first, carry the test; all unless given. */
  readonly tested?: number;
  /** Names a cell within `share of …`. */
  readonly describe: (cell: number) => string;
}

/** If at least this share of values is too rare to be listed, a sentence says so: it can hide a change that matters. */
const MIN_SAID_SHARE = 0.01;

/**
 * The measures over cells without order: of values, or of bins. All four are, for small changes, the same sum
 * Σ(q−p)²/m up to a factor, so one test serves them.
 */
export function cellFindings(p: number[], q: number[], sizes: Sizes, names: CellNames): MeasuredChange[] {
  const pValue = cellTest(p.slice(0, names.tested), q.slice(0, names.tested), sizes);
  const test = { of: 'chi-square', pValue };
  const counts = countsOfCounts(p, q, sizes);
  const reason = (): string => cellSentence(p, q, names);
  const statistic = chiSquare(
    p.map((share) => share * sizes.before),
    q.map((share) => share * sizes.after),
  );
  return [
    {
      name: 'jensen-shannon',
      value: jensenShannon(p, q),
      expected: expectedDistance(counts, sizes, jensenShannonTerm, 1 / (8 * Math.LN2)),
      errorBound: names.unlisted,
      squared: true,
      test,
      reason,
    },
    {
      name: 'hellinger',
      value: hellinger(p, q),
      expected: Math.sqrt(expectedDistance(counts, sizes, hellingerTerm, 1 / 8)),
      errorBound: Math.sqrt(names.unlisted),
      test,
      reason,
    },
    stability(p, q, sizes, { test, reason }),
    {
      name: 'chi-square',
      value: statistic.statistic,
      expected: statistic.df > 0 ? chiSquare95(statistic.df) : 0,
      squared: true,
      test,
      reason,
    },
  ];
}

/** The population stability index over the same or other cells than those that were tested. */
export function stability(
  p: number[],
  q: number[],
  sizes: Sizes,
  shared: Required<Pick<MeasuredChange, 'test' | 'reason'>>,
): MeasuredChange {
  return {
    name: 'psi',
    value: populationStability(p, q),
    expected: expectedDistance(countsOfCounts(p, q, sizes), sizes, populationStabilityTerm, 1),
    squared: true,
    ...shared,
  };
}

function cellSentence(p: number[], q: number[], names: CellNames): string {
  let most = 0;
  for (let i = 1; i < p.length; i++) {
    if (jensenShannonTerm(p[i]!, q[i]!) > jensenShannonTerm(p[most]!, q[most]!)) most = i;
  }
  const others = p.some((share, i) => i !== most && share !== q[i]) ? ', others moved too' : '';
  const rare =
    names.unlisted >= MIN_SAID_SHARE
      ? `; ${percent(names.unlisted)} of values are too rare to be listed`
      : '';
  return `share of ${names.describe(most)} ${roseOrFell(p[most]!, q[most]!, percent)}${others}${rare}`;
}
