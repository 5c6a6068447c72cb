import { scaleLinear, scaleUtc } from 'd3-scale';
import { magnitude, moment } from '../../wording/numbers.ts';
import { CANVAS, type HistogramOverlay } from './overlay.ts';

/**
 * Gives the position of a bin's edge in user units: bins are drawn equally wide, as they are unless something is amiss.
 */
export function positionOnAxis(edge: number, bins: number): number {
  return CANVAS.left + (edge * (CANVAS.right - CANVAS.left)) / bins;
}

export interface Tick {
  readonly place: number;
  readonly text: string;
}

/** Widths that differ by more than this factor, or beyond what a scale can hold, get ticks at the edges themselves. */
/** Of narrower ranges a scale cannot count the steps: their number overflows. */
const MIN_SPAN = 1e-300;
const MAX_WIDTH_RATIO = 1.02;
const MAX_DATE = 8.64e15;
const DAY = 86_400_000;

export function ticks(overlay: HistogramOverlay): Tick[] {
  const { kind, edges, whole } = overlay;
  const span: [number, number] = [CANVAS.left, CANVAS.right];
  const domain: [number, number] = [edges[0]!, edges.at(-1)!];
  if (!isEven(overlay)) return edgeTicks(overlay);
  if (isOfDay(overlay)) {
    const x = scaleLinear([0, 24], span);
    return [0, 6, 12, 18].map((hour) => ({ place: x(hour), text: hourName(hour * 3_600_000) }));
  }
  if (kind === 'time') {
    const x = scaleUtc(domain, span);
    const format = x.tickFormat(5);
    return x.ticks(5).map((at) => ({ place: x(at), text: format(at) }));
  }
  const x = scaleLinear(domain, span);
  if (whole !== true || edges[1]! - edges[0]! !== 1)
    return x.ticks(5).map((at) => ({ place: x(at), text: magnitude(at) }));
  // The tick of a single whole number stands in the middle of its bin.
  const numbers = x.ticks(5).filter((at) => Number.isInteger(at) && at < domain[1]);
  return numbers.map((at) => ({ place: x(at + 0.5), text: magnitude(at) }));
}

function isEven({ kind, edges }: HistogramOverlay): boolean {
  const widths = edges.slice(1).map((edge, bin) => edge - edges[bin]!);
  const span = edges.at(-1)! - edges[0]!;
  const finite = Number.isFinite(span) && span > MIN_SPAN;
  const dated = kind === 'numeric' || Math.max(-edges[0]!, edges.at(-1)!) < MAX_DATE;
  return finite && dated && Math.max(...widths) <= MAX_WIDTH_RATIO * Math.min(...widths);
}

function edgeTicks(overlay: HistogramOverlay): Tick[] {
  const bins = overlay.edges.length - 1;
  const every = Math.ceil(bins / 4);
  const name = namer(overlay);
  return overlay.edges.flatMap((edge, at) =>
    at % every === 0 ? [{ place: positionOnAxis(at, bins), text: name(edge) }] : [],
  );
}

/** Names the bins: the n + 1 edges, or the n whole numbers or ranges of them. */
export function binNames(overlay: HistogramOverlay): string[] {
  return overlay.whole ? wholeNames(overlay.edges) : overlay.edges.map(namer(overlay));
}

function namer(overlay: HistogramOverlay): (edge: number) => string {
  if (overlay.kind === 'numeric') return magnitude;
  return isOfDay(overlay) ? hourName : moment;
}

/** Times of day are counted from midnight. */
function isOfDay({ kind, edges }: HistogramOverlay): boolean {
  return kind === 'time' && edges[0] === 0 && edges.at(-1) === DAY;
}

function hourName(milliseconds: number): string {
  return `${String(milliseconds / 3_600_000).padStart(2, '0')}:00`;
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
