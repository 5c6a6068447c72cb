import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { makeTemporaryFolder } from '../../base/files/temporary-folder.ts';
import type { OnProgress } from '../../progress.ts';
import { isEnforced, limitedNode } from './limits.ts';
import { errorOf, type Job, type Jobs, type Message } from './messages.ts';

/** The built program, which lies beside the built code; from the TypeScript sources too, since Node starts no others. */
const PROGRAM = fileURLToPath(
  new URL(
    import.meta.url.endsWith('.ts') ? '../../../dist/reader-process.cjs' : './reader-process.cjs',
    import.meta.url,
  ),
);

/** Milliseconds without a byte read, a byte written or any other news after which a process counts as stuck. */
const STALL_LIMIT = 10 * 60 * 1000;

/** Variables that the program needs. Others, such as credentials, are no business of what reads strangers' data. */
const ENVIRONMENT = ['PATH', 'LANG', 'LC_ALL', 'LD_LIBRARY_PATH', 'DYLD_LIBRARY_PATH', 'SystemRoot'];

export interface ReadOptions {
  readonly onProgress?: OnProgress | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The process ended by itself or by its limit, or it was stuck, while it had something to do. */
export class ReaderEnded extends Error {
  /** The signal or exit code by which it ended; `stalled` where it did nothing any more. */
  readonly how: NodeJS.Signals | number | 'stalled';

  constructor(how: NodeJS.Signals | number | 'stalled') {
    super(`the reading process ended: ${how}`);
    this.how = how;
  }
}

/**
 * A process that reads data and does one job at a time. It changes nothing in the process that starts it and does not keep that alive: it
 * ends with it, at the latest.
 */
export class ReaderProcess {
  /** Bytes. */
  readonly limit: number;
  readonly #child: ChildProcess;
  readonly #ended: Promise<ReaderEnded>;
  #isAlive = true;
  #isBusy = false;

  /** @param limit the most memory, in bytes */
  constructor(limit: number, enforced = isEnforced()) {
    this.limit = limit;
    const folder = makeTemporaryFolder('engine');
    const args = [`--max-old-space-size=${Math.ceil(limit / 2 ** 20)}`, PROGRAM, folder];
    const [command, ...rest] = enforced
      ? limitedNode(args, limit)
      : ([process.execPath, ...args, String(limit)] as const);
    const kept = ENVIRONMENT.flatMap((name) =>
      process.env[name] === undefined ? [] : [[name, process.env[name]]],
    );
    this.#child = spawn(command, rest, {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      serialization: 'advanced',
      windowsHide: true,
      env: { ...Object.fromEntries(kept), TMPDIR: folder, TMP: folder, TEMP: folder },
    });
    const removeFolder = () => rmSync(folder, { recursive: true, force: true });
    const onExit = () => {
      if (this.#isBusy) this.end();
      removeFolder();
    };
    process.once('exit', onExit);
    this.#ended = new Promise((resolve) => {
      const settle = (how: NodeJS.Signals | number) => {
        this.#isAlive = false;
        process.removeListener('exit', onExit);
        removeFolder();
        resolve(new ReaderEnded(how));
      };
      this.#child.once('exit', (code, signal) => settle(signal ?? code ?? 0));
      this.#child.once('error', () => settle(-1));
    });
    this.#hold(false);
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  /**
   * @throws ReaderEnded where it ended, the signal's reason on abort, which ends it, and what the job threw
   */
  async ask<Kind extends keyof Jobs>(
    kind: Kind,
    asked: Jobs[Kind]['asked'],
    { onProgress, signal }: ReadOptions = {},
  ): Promise<Jobs[Kind]['answer']> {
    signal?.throwIfAborted();
    let stop: (() => void) | undefined;
    try {
      return await new Promise<Jobs[Kind]['answer']>((resolve, reject) => {
        let reason: unknown;
        const endFor = (why: unknown) => {
          reason ??= why;
          this.end();
        };
        const onAbort = () => endFor(signal!.reason);
        const onStall = () => endFor(new ReaderEnded('stalled'));
        let stall = setTimeout(onStall, STALL_LIMIT);
        const hear = (message: Message) => {
          clearTimeout(stall);
          stall = setTimeout(onStall, STALL_LIMIT);
          if ('progress' in message) onProgress?.(message.progress);
          else if ('answer' in message) resolve(message.answer as Jobs[Kind]['answer']);
          else if ('failure' in message) reject(errorOf(message.failure));
        };
        stop = () => {
          clearTimeout(stall);
          signal?.removeEventListener('abort', onAbort);
          this.#child.off('message', hear);
        };
        signal?.addEventListener('abort', onAbort, { once: true });
        this.#child.on('message', hear);
        // Its files are gone then.
        void this.#ended.then((ended) => reject(reason ?? ended));
        this.#hold(true);
        // Where it is gone already, its end says so.
        this.#child.send({ kind, ...asked } as unknown as Job, () => undefined);
      });
    } finally {
      stop?.();
      this.#hold(false);
    }
  }

  /** Ends it at once, whatever it does. */
  end(): void {
    this.#isAlive = false;
    this.#child.kill('SIGKILL');
  }

  /** Lets it end in order: it has nothing to do. */
  dismiss(): void {
    this.#isAlive = false;
    if (this.#child.connected) this.#child.disconnect();
  }

  /** Whether this process waits for that one. */
  #hold(held: boolean): void {
    this.#isBusy = held;
    const { channel } = this.#child;
    if (held) {
      this.#child.ref();
      channel?.ref();
    } else {
      this.#child.unref();
      channel?.unref();
    }
  }
}
