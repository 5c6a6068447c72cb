import { existsSync } from 'node:fs';
import { VarveError } from '../../errors.ts';

/** DuckDB's own limit unless one is asked for. */
export const DEFAULT_MEMORY = 512 * 1000 * 1000;

/**
 * What a process takes beside DuckDB's own memory: Node and the engine's code (140 MB), its counters, up to four threads of its
 * own, and what DuckDB does not count. A generous
 * estimate: a profile of 2,000 columns had 730 MB resident, of which DuckDB might have 512.
 */
const OVERHEAD = 1024 * 1024 * 1024;

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  ...Object.fromEntries(['k', 'm', 'g', 't'].map((unit, index) => [`${unit}b`, 1000 ** (index + 1)])),
  ...Object.fromEntries(['k', 'm', 'g', 't'].map((unit, index) => [`${unit}ib`, 1024 ** (index + 1)])),
};

/**
 * Bytes of a size as DuckDB takes it: `512MB`, `1.5 GiB`.
 * @throws VarveError `usage`
 */
export function memoryBytes(memory: string | undefined): number {
  if (memory === undefined) return DEFAULT_MEMORY;
  const [, size, unit] = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(memory) ?? [];
  const factor = UNITS[(unit ?? '?').toLowerCase()];
  const bytes = Math.floor(Number(size) * (factor ?? Number.NaN));
  if (Number.isSafeInteger(bytes) && bytes > 0) return bytes;
  throw new VarveError('usage', `${memory} is no size of memory`, {
    remedy: 'Write it as a number and a unit, such as 512MB or 2GiB.',
  });
}

/** The most memory, in bytes, of a process whose engine may have `memory`. */
export function processLimit(memory: number): number {
  return memory + OVERHEAD;
}

/** Where it is, the system can be told a limit. */
const SHELL = '/bin/sh';

/**
 * Whether the system holds a process to its limit of memory: Linux counts what it may write to, and refuses more (RLIMIT_DATA,
 * https://man7.org/linux/man-pages/man2/getrlimit.2.html). Node cannot set it, but a shell can.
 */
export function isEnforced(): boolean {
  return process.platform === 'linux' && existsSync(SHELL);
}

/**
 * How to start Node so that the system gives it `limit` bytes at most. A machine that runs short of memory ends this process before
 * any other. No core file, with somebody's data in it, is written.
 */
export function limitedNode(args: readonly string[], limit: number): readonly [string, ...string[]] {
  const set = `ulimit -c 0; ulimit -d ${Math.floor(limit / 1024)}; echo 1000 >/proc/self/oom_score_adj`;
  return [SHELL, '-c', `{ ${set}; } 2>/dev/null; exec "$0" "$@"`, process.execPath, ...args];
}
