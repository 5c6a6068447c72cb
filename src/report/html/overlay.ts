/** What one chart shows: one distribution (`after` alone) or two over the same bins. Shares of 0 to 1. */
export type Overlay = HistogramOverlay | BarsOverlay;

export interface HistogramOverlay {
  readonly kind: 'numeric' | 'time';
  /** n + 1 ascending edges of n bins; epoch milliseconds for time. */
  readonly edges: readonly number[];
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

/** A drawing: SVG shapes, and for reading it, a name and shares (as text) for each bin, with where its span is drawn. */
export interface Drawing {
  readonly shapes: string;
  readonly bins: readonly { readonly name: string; readonly shares: readonly string[] }[];
  /** n + 1 ascending positions along the axis, in user units, the first bin's start first. */
  readonly at: readonly number[];
}

/** User units of every drawing; it scales with its card. */
export const canvas = { width: 360, height: 172, left: 4, right: 356, top: 16, bottom: 150 } as const;

/** A coordinate to a tenth of a unit: finer is not seen and costs bytes. */
export function units(value: number): string {
  return String(Math.round(value * 10) / 10);
}
