import type { DriftReport, DriftWindow, StreamWindow } from './model.ts';

/**
 * Shortens the report of one window of a stream to what changed.
 * @param counted the window's number, from 1, unless the report has it
 */
export function driftWindow(report: DriftReport, counted: number): DriftWindow {
  const { after, verdict, summary, features, added, removed } = report;
  const { window = counted, ...stream } = after.stream ?? {};
  return {
    varveDriftWindow: 1,
    window,
    rows: after.rows,
    ...(after.envelopes && { envelopes: after.envelopes }),
    ...(after.stream && { stream: stream as Omit<StreamWindow, 'window'> }),
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
