/**
 * Engines: parts of a profile as the tasks of a cluster that schedules, retries and places them. They may not know what is in a part, nor
 * how parts are put together.
 */

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { makeTemporaryFolder } from '../../base/files/temporary-folder.ts';
import { removeAtExit } from '../../base/files/unfinished-files.ts';
import type { ColumnReadings } from '../../engine/column-readings.ts';
import { VarveError } from '../../errors.ts';
import type { Profile } from '../../profile/model/model.ts';
import type { NamedDataset } from '../datasets/resolve.ts';
import { mergeProfile } from '../profile-merge.ts';
import type { ProfilingOptions } from '../statistics/profiling-options.ts';
import { COMMAND_HERE, COMMAND_SHIPPED, driverProgram, layOut } from './shipped.ts';

/**
 * Profile a dataset by the tasks of Spark: to the byte what this machine would make of it. Every worker has to see the folder in which the dataset
 * is named, as it has to see any path that Spark reads.
 * @param readings how columns are read that more than the data decides
 * @throws VarveError `cluster-missing`, `cluster-failed`, and what mergeProfile throws
 */
export async function profileOnSpark(
  { name, cwd, watch }: NamedDataset,
  options: ProfilingOptions,
  readings: ColumnReadings | undefined,
): Promise<Profile> {
  const submit = sparkSubmit();
  const folder = makeTemporaryFolder('rows');
  const unfinished = removeAtExit(folder);
  try {
    const isHere = options.master?.startsWith('local') === true;
    const request = {
      folder: cwd,
      dataset: name,
      command: isHere ? COMMAND_HERE : COMMAND_SHIPPED,
      options: wordsOf(options, readings),
      parts: options.parts ?? 0,
      output: join(folder, 'parts'),
      failure: join(folder, 'failure'),
    };
    await writeFile(join(folder, 'request.json'), JSON.stringify(request));
    const archives = isHere ? [] : ['--archives', `${await packed(folder, watch.signal)}#varve`];
    const master = options.master === undefined ? [] : ['--master', options.master];
    const words = [...master, ...archives, driverProgram('spark.py'), join(folder, 'request.json')];
    const { code, said } = await run(submit, words, watch.signal);
    if (code !== 0) throw failed(await readFile(request.failure, 'utf8').catch(() => undefined), said);
    const merging = { dataset: name, memory: options.memory, threads: options.threads };
    return (await mergeProfile(cwd, [request.output], merging, watch)).profile;
  } finally {
    await rm(folder, { recursive: true, force: true });
    unfinished.isFinished();
  }
}

/** The options of a part. A task of Spark has one core unless its settings say otherwise. */
function wordsOf(
  { slice, weight, memory, threads = 1 }: ProfilingOptions,
  readings: ColumnReadings | undefined,
): string[] {
  const formats = [...(readings ?? [])].flatMap(([column, { format }]) =>
    format === undefined ? [] : ['--date-format', `${column}=${format}`],
  );
  return [
    ...(slice === undefined ? [] : ['--slice', `${slice.feature}=${slice.value}`]),
    ...(weight === undefined ? [] : ['--weight', weight]),
    ...(memory === undefined ? [] : ['--memory', memory]),
    ...['--threads', String(threads)],
    ...formats,
  ];
}

/** Pack what workers run. Spark takes no archive with an entry for the folder itself. @returns the archive, absolute */
async function packed(folder: string, signal: AbortSignal | undefined): Promise<string> {
  const archive = join(folder, 'varve.tar');
  const names = layOut(join(folder, 'varve'));
  const { code, said } = await run('tar', ['-chf', archive, '-C', join(folder, 'varve'), ...names], signal);
  if (code === 0) return archive;
  throw failed(undefined, said);
}

/** That of SPARK_HOME, else of PATH. @throws VarveError `cluster-missing` */
function sparkSubmit(): string {
  const { SPARK_HOME, PATH = '' } = process.env;
  const folders = SPARK_HOME === undefined ? PATH.split(delimiter) : [join(SPARK_HOME, 'bin')];
  const found = folders.filter((each) => each !== '').map((each) => join(each, 'spark-submit'));
  const submit = found.find((each) => existsSync(each));
  if (submit !== undefined) return submit;
  throw new VarveError('cluster-missing', 'There is no `spark-submit` of Spark', {
    remedy:
      'Name the folder of Spark 4 in SPARK_HOME, or install it by `pip install pyspark`, and have Java 17.',
  });
}

/** The last that a program says, in characters: Spark says much. */
const MAX_SAID = 20_000;

/** Lines of that which a person is shown. */
const MAX_LINES = 12;

async function run(
  program: string,
  words: readonly string[],
  signal: AbortSignal | undefined,
): Promise<{ readonly code: number | null; readonly said: string }> {
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

function failed(failure: string | undefined, said: string): VarveError {
  const lines = said
    .split('\n')
    .filter((line) => line.trim() !== '' && !/ INFO |^\s+at /.test(line))
    .slice(-MAX_LINES);
  if (failure !== undefined)
    return new VarveError(
      'cluster-failed',
      `A part could not be profiled, however often Spark tried: ${failure}`,
      {
        remedy: 'Mend what it says, and run the same command again.',
      },
    );
  return new VarveError('cluster-failed', 'Spark ended before all parts were profiled', {
    remedy: 'Read what it said last, above, and run the same command again.',
    details: lines,
  });
}
