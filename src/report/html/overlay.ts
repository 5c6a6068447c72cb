import type { Distribution } from '../../drift/model.ts';
import type { Part } from '../markup.ts';

/** The content of one chart: one distribution (`after` alone) or two over the same bins. Shares of 0 to 1. */
export type Overlay = HistogramOverlay | BarsOverlay;

export interface HistogramOverlay {
  readonly kind: 'numeric' | 'time';
  /** n + 1 ascending edges of n bins; epoch milliseconds for time. */
  readonly edges: readonly number[];
  /** Values are whole numbers, so a bin of width 1 is one value. */
  readonly whole?: boolean;
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

/** A distribution as it is to be drawn: both sides, or the later one alone. `type` is the feature's. */
export function overlayOf(distribution: Distribution, type: string, sides: 'both' | 'after'): Overlay {
  const { before, ...later } = distribution;
  const shown = sides === 'both' ? distribution : later;
  return shown.kind === 'categorical' ? shown : { ...shown, whole: type === 'integer' };
}

/**
 * A drawing: SVG shapes; for reading it, as text, each bin's shares and the n names of its bins or, where they are cut
 * from a range, their n + 1 edges; and from where to where in user units the bins lie, all equally wide, across or down.
 */
export interface Drawing {
  readonly shapes: Part;
  readonly shares: readonly (readonly string[])[];
  readonly names: readonly string[];
  readonly direction: 'across' | 'down';
  readonly span: readonly [from: number, to: number];
}

/** User units of every drawing; it scales with its card. */
export const CANVAS = { width: 360, height: 168, left: 34, right: 356, top: 12, bottom: 148 } as const;

/** A coordinate to a tenth of a unit: finer is not seen and costs bytes. */
export function units(value: number): string {
  return String(Math.round(value * 10) / 10);
}
