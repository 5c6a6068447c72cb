import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const STARTS_WITHIN_MS = 120_000;

/** A program by the environment variable, or on PATH; undefined where there is none. */
export function program(variable: string, name: string, more: readonly string[] = []): string | undefined {
  const named = process.env[variable];
  if (named !== undefined && named !== '') return named;
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return [...folders, ...more].map((folder) => join(folder, name)).find((path) => existsSync(path));
}

/** A server that tests started. It ends with them, or, where they are killed, within a second of that. */
export class ServerProcess {
  readonly #child: ChildProcess;

  constructor(words: readonly string[], options: SpawnOptions = {}) {
    const script = '"$@" & while kill -0 "$PPID_OF_TESTS" 2>/dev/null; do sleep 1; done; kill -9 $!';
    this.#child = spawn('sh', ['-c', script, 'sh', ...words], {
      stdio: 'ignore',
      ...options,
      env: { ...process.env, ...options.env, PPID_OF_TESTS: String(process.pid) },
      detached: true,
    });
    this.#child.unref();
  }

  /** Wait until somebody listens. */
  async listening(port: number): Promise<void> {
    await until(`a server at ${port}`, () => isListening(port));
  }

  stop(): void {
    try {
      process.kill(-this.#child.pid!, 'SIGKILL');
    } catch {
      // It ended before.
    }
  }
}

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const last = Date.now() + STARTS_WITHIN_MS;
  while (Date.now() < last) {
    if (await isSo()) return;
    await sleep(50);
  }
  throw new Error(`${what} did not come up`);
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      if (address === null || typeof address === 'string') throw new Error('There is no port');
      server.close(() => resolve(address.port));
    });
  });
}
