import { type Profiler, Session } from 'node:inspector';

/** Tells by V8's block coverage whether code ran that had not run before. */
export class Coverage {
  readonly #session = new Session();
  readonly #seen = new Set<string>();
  readonly #isWatched: (url: string) => boolean;
  #askingMs = 0;

  /** @param isWatched whether the script of this URL is */
  constructor(isWatched: (url: string) => boolean) {
    this.#isWatched = isWatched;
    this.#session.connect();
    this.#session.post('Profiler.enable');
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** How long the last question took. */
  get askingMs(): number {
    return this.#askingMs;
  }

  get blocks(): number {
    return this.#seen.size;
  }

  /** Whether a block ran since the last call that never ran before; with `keep`, it is known from now on. */
  isNew(keep: boolean): boolean {
    let isNew = false;
    for (const block of this.#blocksSinceLast()) {
      if (this.#seen.has(block)) continue;
      isNew = true;
      if (keep) this.#seen.add(block);
    }
    return isNew;
  }

  *#blocksSinceLast(): Generator<string> {
    const start = performance.now();
    let result: Profiler.ScriptCoverage[] = [];
    this.#session.post('Profiler.takePreciseCoverage', (error, taken) => {
      if (error !== null) throw error;
      result = taken.result;
    });
    this.#askingMs = performance.now() - start;
    for (const { url, functions } of result) {
      if (!this.#isWatched(url)) continue;
      for (const { ranges } of functions) {
        for (const { startOffset, endOffset, count } of ranges) {
          // How often, to the power of two: loops that go on longer are new too.
          if (count > 0) yield `${startOffset}-${endOffset}-${Math.min(32 - Math.clz32(count), 6)}`;
        }
      }
    }
  }
}
