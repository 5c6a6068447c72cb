import type { Distribution } from '../../../drift/model.ts';
import type { Part } from '../../markup.ts';

/** The content of one chart: one distribution (`after` alone) or two over the same bins. Shares of 0 to 1. */
export type Overlay = HistogramOverlay | BarsOverlay;

export interface HistogramOverlay {
  readonly kind: 'numeric' | 'time';
  /** n + 1 ascending edges of n bins; epoch milliseconds for time. */
  readonly edges: readonly number[];
  /** How far apart possible values are, if they are: a bin as wide holds one value. */
  readonly step?: number;
  readonly before?: readonly number[];
  readonly after: readonly number[];
}

export interface BarsOverlay {
  readonly kind: 'categorical';
  /** `null` is all others together. */
  readonly labels: readonly (string | null)[];
  readonly before?: readonly number[];
  readonly after: readonly number[];
}

/** A distribution as it is to be drawn: both sides, or the later one alone. */
export function overlayOf(distribution: Distribution, sides: 'both' | 'after'): Overlay {
  const { before: _, ...later } = distribution;
  return sides === 'both' ? distribution : later;
}

/** A drawing: SVG shapes; for reading it, as text, each bin's shares and name; and where in user units its bins lie, across or down. */
export interface Drawing {
  readonly shapes: Part;
  readonly shares: readonly (readonly string[])[];
  readonly names: readonly string[];
  readonly direction: 'across' | 'down';
  /** Of n bins, the n + 1 ends. */
  readonly stops: readonly number[];
  /** What stands below before a bin is read. */
  readonly note?: string;
}

/** User units of every drawing; it scales with its card. */
export const CANVAS = { width: 360, height: 168, left: 34, right: 356, top: 12, bottom: 148 } as const;

/** A coordinate to a tenth of a unit: finer is not seen and costs bytes. */
export function units(value: number): string {
  return String(Math.round(value * 10) / 10);
}
