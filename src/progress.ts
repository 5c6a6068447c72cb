/** How long work reports itself. `done` and `total` are in `unit`; `total` is undefined while it is unknown. */
export interface ProgressEvent {
  readonly phase: string;
  readonly unit: 'bytes' | 'files' | 'rows' | 'objects' | 'features';
  readonly done: number;
  readonly total?: number;
}

/** Called often; renderers throttle, workers need not. */
export type OnProgress = (event: ProgressEvent) => void;
