/**
 * Engines: parts of a profile as the tasks of a cluster that schedules, retries and places them. They may not know what is in a part, nor
 * how parts are put together.
 */

import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeTemporaryFolder } from '../../base/files/temporary-folder.ts';
import { removeAtExit } from '../../base/files/unfinished-files.ts';
import type { ColumnReadings } from '../../engine/column-readings.ts';
import { type ErrorCode, VarveError } from '../../errors.ts';
import type { MergedParts } from '../../profile/parts/merge-parts.ts';
import { consents } from '../../workspace/trust/consent.ts';
import type { Context, Watch } from '../context/context.ts';
import type { NamedDataset } from '../datasets/resolve.ts';
import { mergePartFiles } from '../profile-merge.ts';
import type { ClusterEngine, ProfilingOptions } from '../statistics/profiling-options.ts';
import type { ClusterProgram, ClusterWork, EngineRequest } from './cluster-program.ts';
import { clusterFailed, failureIn, packShipped, runToEnd } from './programs.ts';
import { RAY } from './ray.ts';
import { COMMAND_HERE, COMMAND_SHIPPED, driverProgram } from './shipped.ts';
import { SPARK } from './spark.ts';

const ENGINES: Readonly<Record<ClusterEngine, ClusterProgram>> = { spark: SPARK, ray: RAY };

/**
 * Profile a dataset by the tasks of a cluster: to the byte what this machine would make of it.
 * @param readings how columns are read that more than the data decides
 * @throws VarveError `cluster-missing`, `cluster-failed`, and what mergeProfile throws
 */
export function profileOnCluster(
  engine: ClusterEngine,
  dataset: NamedDataset,
  options: ProfilingOptions,
  readings: ColumnReadings | undefined,
): Promise<MergedParts> {
  const { name, cwd, watch } = dataset;
  const work: ClusterWork = {
    words: [
      'profile',
      name,
      '--part',
      '{part}',
      '--json',
      ...countingWords(options, readings),
      ...machineWords(options),
    ],
    input: null,
    ranges: null,
    merge: ['profile', '--merge', '{parts}', '--partial', '--json'],
  };
  const { memory, threads } = options;
  return onCluster(engine, dataset, options, work, (output) =>
    mergePartFiles(cwd, [output], { dataset: name, memory, threads }, watch),
  );
}

/**
 * Have the tasks of a cluster do the parts of some work. Every worker has to see the folder in which the dataset is named, as it has to see
 * any path that its engine reads.
 * @param use takes the file in which the results lie, one behind the other
 * @throws VarveError `cluster-missing`, `cluster-failed`, and what `use` throws
 */
export async function onCluster<T>(
  name: ClusterEngine,
  { name: dataset, cwd, watch, isForNow, context }: NamedDataset,
  options: ProfilingOptions,
  work: ClusterWork,
  use: (output: string) => Promise<T>,
): Promise<T> {
  const engine = ENGINES[name];
  if (isForNow) throw notSeen(dataset, engine.title);
  const folder = makeTemporaryFolder('rows');
  const unfinished = removeAtExit(folder);
  try {
    const isHere = engine.isHere(options.master);
    const path = join(folder, 'request.json');
    const place = { address: options.master ?? null, archive: isHere ? null : join(folder, 'varve.tar') };
    const [command, ...words] = engine.start(driverProgram(engine.program), path, place);
    if (!isHere) await packShipped(folder, watch.signal);
    const request: EngineRequest = {
      work,
      folder: cwd,
      command: isHere ? COMMAND_HERE : COMMAND_SHIPPED,
      variables: { VARVE_TRUST: agreedHere(context) },
      parts: options.parts ?? 0,
      threads: options.threads ?? 1,
      again: AGAIN,
      output: join(folder, 'parts'),
      failure: join(folder, 'failure'),
      ...place,
    };
    await writeFile(path, JSON.stringify(request));
    const waiting = isHere ? undefined : tellOfWait(engine.title, options.master, watch);
    const { code, said } = await runToEnd(command, words, watch.signal).finally(() => clearTimeout(waiting));
    if (code === 0) return await use(request.output);
    const reason = engine.reasonUnreached?.(said);
    const unreached = reason === undefined ? undefined : { message: reason, isUnreached: true as const };
    const failure = (await failureIn(request.failure)) ?? unreached;
    throw clusterFailed(engine.title, options.master, failure, said);
  } finally {
    await rm(folder, { recursive: true, force: true });
    unfinished.isFinished();
  }
}

/** Engines say nothing for a minute and more where no cluster is: whoever waits is told what for. */
const WORD_AFTER_MS = 1500;

function tellOfWait(engine: string, master: string | undefined, { onWarning }: Watch): NodeJS.Timeout {
  const place = master === undefined ? `the cluster of ${engine}'s own settings` : `${engine} at ${master}`;
  const word = `Waiting for ${place} to do the work. If nobody is there, it may take minutes until ${engine} says so; Ctrl-C ends the wait.`;
  return setTimeout(() => onWarning?.(word), WORD_AFTER_MS);
}

/** What may be otherwise on another machine, or a while later. */
const AGAIN: readonly ErrorCode[] = [
  ...(['defect', 'disk-full', 'files-exhausted', 'io-error', 'path-missing', 'permission-denied'] as const),
  ...(['engine-memory', 'reader-crashed', 'reader-stalled'] as const),
  ...(['credentials-expired', 'endpoint-unreachable', 'object-truncated'] as const),
  ...(['remote-error', 'remote-unavailable'] as const),
];

/** The options of a part that say what is counted. */
function countingWords({ slice, weight }: ProfilingOptions, readings: ColumnReadings | undefined): string[] {
  const formats = [...(readings ?? [])].flatMap(([column, { format }]) =>
    format === undefined ? [] : ['--date-format', `${column}=${format}`],
  );
  return [
    ...(slice === undefined ? [] : ['--slice', `${slice.feature}=${slice.value}`]),
    ...(weight === undefined ? [] : ['--weight', weight]),
    ...formats,
  ];
}

/** The options of a part that say how much of a machine it has: one core unless that is said. */
export function machineWords({ memory, threads = 1 }: ProfilingOptions): string[] {
  return [...(memory === undefined ? [] : ['--memory', memory]), '--threads', String(threads)];
}

/** What this machine agreed to: workers have none of its user's settings, and act for whoever started the work. */
function agreedHere(context: Context | undefined): string {
  const kept = context === undefined ? [] : consents(context.repository.root);
  const given = process.env.VARVE_TRUST ?? '';
  return [given, ...kept.map(({ fingerprint }) => fingerprint)].join(' ').trim();
}

function notSeen(dataset: string, engine: string): VarveError {
  return new VarveError(
    'usage',
    `${dataset} is read by this machine alone, and no worker of ${engine} sees it`,
    {
      path: dataset,
      remedy: 'Leave `--engine` out, or take the table into a file by `varve add`, and name that.',
    },
  );
}
