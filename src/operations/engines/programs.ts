import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { type ErrorCode, VarveError } from '../../errors.ts';
import { shellWord } from '../../wording/quote.ts';
import { layOut } from './shipped.ts';

/** The last that a program says, in characters: engines say much. */
const MAX_SAID = 20_000;

/** Lines of that which a person is shown. */
const MAX_LINES = 12;

/** Of why an engine could not be had, in characters. */
const MAX_REASON = 500;

/** What engines log of their work, and where in their own code they were: of Java, and of Python. */
const NOISE =
  / INFO |^\s+at |^\s*\.\.\. \d+ more|^\s*[\w.$/]+\([\w.]+:\d+\)$|^\s+File ".*", line \d+|^\s+[\^~]+\s*$|^Traceback /;

/** How a program ended, and the last that it said. */
export interface Ended {
  readonly code: number | null;
  readonly said: string;
}

/** What a program that is to end has for it, in milliseconds: whoever pressed Ctrl-C waits for a second at most. */
const ENDING_MS = 300;

/** Run a program to its end, and keep the last that it says. Where that is not wanted any more, all that it started in its group ends too. */
export async function runToEnd(
  program: string,
  words: readonly string[],
  signal: AbortSignal | undefined,
): Promise<Ended> {
  signal?.throwIfAborted();
  const child = spawn(program, words, { stdio: ['ignore', 'ignore', 'pipe'], detached: true });
  const end = (): void => {
    endGroup(child.pid, 'SIGTERM');
    setTimeout(() => endGroup(child.pid, 'SIGKILL'), ENDING_MS);
  };
  signal?.addEventListener('abort', end, { once: true });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-MAX_SAID);
  });
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    signal?.throwIfAborted();
    return { code, said };
  } finally {
    signal?.removeEventListener('abort', end);
    if (signal?.aborted) endGroup(child.pid, 'SIGKILL');
  }
}

/** End a program and all that it started, unless that has ended. */
function endGroup(pid: number | undefined, name: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Pack what workers run. Spark takes no archive with an entry for the folder itself. @returns the archive, absolute */
export async function packShipped(folder: string, signal: AbortSignal | undefined): Promise<string> {
  const archive = join(folder, 'varve.tar');
  const names = layOut(join(folder, 'varve'));
  const { code, said } = await runToEnd(
    'tar',
    ['-chf', archive, '-C', join(folder, 'varve'), ...names],
    signal,
  );
  if (code === 0) return archive;
  throw endedEarly('tar', said, 'Read what it said last, above, and run the same command again.');
}

/** Find a program in the folders of PATH, or in one that is named; undefined if none has it. */
export function findProgram(names: readonly string[], folder?: string): string | undefined {
  const folders = folder === undefined ? (process.env.PATH ?? '').split(delimiter) : [folder];
  const places = folders
    .filter((each) => each !== '')
    .flatMap((each) => names.map((name) => join(each, name)));
  return places.find((each) => existsSync(each));
}

/** What a part said that failed. */
export interface PartFailure {
  /** Undefined where it ended without a word of varve's own. */
  readonly code?: ErrorCode;
  readonly message: string;
  readonly remedy?: string;
  readonly path?: string;
  /** Whether it was tried again. */
  readonly isLasting?: boolean;
  /** Set where the engine itself could not be had. */
  readonly isUnreached?: true;
}

/** Read what the program of an engine wrote of a part that failed; undefined if it wrote nothing. */
export async function failureIn(file: string): Promise<PartFailure | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : JSON.parse(text);
}

/**
 * Say why there is no result.
 * @param master where it was told to find its cluster
 * @param failure undefined if the engine itself failed
 * @returns what a part said of the data, as this machine would say it; else `cluster-failed`
 */
export function clusterFailed(
  engine: string,
  master: string | undefined,
  failure: PartFailure | undefined,
  said: string,
): VarveError {
  if (failure !== undefined) {
    const { code, message, remedy, path, isLasting, isUnreached } = failure;
    if (isUnreached === true) return unreached(engine, master, message);
    const about = path === undefined ? {} : { path };
    if (isLasting && code !== undefined)
      return new VarveError(code, message, { remedy: remedy ?? '', ...about });
    return new VarveError('cluster-failed', `A part failed, however often ${engine} tried: ${message}`, {
      remedy: `${remedy === undefined ? 'Mend what it says' : remedy.replace(/\.$/, '')}, and run the same command again.`,
      ...about,
    });
  }
  return endedEarly(
    engine,
    said,
    `Read what it said last, above. If it found no cluster, ${placeWords(engine, master)}; then run the same command again.`,
  );
}

function placeWords(engine: string, master: string | undefined): string {
  return master === undefined
    ? `name its cluster by \`--master\`, or look whether the one of ${engine}'s own settings is up`
    : `look whether --master ${shellWord(master)} is right, and its cluster up`;
}

/** @param reason as the engine says it */
function unreached(engine: string, master: string | undefined, reason: string): VarveError {
  const place = master === undefined ? '' : ` at ${master}`;
  const words = placeWords(engine, master);
  return new VarveError(
    'cluster-failed',
    `${engine}${place} could not be reached: ${reason.slice(0, MAX_REASON)}`,
    {
      remedy: `Nothing was begun. ${words[0]!.toUpperCase()}${words.slice(1)}; then run the same command again.`,
    },
  );
}

function endedEarly(program: string, said: string, remedy: string): VarveError {
  const lines = said.split('\n').filter((line) => line.trim() !== '' && !NOISE.test(line));
  return new VarveError('cluster-failed', `${program} ended before all parts were done`, {
    remedy,
    details: lines.slice(-MAX_LINES),
  });
}
