import type { ObservedDataset } from './observed-dataset.ts';
import type { ComparedWindow, ObservedState } from './state.ts';

/** What is told of an observed dataset. */
export interface ObservedSummary {
  readonly name: string;
  readonly against: string;
  /** Rows of a window, or minutes, as they were given. */
  readonly window: string;
  readonly totals: ObservedState['totals'];
  /** Null while no row has come since the last window. */
  readonly open: {
    readonly rows: number;
    readonly since: string;
    readonly envelopes: readonly string[];
  } | null;
  /** Windows that wait to be compared. */
  readonly waiting: number;
  /** The last ones, newest first. */
  readonly windows: readonly ComparedWindow[];
  /** What was wrong last, newest first. */
  readonly problems: ObservedState['problems'];
}

export function summaryOf({ name, against, window, state }: ObservedDataset): ObservedSummary {
  const { totals, open, waiting, recent, problems } = state;
  return {
    name,
    against,
    window: window.text,
    totals,
    open: open
      ? { rows: open.rows, since: new Date(open.since).toISOString(), envelopes: open.envelopes }
      : null,
    waiting: waiting.length,
    windows: recent.toReversed(),
    problems: problems.toReversed(),
  };
}
