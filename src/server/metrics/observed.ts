import type { Metric } from '../../report/ci/prometheus.ts';
import type { ObservedDatasets } from '../observe/observed-datasets.ts';
import type { ObservedTotals } from '../observe/state.ts';
import { gaugesOf } from './gauge.ts';

const COUNTERS: Readonly<Record<keyof ObservedTotals, string>> = {
  requests: 'Bodies that were taken.',
  rows: 'Rows that were counted into a window.',
  malformed: 'Requests, or lines of them, that could not be read.',
  late: 'Rows of a time that the window before had left behind.',
  dropped: 'Requests that were refused for want of room.',
  windows: 'Windows that were compared.',
  failed: 'Windows that could not be compared.',
};

/** What was counted of each observed dataset, and what its last window says. */
export function observedMetrics({ all, budget }: ObservedDatasets): Metric[] {
  const gauge = gaugesOf('varve_observe_', all, ({ name }) => ({ dataset: name }));
  const counters = Object.entries(COUNTERS) as [keyof ObservedTotals, string][];
  return [
    ...counters.map(
      ([key, help]): Metric => ({ ...gauge(key, help, ({ state }) => state.totals[key]), type: 'counter' }),
    ),
    gauge('open_window_rows', 'Rows of the open window.', ({ state }) => state.open?.rows ?? 0),
    gauge('waiting_windows', 'Windows that wait to be compared.', ({ state }) => state.waiting.length),
    gauge('last_window_rows', 'Rows of the last window.', ({ state }) => state.recent.at(-1)?.rows),
    gauge(
      'last_window_time_seconds',
      'When the last window was closed, in seconds since 1970.',
      ({ state }) => {
        const until = state.recent.at(-1)?.until;
        return until === undefined ? undefined : Date.parse(until) / 1000;
      },
    ),
    {
      name: 'varve_observe_queue_bytes',
      help: 'Bytes of bodies in memory.',
      samples: [{ labels: {}, value: budget.bytes }],
    },
    ...all.flatMap(({ state }) => state.metrics),
  ];
}
