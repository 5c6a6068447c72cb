import type { Distribution } from '../drift/model.ts';

/** An end bin this much wider than the others holds what lies beyond the drawn range. */
const BEYOND = 1.6;

/** An end bin has half the width of the others at least; of two bins that differ more, one holds what lies beyond. */
export const MAX_RATIO_OF_TWO = 3;

/** How the bins of a histogram compare with the one of middle width. */
export interface Densities {
  /** Whether the first and the last bin hold all that lies beyond the drawn range. */
  readonly beyond: readonly [first: boolean, last: boolean];
  /** What each bin's share is multiplied with, so that equal density is equal height; 1 of what lies beyond. */
  readonly factors: readonly number[];
}

/** @param edges n + 1 ascending edges of n bins */
export function densitiesOf(edges: readonly number[]): Densities {
  const widths = edges.slice(1).map((edge, bin) => edge - edges[bin]!);
  const unit = widths.toSorted((a, b) => a - b)[widths.length >> 1]!;
  const isBeyond = (width: number): boolean => width > BEYOND * unit;
  const beyond = [isBeyond(widths[0]!), isBeyond(widths.at(-1)!)] as const;
  if (widths.length <= 2) return { beyond: [false, false], factors: factorsOfTwo(widths) };
  const isOuter = (bin: number): boolean => (bin === 0 ? beyond[0] : bin === widths.length - 1 && beyond[1]);
  const factor = (width: number, bin: number): number =>
    isOuter(bin) || !Number.isFinite(unit / width) ? 1 : unit / width;
  return { beyond, factors: widths.map(factor) };
}

function factorsOfTwo(widths: readonly number[]): number[] {
  const [least, greatest] = [Math.min(...widths), Math.max(...widths)];
  return widths.map((width) => (greatest > MAX_RATIO_OF_TWO * least ? 1 : greatest / width));
}

/** Both sides of a distribution as heights of bars. All other values together are left out: their share would dwarf those that have names. */
export function drawnShares(distribution: Distribution): readonly [before: number[], after: number[]] {
  const { before, after } = distribution;
  const drawn = (shares: readonly number[]): number[] => {
    if (distribution.kind === 'categorical')
      return shares.filter((_, at) => distribution.labels[at] !== null);
    const { factors } = densitiesOf(distribution.edges);
    return shares.map((share, bin) => share * factors[bin]!);
  };
  return [drawn(before), drawn(after)];
}
