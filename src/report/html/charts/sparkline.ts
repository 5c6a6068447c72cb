import type { Distribution } from '../../../drift/model.ts';
import { drawnShares } from '../../densities.ts';
import { type Markup, markup, NO_MARKUP } from '../../markup.ts';
import { units } from './overlay.ts';

const SIZE = { width: 120, height: 30 } as const;
/** More bins than these are narrower than can be told apart. */
const MAX_BINS = 30;

/** Both sides of a distribution in little: the earlier one filled, the later one as a line. */
export function sparkline(distribution: Distribution): Markup {
  const [before, after] = drawnShares(distribution).map(coarsened) as [number[], number[]];
  if (before.length === 0) return NO_MARKUP;
  const top = Math.max(...before, ...after) || 1;
  return markup`<svg viewBox="0 0 ${SIZE.width} ${SIZE.height}" aria-hidden="true"><path class="before" d="${outline(before, top)}"/><path class="after" d="${outline(after, top)}"/></svg>`;
}

function coarsened(shares: readonly number[]): number[] {
  const step = Math.ceil(shares.length / MAX_BINS);
  return Array.from({ length: Math.ceil(shares.length / step) }, (_, bin) =>
    shares.slice(bin * step, (bin + 1) * step).reduce((sum, one) => sum + one, 0),
  );
}

function outline(shares: readonly number[], top: number): string {
  const step = units(SIZE.width / shares.length);
  const levels = shares.map((one) => `V${units(SIZE.height - 1 - (one / top) * (SIZE.height - 3))}h${step}`);
  return `M0,${SIZE.height - 1}${levels.join('')}V${SIZE.height - 1}`;
}
