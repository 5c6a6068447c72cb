import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { VarveError } from '../../errors.ts';
import { layOut } from './shipped.ts';

/** The last that a program says, in characters: engines say much. */
const MAX_SAID = 20_000;

/** Lines of that which a person is shown. */
const MAX_LINES = 12;

/** How a program ended, and the last that it said. */
export interface Ended {
  readonly code: number | null;
  readonly said: string;
}

/** Run a program to its end, and keep the last that it says. */
export async function runToEnd(
  program: string,
  words: readonly string[],
  signal: AbortSignal | undefined,
): Promise<Ended> {
  signal?.throwIfAborted();
  const child = spawn(program, words, { stdio: ['ignore', 'ignore', 'pipe'], ...(signal && { signal }) });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-MAX_SAID);
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', (error) => reject(signal?.aborted ? signal.reason : error));
    child.once('close', resolve);
  });
  signal?.throwIfAborted();
  return { code, said };
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
  throw clusterFailed('tar', undefined, said);
}

/** Find a program in the folders of PATH, or in one that is named; undefined if none has it. */
export function findProgram(names: readonly string[], folder?: string): string | undefined {
  const folders = folder === undefined ? (process.env.PATH ?? '').split(delimiter) : [folder];
  const places = folders
    .filter((each) => each !== '')
    .flatMap((each) => names.map((name) => join(each, name)));
  return places.find((each) => existsSync(each));
}

/** @param failure what a part said that could not be profiled; undefined if the engine itself failed */
export function clusterFailed(engine: string, failure: string | undefined, said: string): VarveError {
  if (failure !== undefined)
    return new VarveError(
      'cluster-failed',
      `A part could not be profiled, however often ${engine} tried: ${failure}`,
      { remedy: 'Mend what it says, and run the same command again.' },
    );
  const lines = said.split('\n').filter((line) => line.trim() !== '' && !/ INFO |^\s+at /.test(line));
  return new VarveError('cluster-failed', `${engine} ended before all parts were profiled`, {
    remedy: 'Read what it said last, above, and run the same command again.',
    details: lines.slice(-MAX_LINES),
  });
}
