/** The longest time that work may take to stop in order, in milliseconds: whoever stops it waits for a second at most. */
const MAX_STOPPING_MS = 700;
const CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** Turn Ctrl-C into an abort, so that work ends in order; a second Ctrl-C ends at once. */
export function watchInterrupts(): {
  readonly signal: AbortSignal;
  /** Set once a signal came. */
  readonly exitCode: number | undefined;
  stop(): void;
} {
  const controller = new AbortController();
  let exitCode: number | undefined;
  const onSignal = (name: NodeJS.Signals): void => {
    const code = CODES[name as keyof typeof CODES];
    if (exitCode !== undefined) process.exit(code);
    exitCode = code;
    controller.abort();
    setTimeout(() => process.exit(code), MAX_STOPPING_MS).unref();
  };
  for (const name of Object.keys(CODES)) process.on(name, onSignal);
  return {
    signal: controller.signal,
    get exitCode() {
      return exitCode;
    },
    stop() {
      for (const name of Object.keys(CODES)) process.off(name, onSignal);
    },
  };
}
