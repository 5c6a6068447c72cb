import type { DriftReport, DriftWindow } from './model.ts';

/** What the `window`th window of a stream, from 1, says in one line: its report without what did not change. */
export function driftWindow(report: DriftReport, window: number): DriftWindow {
  const { after, verdict, summary, features, added, removed } = report;
  return {
    varveDriftWindow: 1,
    window,
    rows: after.rows,
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
