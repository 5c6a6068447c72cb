import { type ScaleLinear, scaleLinear } from 'd3-scale';
import { percent } from '../../wording/numbers.ts';
import { type Markup, markup } from '../markup.ts';
import { binNames, positionOnAxis, type Tick, ticks } from './axis.ts';
import { CANVAS, type Drawing, type HistogramOverlay, units } from './overlay.ts';

/** The most bins that are drawn; more are added together in pairs and so on, since each would be under six user units. */
const MAX_BINS = 60;

type Y = ScaleLinear<number, number>;

/** The earlier distribution as a filled shape, the later one as a line above it, on one scale; O(bins). */
export function histogram(given: HistogramOverlay): Drawing {
  const overlay = coarsened(given);
  const { before, after } = overlay;
  const top = Math.max(...after, ...(before ?? [])) || 1;
  const y = scaleLinear([0, top], [CANVAS.bottom, CANVAS.top]).nice(3);
  const shapes = [
    ...y
      .ticks(3)
      .filter((level) => level > 0)
      .map((level) => gridLine(y(level), percent(level))),
    before === undefined ? '' : markup`<path class="before" d="${outline(before, y)}"/>`,
    markup`<path class="${before === undefined ? 'alone' : 'after'}" d="${outline(after, y)}"/>`,
    markup`<path class="axis" d="M${CANVAS.left},${CANVAS.bottom}H${CANVAS.right}"/>`,
    ...ticks(overlay).map(tickMark),
  ];
  return {
    shapes,
    names: binNames(overlay),
    direction: 'across',
    shares: after.map((one, bin) => [...(before === undefined ? [] : [percent(before[bin]!)]), percent(one)]),
    span: [CANVAS.left, CANVAS.right],
  };
}

function coarsened(overlay: HistogramOverlay): HistogramOverlay {
  const step = Math.ceil(overlay.after.length / MAX_BINS);
  if (step <= 1) return overlay;
  const added = (shares: readonly number[]): number[] =>
    Array.from({ length: Math.ceil(shares.length / step) }, (_, bin) =>
      shares.slice(bin * step, (bin + 1) * step).reduce((sum, one) => sum + one, 0),
    );
  const edges = overlay.edges.filter((_, at) => at % step === 0 || at === overlay.edges.length - 1);
  const before = overlay.before === undefined ? {} : { before: added(overlay.before) };
  return { ...overlay, edges, ...before, after: added(overlay.after) };
}

/** Up and along in relative steps: a third of the bytes of absolute ones. */
function outline(shares: readonly number[], y: Y): string {
  let path = `M${CANVAS.left},${CANVAS.bottom}`;
  let reached = 10 * CANVAS.left;
  for (const [bin, one] of shares.entries()) {
    // Steps between rounded ends, so that rounding does not add up along the path.
    const end = Math.round(10 * positionOnAxis(bin + 1, shares.length));
    path += `V${units(y(one))}h${units((end - reached) / 10)}`;
    reached = end;
  }
  return `${path}V${CANVAS.bottom}`;
}

function gridLine(y: number, text: string): Markup {
  const label = markup`<text x="${CANVAS.left - 4}" y="${units(y + 3.5)}" text-anchor="end">${text}</text>`;
  return markup`<path class="grid" d="M${CANVAS.left},${units(y)}H${CANVAS.right}"/>${label}`;
}

function tickMark({ place, text }: Tick): Markup {
  const anchor = place < CANVAS.left + 16 ? 'start' : place > CANVAS.right - 16 ? 'end' : 'middle';
  return markup`<path class="axis" d="M${units(place)},${CANVAS.bottom}v4"/><text x="${units(place)}" y="${CANVAS.bottom + 16}" text-anchor="${anchor}">${text}</text>`;
}
