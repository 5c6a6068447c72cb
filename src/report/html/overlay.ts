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

/**
 * A drawing: SVG shapes; for reading it, the n names of its bins or their n + 1 edges, and each bin's shares, as text;
 * and where along its axis (of names: down; of edges: across) the bins begin and end, in user units, all equally wide.
 */
export type Drawing = {
  readonly shapes: string;
  readonly shares: readonly (readonly string[])[];
  readonly span: readonly [from: number, to: number];
} & ({ readonly names: readonly string[] } | { readonly edges: readonly string[] });

/** User units of every drawing; it scales with its card. */
export const canvas = { width: 360, height: 172, left: 4, right: 356, top: 16, bottom: 150 } as const;

/** A coordinate to a tenth of a unit: finer is not seen and costs bytes. */
export function units(value: number): string {
  return String(Math.round(value * 10) / 10);
}
