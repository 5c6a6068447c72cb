import { scaleLinear, scaleUtc } from 'd3-scale';
import { moment, valueWriter } from '../../../wording/numbers.ts';
import { cellsOf } from '../../cells.ts';
import { type Densities, densitiesOf } from '../../densities.ts';
import { CANVAS, type HistogramOverlay } from './overlay.ts';

/** Where the bins of a histogram lie, and how they are to be drawn. */
export interface BinLayout extends Densities {
  /** Of n bins, the n + 1 ends in user units; bins of what lies beyond are apart from the others and not to scale. */
  readonly stops: readonly number[];
  /** False where widths differ so much that no scale can hold them: all bins are then drawn equally wide. */
  readonly isToScale: boolean;
}

/** Months differ by a tenth; inner bins that differ more are drawn equally wide. */
const MAX_WIDTH_RATIO = 1.15;
/** Room for a bin of what lies beyond, with the gap that sets it apart. */
const BEYOND_ROOM = 40;
export const GAP = 7;
/** Of narrower ranges a scale cannot count the steps: their number overflows. */
const MIN_SPAN = 1e-300;
const MAX_DATE = 8.64e15;
const DAY = 86_400_000;
const HOUR = 3_600_000;

export function binLayoutOf({ edges, kind }: HistogramOverlay): BinLayout {
  const widths = edges.slice(1).map((edge, bin) => edge - edges[bin]!);
  const densities = densitiesOf(edges);
  const { beyond } = densities;
  const inner = widths.length > 2 ? widths.slice(1, -1) : widths;
  const isDrawable = Number.isFinite(edges.at(-1)! - edges[0]!) && edges.at(-1)! - edges[0]! > MIN_SPAN;
  const isDate = kind === 'numeric' || Math.max(-edges[0]!, edges.at(-1)!) < MAX_DATE;
  if (!isDrawable || !isDate || Math.max(...inner) > MAX_WIDTH_RATIO * Math.min(...inner))
    return evenLayout(widths.length);
  const x = scaleLinear(
    [edges[beyond[0] ? 1 : 0]!, edges.at(beyond[1] ? -2 : -1)!],
    [CANVAS.left + (beyond[0] ? BEYOND_ROOM : 0), CANVAS.right - (beyond[1] ? BEYOND_ROOM : 0)],
  ).clamp(true);
  const stops = edges.map((edge) => x(edge));
  stops[0] = CANVAS.left;
  stops[stops.length - 1] = CANVAS.right;
  return { stops, ...densities, isToScale: true };
}

function evenLayout(bins: number): BinLayout {
  const step = (CANVAS.right - CANVAS.left) / bins;
  return {
    stops: Array.from({ length: bins + 1 }, (_, at) => CANVAS.left + at * step),
    factors: Array.from({ length: bins }, () => 1),
    beyond: [false, false],
    isToScale: false,
  };
}

export interface Tick {
  readonly place: number;
  readonly text: string;
  readonly anchor: 'start' | 'middle' | 'end';
}

/** User units of a character, and of the room between two labels. */
const CHARACTER = 6;
const ROOM = 8;
/** Of an axis with round values, in units of the data. */
const MIN_EXTENT = 1e-300;

/** The ticks of an axis: the data's ends, where the axis is cut, and round values between, as far as their labels have room. */
export function ticks(overlay: HistogramOverlay, layout: BinLayout): Tick[] {
  if (isOfDay(overlay)) return hourTicks();
  const kept: Tick[] = [];
  for (const tick of [
    ...endTicks(overlay, layout),
    ...cutTicks(overlay, layout),
    ...innerTicks(overlay, layout),
  ]) {
    if (kept.every((other) => !overlaps(tick, other))) kept.push(tick);
  }
  return kept;
}

function overlaps(a: Tick, b: Tick): boolean {
  const [from, to] = extent(a);
  const [start, end] = extent(b);
  return from < end + ROOM && start < to + ROOM;
}

function extent({ place, text, anchor }: Tick): [number, number] {
  const width = cellsOf(text) * CHARACTER;
  const from = anchor === 'start' ? place : anchor === 'end' ? place - width : place - width / 2;
  return [from, from + width];
}

function hourTicks(): Tick[] {
  const x = scaleLinear([0, 24], [CANVAS.left, CANVAS.right]);
  return [0, 6, 12, 18].map((hour) => ({
    place: x(hour),
    text: hourName(hour * HOUR),
    anchor: hour === 0 ? 'start' : 'middle',
  }));
}

