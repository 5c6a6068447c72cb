import { type ScaleLinear, scaleLinear } from 'd3-scale';
import { percent } from '../../../wording/numbers.ts';
import { type Markup, markup } from '../../markup.ts';
import { type BinLayout, binLayoutOf, binNames, GAP, type Tick, ticks } from './axis.ts';
import { CANVAS, type Drawing, type HistogramOverlay, units } from './overlay.ts';

/** The most bins that are drawn; more are added together in pairs and so on, since each would be under six user units. */
const MAX_BINS = 60;

type Y = ScaleLinear<number, number>;

/** The earlier distribution as a filled shape, the later one as a line above it, on one scale; O(bins). */
export function histogram(given: HistogramOverlay): Drawing {
  const overlay = coarsened(given);
  const { before, after } = overlay;
  const layout = binLayoutOf(overlay);
  const heights = (shares: readonly number[]): number[] =>
    shares.map((share, bin) => share * layout.factors[bin]!);
  const top = Math.max(...heights(after), ...heights(before ?? [])) || 1;
  const y = scaleLinear([0, top], [CANVAS.bottom, CANVAS.top]).nice(3);
  const names = binNames(overlay);
  const shapes = [
    ...y
      .ticks(3)
      .filter((level) => level > 0)
      .map((level) => gridLine(y(level), percent(level))),
    before === undefined ? '' : markup`<path class="before" d="${outline(heights(before), layout, y)}"/>`,
    markup`<path class="${before === undefined ? 'alone' : 'after'}" d="${outline(heights(after), layout, y)}"/>`,
    axisLine(layout),
    ...ticks(overlay, layout).map(tickMark),
  ];
  return {
    shapes,
    names,
    direction: 'across',
    shares: after.map((one, bin) => [...(before === undefined ? [] : [percent(before[bin]!)]), percent(one)]),
    stops: layout.stops,
    ...noteOf(layout, names),
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

/** From where to where each bin is drawn: those of what lies beyond are set apart by a gap. */
function barEnds({ stops, beyond }: BinLayout, bin: number): [number, number] {
  const isLast = bin === stops.length - 2;
  return [
    stops[bin]! + (isLast && beyond[1] ? GAP : 0),
    stops[bin + 1]! - (bin === 0 && beyond[0] ? GAP : 0),
  ];
}

/** Up and along in relative steps: a third of the bytes of absolute ones. */
function outline(heights: readonly number[], layout: BinLayout, y: Y): string {
  let path = `M${CANVAS.left},${CANVAS.bottom}`;
  let reached = 10 * CANVAS.left;
  for (const [bin, height] of heights.entries()) {
    // Steps between rounded ends, so that rounding does not add up along the path.
    const [from, to] = barEnds(layout, bin).map((end) => Math.round(10 * end)) as [number, number];
    if (from > reached) path += `V${CANVAS.bottom}h${units((from - reached) / 10)}`;
    path += `V${units(y(height))}h${units((to - from) / 10)}`;
    reached = to;
    if (bin === 0 && layout.beyond[0]) {
      path += `V${CANVAS.bottom}h${GAP}`;
      reached += 10 * GAP;
    }
  }
  return `${path}V${CANVAS.bottom}`;
}

/** The base line, broken by two strokes where the scale ends. */
function axisLine({ stops, beyond }: BinLayout): Markup {
  const breaks = [
    ...(beyond[0] ? [stops[1]! - GAP / 2] : []),
    ...(beyond[1] ? [stops.at(-2)! + GAP / 2] : []),
  ];
  const strokes = breaks.map((x) => `M${units(x - 3)},${CANVAS.bottom + 4}l3,-8m2,0l-3,8`);
  return markup`<path class="axis" d="M${CANVAS.left},${CANVAS.bottom}H${CANVAS.right}${strokes.join('')}"/>`;
}

/** Says of the bins that are not to scale what they hold. */
function noteOf({ beyond }: BinLayout, names: readonly string[]): { note?: string } {
  const outer = [...(beyond[0] ? [names[0]!] : []), ...(beyond[1] ? [names.at(-1)!] : [])];
  return outer.length === 0 ? {} : { note: `Beyond the break: ${outer.join(', ')}` };
}

function gridLine(y: number, text: string): Markup {
  const label = markup`<text x="${CANVAS.left - 4}" y="${units(y + 3.5)}" text-anchor="end">${text}</text>`;
  return markup`<path class="grid" d="M${CANVAS.left},${units(y)}H${CANVAS.right}"/>${label}`;
}

function tickMark({ place, text, anchor }: Tick): Markup {
  return markup`<path class="axis" d="M${units(place)},${CANVAS.bottom}v4"/><text x="${units(place)}" y="${CANVAS.bottom + 16}" text-anchor="${anchor}">${text}</text>`;
}
