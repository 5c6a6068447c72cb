import type { DriftReport, DriftWindow } from './model.ts';

/**
 * Shortens the report of one window of a stream to what changed.
 * @param window the window's number, from 1
 */
export function driftWindow(report: DriftReport, window: number): DriftWindow {
  const { after, verdict, summary, features, added, removed } = report;
  return {
    varveDriftWindow: 1,
    window,
    rows: after.rows,
    ...(after.envelopes && { envelopes: after.envelopes }),
    verdict,
    summary,
    features: features
      .filter((feature) => feature.verdict !== 'none')
      .map(({ table, feature, type, verdict: own, strength, reasons }) => ({
        table,
        feature,
        type,
        verdict: own,
        strength,
        reasons,
      })),
    added,
    removed,
  };
}
