/** Hands things from one who calls back to one who iterates: each is put, and the other side says when it has dealt with it. */
export class Handover<T> {
  readonly #waiting: { readonly item: T; readonly done: () => void }[] = [];
  #wake: (() => void) | undefined;
  #error: unknown;
  #isClosed = false;

  /** Hand an item over, and wait until it has been dealt with, or nobody takes any more. */
  put(item: T): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    return new Promise((done) => {
      this.#waiting.push({ item, done });
      this.#wake?.();
    });
  }

  /** End the iteration by an error, after what waits. */
  fail(error: unknown): void {
    this.#error ??= error;
    this.#wake?.();
  }

  async *taken(): AsyncGenerator<T> {
    try {
      for (;;) {
        const [next] = this.#waiting;
        if (next !== undefined) {
          yield next.item;
          this.#waiting.shift();
          next.done();
        } else if (this.#error !== undefined) {
          throw this.#error;
        } else {
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
        }
      }
    } finally {
      this.#isClosed = true;
      for (const { done } of this.#waiting.splice(0)) done();
    }
  }
}
