/** The longest time that work may take to stop in order, in milliseconds: whoever stops it waits for a second at most. */
const MAX_STOPPING_MS = 700;
const CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** Turn Ctrl-C into an abort, so that work ends in order; a second Ctrl-C ends at once. */
export function watchInterrupts(): {
  readonly signal: AbortSignal;
  /** Set once a signal cut work off. */
  readonly exitCode: number | undefined;
  /** From now on a signal is how the work ends, not what cuts it off; that may take so many milliseconds. */
  endWork(maxStoppingMs: number): void;
  stop(): void;
} {
  const controller = new AbortController();
  let exitCode: number | undefined;
  let stoppingMs = MAX_STOPPING_MS;
  let isEnd = false;
  const onSignal = (name: NodeJS.Signals): void => {
    const code = CODES[name as keyof typeof CODES];
    if (exitCode !== undefined) process.exit(code);
    exitCode = code;
    controller.abort();
    setTimeout(() => process.exit(code), stoppingMs).unref();
  };
  for (const name of Object.keys(CODES)) process.on(name, onSignal);
  return {
    signal: controller.signal,
    get exitCode() {
      return isEnd ? undefined : exitCode;
    },
    endWork(maxStoppingMs) {
      isEnd = true;
      // What is not at its end by then is cut off by the work itself, which then has the usual time.
      stoppingMs = maxStoppingMs + MAX_STOPPING_MS;
    },
    stop() {
      for (const name of Object.keys(CODES)) process.off(name, onSignal);
    },
  };
}
