import type { ServedColumns } from '../../operations/inference/columns.ts';
import type { Metric } from '../../report/ci/prometheus.ts';
import type { ComparedWindow, FullWindow } from './state.ts';

/** What the engine may take to count the rows of a window. */
export const WINDOW_ENGINE = { threads: 1, memory: '1GB' } as const;

/** A window, and the version that it is to be held against. */
export interface WindowQuestion {
  /** Of the observed dataset. */
  readonly name: string;
  /** A dataset as on the command line. */
  readonly against: string;
  readonly cwd: string;
  readonly environment?: string | undefined;
  readonly window: FullWindow;
  /** Where its rows lie. */
  readonly path: string;
}

export interface WindowAnswer {
  readonly compared: ComparedWindow;
  readonly metrics: readonly Metric[];
  /** The page of all its features. */
  readonly report: string;
  /** Of the version: a branch may lead elsewhere by now, and the schema may have been reviewed. */
  readonly columns: ServedColumns;
}