function endTicks(overlay: HistogramOverlay, { stops }: BinLayout): Tick[] {
  const { edges } = overlay;
  const name = namer(overlay);
  const [first, last] = [name(edges[0]!), name(lastValue(overlay))];
  if (!isOfSingleValues(overlay))
    return [
      { place: stops[0]!, text: first, anchor: 'start' },
      { place: stops.at(-1)!, text: last, anchor: 'end' },
    ];
  const middle = (bin: number): number => (stops.at(bin)! + stops.at(bin < 0 ? bin - 1 : bin + 1)!) / 2;
  return [
    { place: middle(0), text: first, anchor: 'middle' },
    ...(first === last ? [] : [{ place: middle(-1), text: last, anchor: 'middle' } as const]),
  ];
}

function cutTicks(overlay: HistogramOverlay, { stops, beyond }: BinLayout): Tick[] {
  const name = namer(overlay);
  const cuts = [...(beyond[0] ? [1] : []), ...(beyond[1] ? [stops.length - 2] : [])];
  return cuts.map((at) => ({ place: stops[at]!, text: name(overlay.edges[at]!), anchor: 'middle' }));
}

function innerTicks(overlay: HistogramOverlay, { stops, beyond, isToScale }: BinLayout): Tick[] {
  const { edges, kind } = overlay;
  const name = namer(overlay);
  if (!isToScale) {
    const every = Math.ceil((edges.length - 1) / 4);
    return edges.flatMap((edge, at) =>
      at % every === 0 ? [{ place: stops[at]!, text: name(edge), anchor: 'middle' as const }] : [],
    );
  }
  const [from, to] = [beyond[0] ? 1 : 0, edges.length - (beyond[1] ? 2 : 1)];
  const domain: [number, number] = [edges[from]!, edges[to]!];
  const span: [number, number] = [stops[from]!, stops[to]!];
  const middle = (place: number, text: string): Tick => ({ place, text, anchor: 'middle' });
  if (kind === 'time') {
    const x = scaleUtc(domain, span);
    const format = x.tickFormat(5);
    return x.ticks(5).map((at) => middle(x(at), format(at)));
  }
  const x = scaleLinear(domain, span);
  // No round values lie between ends that are as good as one: their distance has no reciprocal.
  if (domain[1] - domain[0] < MIN_EXTENT) return [];
  if (!isOfSingleValues(overlay)) return x.ticks(5).map((at) => middle(x(at), name(at)));
  // The tick of a single value stands in the middle of its bin.
  const bins = edges.slice(from, to);
  const every = Math.ceil(bins.length / 6);
  return bins.flatMap((edge, at) =>
    at % every === 0 ? [middle((stops[from + at]! + stops[from + at + 1]!) / 2, name(edge))] : [],
  );
}

/** Whether each bin holds one value. */
function isOfSingleValues({ step, edges }: HistogramOverlay): boolean {
  return step !== undefined && edges.slice(1).every((edge, bin) => edge - edges[bin]! < 1.5 * step);
}

/** Bins hold their lower edge and not their upper. */
function lastValue({ step, edges }: HistogramOverlay): number {
  return step === undefined ? edges.at(-1)! : Number((edges.at(-1)! - step).toPrecision(15));
}

/** Names each bin: `5` or `2013-01-05` if it holds one value, else the range. */
export function binNames(overlay: HistogramOverlay): string[] {
  const { edges } = overlay;
  const name = namer(overlay);
  return edges.slice(1).map((edge, bin) => {
    const [low, high] = [name(edges[bin]!), name(lastValue({ ...overlay, edges: [edges[bin]!, edge] }))];
    return low === high ? low : `${low} to ${high}`;
  });
}

function namer(overlay: HistogramOverlay): (edge: number) => string {
  if (isOfDay(overlay)) return hourName;
  return overlay.kind === 'time' ? moment : valueWriter(overlay.edges[0]!, lastValue(overlay));
}

/** Times of day are counted from midnight. */
function isOfDay({ kind, edges }: HistogramOverlay): boolean {
  return kind === 'time' && edges[0] === 0 && edges.at(-1) === DAY && edges.length === 25;
}

function hourName(milliseconds: number): string {
  return `${String(milliseconds / HOUR).padStart(2, '0')}:00`;
}
