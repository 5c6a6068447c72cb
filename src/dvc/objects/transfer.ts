import { isChosen } from '../../base/files/path-order.ts';
import { forEach } from '../../base/threads/concurrency.ts';
import { VarveError } from '../../errors.ts';
import { isDirectory, type ObjectId, objectKey } from '../format/object-id.ts';
import type { DvcContext } from '../tree/context.ts';
import type { RecordedOutput } from '../tree/select.ts';
import { cachedFiles, isCached, notCached, type OutputFile } from './cache.ts';
import type { ObjectRemote } from './object-remote.ts';
import { openDvcRemote } from './remotes.ts';

/** The files to move of one output: `only` as in Selected. */
export interface Wanted {
  readonly output: RecordedOutput;
  readonly only?: readonly string[];
}

export interface DvcTransferred {
  readonly objects: number;
  readonly bytes: number;
}

export interface DvcTransferOptions {
  readonly remote?: string | undefined;
  readonly jobs?: number | undefined;
}

export interface DvcFetched extends DvcTransferred {
  /** The outputs of which their remote lacks something, while others came. */
  readonly lacking: readonly Wanted[];
}

/**
 * Fetch what the cache lacks of these outputs from the remote of each. Keeps what is whole, so that a transfer that was
 * cut off goes on where it was.
 * @throws VarveError `object-missing` if something of every output is missing, after everything else was fetched
 */
export async function fetchOutputs(
  context: DvcContext,
  wanted: readonly Wanted[],
  options: DvcTransferOptions,
): Promise<DvcFetched> {
  const lacking: Wanted[] = [];
  let first: VarveError | undefined;
  const fetched = await onEachRemote(context, wanted, options, async (remote, group, jobs) => {
    const progress = new Progress(context, 'fetch');
    const absent = new Map<string, string>();
    const get = async (id: ObjectId, path: string) => {
      try {
        progress.did(await remote.download(id));
      } catch (error) {
        if (!(error instanceof VarveError) || error.code !== 'object-missing') throw error;
        absent.set(objectKey(id), path);
      }
    };
    const lists = group.filter(({ output }) => isDirectory(output.id) && !isCached(context, output.id));
    await forEach(distinct(lists.map(({ output }) => ({ id: output.id, path: output.path }))), jobs, (one) =>
      get(one.id, one.path),
    );
    const files = notCached(context, distinct(await filesOfAll(context, group)));
    progress.expect(files.length);
    await forEach(files, jobs, async ({ id, path }) => {
      context.signal?.throwIfAborted();
      await get(id, path);
    });
    if (absent.size > 0) {
      first ??= missingOnRemote(remote, absent);
      lacking.push(...(await outputsWith(context, group, absent)));
    }
    return progress.result;
  });
  if (first !== undefined && lacking.length === wanted.length) throw first;
  return { ...fetched, lacking };
}

/** Filter the outputs that need one of these objects, by their keys. */
async function outputsWith(
  context: DvcContext,
  group: readonly Wanted[],
  keys: ReadonlyMap<string, string>,
): Promise<Wanted[]> {
  const found: Wanted[] = [];
  for (const one of group) {
    const ids = [one.output.id, ...(await filesOfAll(context, [one])).map(({ id }) => id)];
    if (ids.some((id) => keys.has(objectKey(id)))) found.push(one);
  }
  return found;
}

/**
 * Send what the remote of each output lacks. The list of a directory's files goes last, since DVC takes it as a sign that the
 * files are there.
 * @throws VarveError `object-missing` if neither cache nor remote has an object; everything else was pushed
 */
export async function pushOutputs(
  context: DvcContext,
  wanted: readonly Wanted[],
  options: DvcTransferOptions,
): Promise<DvcTransferred> {
  return onEachRemote(context, wanted, options, async (remote, group, jobs) => {
    const progress = new Progress(context, 'push');
    const absent = new Map<string, string>();
    const send = async (objects: readonly OutputFile[]) => {
      const there = await remote.present(objects.map(({ id }) => id));
      const lacking = objects.filter(({ id }) => !there.has(id));
      for (const { id, path } of notCached(context, lacking)) absent.set(objectKey(id), path);
      const ready = lacking.map(({ id }) => id).filter((id) => !absent.has(objectKey(id)));
      progress.expect(ready.length);
      await remote.upload(ready, jobs, (bytes) => progress.did(bytes));
    };
    await send(distinct(await filesOfAll(context, group)));
    if (absent.size > 0) throw missingHere(remote, absent);
    const lists = group.filter(({ output }) => isDirectory(output.id));
    await send(distinct(lists.map(({ output }) => ({ id: output.id, path: output.path }))));
    return progress.result;
  });
}

