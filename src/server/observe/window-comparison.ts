import { stat } from 'node:fs/promises';
import { driftWindow } from '../../drift/window.ts';
import { openReference } from '../../operations/inference/reference.ts';
import { driftMetrics, profileMetrics, validationMetrics } from '../../report/ci/prometheus.ts';
import { renderDrift } from '../../report/render.ts';
import { WINDOW_ENGINE, type WindowAnswer, type WindowQuestion } from './window-questions.ts';

/** Count the rows of a window, and hold them against the version as it is now. @throws VarveError as openReference, and as Reference.profile */
export async function compareWindow(
  { name, against, cwd, environment, window, path }: WindowQuestion,
  signal: AbortSignal,
): Promise<WindowAnswer> {
  const reference = await openReference(cwd, against, { ...WINDOW_ENGINE, environment }, { signal });
  const { size } = await stat(path);
  const profile = await reference.profile([{ path, size }], `window-${window.number}.jsonl`);
  const report = reference.compare(profile, name, window.envelopes);
  const validation = await reference.validate(profile, name);
  return {
    compared: {
      ...driftWindow(report, window.number),
      since: new Date(window.since).toISOString(),
      until: new Date(window.until).toISOString(),
      anomalies: validation?.anomalies.length ?? 0,
    },
    metrics: [
      ...driftMetrics(report),
      ...profileMetrics(profile, name),
      ...(validation === undefined ? [] : validationMetrics(validation)),
    ],
    report: renderDrift(report, 'html', { color: false, width: 100 }),
    columns: reference.columns,
  };
}
