/**
 * The terminal: standard output and standard error, progress, questions and errors on it. It may not know any command,
 * nor decide what is said.
 */

import { once } from 'node:events';
import { fstatSync, statSync, writeSync } from 'node:fs';

const OUTPUT = 1;
const ERROR = 2;
/** File descriptors whose reader was too slow: what follows waits its turn in Node's stream. */
const FULL_STREAMS = new Set<number>();

export function print(text: string): void {
  write(OUTPUT, text);
}

export function printError(text: string): void {
  write(ERROR, text);
}

/** Print bytes as they are, and wait while their reader is too slow. */
export async function printBytes(bytes: Uint8Array): Promise<void> {
  writeBytes(OUTPUT, bytes);
  if (FULL_STREAMS.has(OUTPUT) && process.stdout.writableNeedDrain) await once(process.stdout, 'drain');
}

/** Columns of the terminal that standard output is; undefined if it is none. */
export function terminalWidth(): number | undefined {
  return isTerminal() ? process.stdout.columns : undefined;
}

/** Tell whether standard output takes colours. See https://no-color.org */
export function hasColours(): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env;
  if (NO_COLOR) return false;
  if (FORCE_COLOR) return FORCE_COLOR !== '0';
  return TERM !== 'dumb' && isTerminal();
}

/** Node's streams take 5 ms to load, as much as all of varve: pipes, files and /dev/null are told without them. */
function isTerminal(): boolean {
  try {
    const output = fstatSync(OUTPUT);
    const nowhere = statSync('/dev/null', { throwIfNoEntry: false });
    return output.isCharacterDevice() && output.rdev !== nowhere?.rdev && process.stdout.isTTY === true;
  } catch {
    // Closed: `varve status >&-`.
    return false;
  }
}

/** Write at once; what a full pipe does not take goes through Node's stream. A closed pipe, as in `varve log | head`, is no trouble. */
function write(target: number, text: string): void {
  writeBytes(target, Buffer.from(text));
}

function writeBytes(target: number, bytes: Uint8Array): void {
  let done = 0;
  try {
    while (done < bytes.length && !FULL_STREAMS.has(target))
      done += writeSync(target, bytes, done, bytes.length - done);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EPIPE') process.exit(0);
    if (code === 'EBADF') return;
    if (code !== 'EAGAIN') throw error;
    FULL_STREAMS.add(target);
    streamOf(target).on('error', ignoreClosedPipe);
  }
  if (done < bytes.length) streamOf(target).write(bytes.subarray(done));
}

function streamOf(target: number): NodeJS.WriteStream {
  return target === OUTPUT ? process.stdout : process.stderr;
}

function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
}
