import type { Distribution } from '../../drift/model.ts';
import { drawnShares } from '../densities.ts';

const LEVELS = '▁▂▃▄▅▆▇█';

/**
 * Both sides of a distribution as two lines of block characters on one scale, at most `width` characters each;
 * neighbouring bins are added if there are more. A bin with nothing in it is a blank, so presence shows.
 */
export function sparklines(
  distribution: Distribution,
  width: number,
): readonly [before: string, after: string] {
  const [first, second] = drawnShares(distribution).map((shares) => coarsened(shares, width)) as [
    number[],
    number[],
  ];
  const top = Math.max(...first, ...second);
  return [drawn(first, top), drawn(second, top)];
}

function coarsened(shares: readonly number[], width: number): number[] {
  const step = Math.ceil(shares.length / width);
  const bins: number[] = [];
  for (let at = 0; at < shares.length; at += step) {
    bins.push(shares.slice(at, at + step).reduce((sum, one) => sum + one, 0));
  }
  return bins;
}

function drawn(shares: readonly number[], top: number): string {
  return shares
    .map((one) =>
      one > 0 ? LEVELS[Math.min(LEVELS.length - 1, Math.floor((one / top) * LEVELS.length))] : ' ',
    )
    .join('');
}
