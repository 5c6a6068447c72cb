import { VarveError } from '../../errors.ts';

/** Does work of which only some may run at a time. What is more waits for its turn. */
export class Turns {
  readonly #atOnce: number;
  readonly #maxWaiting: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  /** @param maxWaiting as much may wait; what is more is refused */
  constructor(atOnce: number, maxWaiting = Number.POSITIVE_INFINITY) {
    this.#atOnce = atOnce;
    this.#maxWaiting = maxWaiting;
  }

  /** Do work when it is its turn. @throws VarveError `requests-too-many` */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#atOnce) {
      if (this.#waiting.length >= this.#maxWaiting) throw tooMany(this.#waiting.length);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else this.#running += 1;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }
}

function tooMany(waiting: number): VarveError {
  return new VarveError('requests-too-many', `${waiting} requests of this kind wait for their turn already`, {
    remedy: 'Ask again a little later.',
  });
}
