import { setTimeout as sleep } from 'node:timers/promises';

/** How often and how patiently a request is tried again. */
export interface RetryPolicy {
  /** Tries in all, the first included; ≥ 1. */
  readonly attempts: number;
  /** The longest wait after the first failure; it doubles with each. In milliseconds. */
  readonly baseMs: number;
  /** No wait is longer, in milliseconds. */
  readonly capMs: number;
}

/** About a minute in all: longer than the hiccups of a service, shorter than the patience of a user. */
export const PATIENT: RetryPolicy = { attempts: 8, baseMs: 250, capMs: 20_000 };

/**
 * How often to try again after a failure. `few`: a server that is not there seldom comes back, so three tries are enough.
 * `slow`: the server asks for patience, so waits begin four times as long.
 */
export type Retry = 'no' | 'few' | 'yes' | 'slow';

const FEW = 3;

/**
 * Counts the failures of one piece of work and waits between its tries: exponential back-off with full jitter, so that
 * clients that failed together do not come back together (M. Brooker, "Exponential Backoff And Jitter", AWS Architecture
 * Blog, 2015).
 */
export class Patience {
  readonly #policy: RetryPolicy;
  #failures = 0;

  constructor(policy: RetryPolicy) {
    this.#policy = policy;
  }

  /** Number of the try that is due or under way; 1 for the first. */
  get attempt(): number {
    return this.#failures + 1;
  }

  /** Wait, if another try is due. @returns false if it is time to give up */
  async wait(retry: Retry, atLeastMs = 0): Promise<boolean> {
    this.#failures++;
    const { attempts, baseMs, capMs } = this.#policy;
    if (retry === 'no' || this.#failures >= (retry === 'few' ? Math.min(FEW, attempts) : attempts))
      return false;
    const longest = Math.min(capMs, baseMs * (retry === 'slow' ? 4 : 1) * 2 ** (this.#failures - 1));
    await sleep(Math.max(Math.min(atLeastMs, capMs), Math.random() * longest));
    return true;
  }

  /** Count failures from the start again, since bytes have come after the last one. */
  progressed(): void {
    this.#failures = 0;
  }
}
