import { type ScaleLinear, type ScaleTime, scaleLinear, scaleUtc } from 'd3-scale';
import { markup } from '../markup.ts';
import { magnitude, moment, share } from '../numbers.ts';
import { canvas, type Drawing, type HistogramOverlay, units } from './overlay.ts';

/** More bins than this are added together in pairs and so on: each would be under six user units. */
const mostBins = 60;

/** Bins whose widths differ by more than this factor are drawn equally wide, each tick standing at a bin's edge. */
const uneven = 1.02;

type X = ScaleLinear<number, number> | ScaleTime<number, number>;
type Y = ScaleLinear<number, number>;

/** The earlier distribution as a filled shape, the later one as a line above it, on one scale; O(bins). */
export function histogram(given: HistogramOverlay): Drawing {
  const overlay = coarsened(given);
  const { edges, before, after } = overlay;
  const [x, ticks] = axis(overlay);
  const top = Math.max(...after, ...(before ?? [])) || 1;
  const y = scaleLinear([0, top], [canvas.bottom, canvas.top]).nice(3);
  const levels = y.ticks(3).filter((level) => level > 0);
  const shapes = [
    ...levels.map(
      (level) =>
        `<path class="grid" d="M${canvas.left},${units(y(level))}H${canvas.right}"/><text x="${canvas.left - 4}" y="${units(y(level) + 3.5)}" text-anchor="end">${markup(share(level))}</text>`,
    ),
    before === undefined ? '' : `<path class="before" d="${outline(before, edges, x, y)}"/>`,
    `<path class="${before === undefined ? 'alone' : 'after'}" d="${outline(after, edges, x, y)}"/>`,
    `<path class="axis" d="M${canvas.left},${canvas.bottom}H${canvas.right}"/>`,
    ...ticks.map(({ at, text }) => tick(x(at), text)),
  ];
  return {
    shapes: shapes.join(''),
    names: overlay.whole ? wholeNames(edges) : edges.map(namer(overlay)),
    direction: 'across',
    shares: after.map((one, bin) => [...(before === undefined ? [] : [share(before[bin]!)]), share(one)]),
    span: [canvas.left, canvas.right],
  };
}

function coarsened(overlay: HistogramOverlay): HistogramOverlay {
  const step = Math.ceil(overlay.after.length / mostBins);
  if (step <= 1) return overlay;
  const added = (shares: readonly number[]): number[] =>
    Array.from({ length: Math.ceil(shares.length / step) }, (_, bin) =>
      shares.slice(bin * step, (bin + 1) * step).reduce((sum, one) => sum + one, 0),
    );
  const edges = overlay.edges.filter((_, at) => at % step === 0 || at === overlay.edges.length - 1);
  const before = overlay.before === undefined ? {} : { before: added(overlay.before) };
  return { ...overlay, edges, ...before, after: added(overlay.after) };
}

const hours = 86_400_000;

/** Of times of day, which are counted from midnight, the hour; else numbers and moments. */
function namer({ kind, edges }: HistogramOverlay): (edge: number) => string {
  if (kind === 'numeric') return magnitude;
  const ofDay = edges[0] === 0 && edges.at(-1) === hours;
  return ofDay ? (edge) => `${String(edge / 3_600_000).padStart(2, '0')}:00` : moment;
}

/** `5` for a bin of one whole number, `5 to 9` for one of five; the bins at the ends hold all that lies beyond. */
function wholeNames(edges: readonly number[]): string[] {
  const last = edges.length - 2;
  return edges.slice(1).map((end, bin) => {
    const [low, high] = [magnitude(edges[bin]!), magnitude(end - 1)];
    if (bin === 0 && last > 0) return `up to ${high}`;
    if (bin === last && last > 0) return `from ${low}`;
    return low === high ? low : `${low} to ${high}`;
  });
}

interface Tick {
  readonly at: number;
  readonly text: string;
}

function axis(overlay: HistogramOverlay): [X, Tick[]] {
  const { kind, edges, whole } = overlay;
  const span: [number, number] = [canvas.left, canvas.right];
  const domain: [number, number] = [edges[0]!, edges.at(-1)!];
  const widths = edges.slice(1).map((edge, at) => edge - edges[at]!);
  const name = namer(overlay);
  if (Math.max(...widths) > uneven * Math.min(...widths)) {
    const step = (span[1] - span[0]) / widths.length;
    const places = edges.map((_, at) => span[0] + at * step);
    const every = Math.ceil(widths.length / 5);
    const ticks = edges.filter((_, at) => at % every === 0);
    return [scaleLinear(edges, places), ticks.map((at) => ({ at, text: name(at) }))];
  }
  if (kind === 'time' && name === moment) {
    const x = scaleUtc(domain, span);
    const format = x.tickFormat(5);
    return [x, x.ticks(5).map((at) => ({ at: at.getTime(), text: format(at) }))];
  }
  const x = scaleLinear(domain, span);
  if (kind === 'time')
    return [x, [0, 6, 12, 18].map((hour) => ({ at: hour * 3_600_000, text: name(hour * 3_600_000) }))];
  // The tick of a single whole number stands in the middle of its bin.
  const single = whole === true && widths[0] === 1;
  const ticks = x.ticks(5).filter((at) => !single || (Number.isInteger(at) && at < domain[1]));
  return [x, ticks.map((at) => ({ at: single ? at + 0.5 : at, text: magnitude(at) }))];
}

/** Up and along in relative steps: a third of the bytes of absolute ones. Closed by its fill, not by its stroke. */
function outline(shares: readonly number[], edges: readonly number[], x: X, y: Y): string {
  let path = `M${units(x(edges[0]!))},${canvas.bottom}`;
  let reached = Math.round(10 * x(edges[0]!));
  for (const [bin, one] of shares.entries()) {
    // Steps between rounded ends, so that rounding does not add up along the path.
    const end = Math.round(10 * x(edges[bin + 1]!));
    path += `V${units(y(one))}h${units((end - reached) / 10)}`;
    reached = end;
  }
  return `${path}V${canvas.bottom}`;
}

function tick(at: number, text: string): string {
  const anchor = at < canvas.left + 16 ? 'start' : at > canvas.right - 16 ? 'end' : 'middle';
  return `<path class="axis" d="M${units(at)},${canvas.bottom}v4"/><text x="${units(at)}" y="${canvas.bottom + 16}" text-anchor="${anchor}">${markup(text)}</text>`;
}
