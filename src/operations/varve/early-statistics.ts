import type { ScannedFile } from '../../workspace/tree/scan.ts';
import { type WorkingContext, watching } from '../context/context.ts';
import type { Profiler, Statistics } from '../statistics/profiler.ts';

/** Smaller files are read by one engine together, once their bytes are in the store. */
const MIN_BYTES = 1024 * 1024;

/** Statistics of a file that are computed while the store takes it in. */
export class EarlyStatistics {
  readonly #aborter = new AbortController();
  readonly #computing: Promise<Statistics | undefined>;
  #isAwaited = false;

  /** Begin, if that is worth it. */
  static of(
    context: WorkingContext,
    profiler: Profiler | undefined,
    dataset: string,
    file: ScannedFile,
  ): EarlyStatistics | undefined {
    return profiler === undefined || file.size < MIN_BYTES
      ? undefined
      : new EarlyStatistics(context, profiler, dataset, file);
  }

  private constructor(
    context: WorkingContext,
    profiler: Profiler,
    dataset: string,
    { path, size }: ScannedFile,
  ) {
    const { signal, onProgress } = watching(context);
    const data = {
      path: dataset,
      absolutePath: `${context.repository.root}/${dataset}`,
      kind: 'file' as const,
      files: [{ path, content: undefined, size }],
      known: undefined,
    };
    this.#computing = profiler(data, {
      signal: AbortSignal.any([this.#aborter.signal, ...(signal ? [signal] : [])]),
      // One thing is told of at a time.
      onProgress: (progress) => this.#isAwaited && onProgress?.(progress),
    });
    // A failure is met when its turn comes, or never, if they are not wanted any more.
    this.#computing.catch(() => undefined);
  }

  /** Wait for them. */
  take(): Promise<Statistics | undefined> {
    this.#isAwaited = true;
    return this.#computing;
  }

  /** Leave off: nobody wants them. */
  drop(): void {
    this.#aborter.abort();
  }
}