/**
 * Find the outputs of which the remote of each lacks something. Asks for names alone. Where the cache lacks the list of a directory,
 * the list on the remote stands for its files, as for DVC.
 */
export async function lackingOutputs(
  context: DvcContext,
  wanted: readonly Wanted[],
  options: DvcTransferOptions,
): Promise<Wanted[]> {
  const lacking: Wanted[] = [];
  await onEachRemote(context, wanted, options, async (remote, group) => {
    for (const one of group) {
      const files = await filesOfAll(context, [one]);
      const ids = [one.output.id, ...distinct(files).map(({ id }) => id)];
      if ((await remote.present(ids)).size < new Set(ids).size) lacking.push(one);
    }
    return { objects: 0, bytes: 0 };
  });
  return lacking;
}

/** Run `work` once a remote, on the outputs that are bound to it. */
async function onEachRemote(
  context: DvcContext,
  wanted: readonly Wanted[],
  options: DvcTransferOptions,
  work: (remote: ObjectRemote, group: readonly Wanted[], jobs: number) => Promise<DvcTransferred>,
): Promise<DvcTransferred> {
  const total = { objects: 0, bytes: 0 };
  const groups = new Map<string | undefined, Wanted[]>();
  for (const one of wanted) {
    const name = options.remote ?? one.output.remote;
    groups.set(name, [...(groups.get(name) ?? []), one]);
  }
  for (const [name, group] of groups) {
    const remote = await openDvcRemote(context, name);
    try {
      const { objects, bytes } = await work(remote, group, options.jobs ?? remote.jobs);
      total.objects += objects;
      total.bytes += bytes;
    } finally {
      await remote.close();
    }
  }
  return total;
}

/** The files of the outputs whose lists the cache has; paths from the repository's top. */
async function filesOfAll(context: DvcContext, group: readonly Wanted[]): Promise<OutputFile[]> {
  const all: OutputFile[] = [];
  for (const { output, only } of group) {
    for (const { path, id } of (await cachedFiles(context, output.id)) ?? []) {
      if (isChosen(path, only)) all.push({ path: path === '' ? output.path : `${output.path}/${path}`, id });
    }
  }
  return all;
}

/** Each object once, under the first path that names it. */
function distinct(files: readonly OutputFile[]): OutputFile[] {
  const byKey = new Map<string, OutputFile>();
  for (const file of files) {
    const key = objectKey(file.id);
    if (!byKey.has(key)) byKey.set(key, file);
  }
  return [...byKey.values()];
}

class Progress {
  readonly result = { objects: 0, bytes: 0 };
  readonly #context: DvcContext;
  readonly #phase: string;
  #total = 0;

  constructor(context: DvcContext, phase: string) {
    this.#context = context;
    this.#phase = phase;
  }

  expect(objects: number): void {
    this.#total += objects;
  }

  did(bytes: number): void {
    this.result.objects++;
    this.result.bytes += bytes;
    const { objects } = this.result;
    this.#context.onProgress?.({
      phase: this.#phase,
      unit: 'objects',
      done: objects,
      total: Math.max(objects, this.#total),
    });
  }
}

function missingOnRemote(remote: ObjectRemote, absent: ReadonlyMap<string, string>): VarveError {
  return missing(
    `${remote.url} lacks`,
    absent,
    'Whoever made them sends them: `varve push --all-commits` in the clone that has them.',
  );
}

function missingHere(remote: ObjectRemote, absent: ReadonlyMap<string, string>): VarveError {
  return missing(
    `Neither this cache nor ${remote.url} has`,
    absent,
    'Push from a clone that has them, or add the data again.',
  );
}

function missing(where: string, absent: ReadonlyMap<string, string>, remedy: string): VarveError {
  const [path] = absent.values();
  const others = absent.size === 1 ? '' : ` and ${absent.size - 1} more`;
  return new VarveError('object-missing', `${where} the data of ${path}${others}`, { path: path!, remedy });
}
