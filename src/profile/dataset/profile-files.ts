import { availableParallelism } from 'node:os';
import { inOrder } from '../../base/threads/concurrency.ts';
import { type ColumnReadings, NO_READINGS } from '../../engine/column-readings.ts';
import { type Engine, type EngineOptions, isReadError, openEngine, readError } from '../../engine/duckdb.ts';
import { formatOf } from '../../engine/formats/format.ts';
import { dropTableSource, openTableSource } from '../../engine/source.ts';
import { fileNamedBy, type SourceFile } from '../../engine/source-file.ts';
import type { OnProgress } from '../../progress.ts';
import type { Profile } from '../model/model.ts';
import { profileOf } from '../model/tables.ts';
import { assertColumn, openSlice, type Slice } from '../plan/open-rows.ts';
import { ScanThread } from '../threads/scan-thread.ts';
import { profileTable } from './profile-table.ts';

/** A file whose rows are to be profiled. */
export interface TableFile extends SourceFile {
  /** POSIX, relative to the dataset; tells the format, and names the file's folder in tables. */
  readonly path: string;
  readonly size: number;
}

/** A file of a directory. */
export interface DataFile extends TableFile {
  /** A key that is equal for equal bytes; the file's cached profile is kept under it. */
  readonly digest: string;
}

export interface ProfileOptions extends EngineOptions {
  /** Only rows whose feature has this value (as text). */
  readonly slice?: Slice;
  /** The column that weights rows. */
  readonly weight?: string;
  /** How columns are read that more than their file decides. */
  readonly readings?: ColumnReadings;
  /** See UNIT_BYTES, which it is unless given. */
  readonly unitBytes?: number;
  readonly onProgress?: OnProgress;
}

/**
 * Profiles several small files, each as a table of its own, by one engine: opening one takes longer than reading such a file. One that
 * cannot be read does not keep the others from it.
 * @returns for each file its profile, or what profileFiles would throw
 * @throws the signal's reason on abort
 */
export async function profileEach(
  files: readonly TableFile[],
  options: EngineOptions,
): Promise<readonly (Profile | Error)[]> {
  return withEngine(files, { ...options, threads: 1 }, async (engine) => {
    const found: (Profile | Error)[] = [];
    const each = inOrder(files.entries(), engine.connections, ([index, file]) => {
      options.signal?.throwIfAborted();
      return profileOne(engine, file, `source_${index}`);
    });
    for await (const one of each) found.push(one);
    return found;
  });
}

async function profileOne(engine: Engine, file: TableFile, relation: string): Promise<Profile | Error> {
  try {
    const source = await openTableSource(engine, [file], NO_READINGS, relation);
    return profileOf([await profileTable(engine, source, { name: '', threads: [] })]);
  } catch (error) {
    return asError(isReadError(error) ? readError(error, file) : error);
  } finally {
    await dropTableSource(engine, file, relation);
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

/**
 * Profiles the rows of files of one format as one table, named `''`. Memory is bounded by `options.memory` and the
 * length of the longest value.
 * @throws VarveError `column-missing` if `slice` or `weight` names no column; `engine-memory`; the codes of openTableSource; the
 * signal's reason on abort
 */
export async function profileFiles(
  files: readonly TableFile[],
  options: ProfileOptions = {},
): Promise<Profile> {
  const { slice, weight, readings, onProgress, ...engineOptions } = options;
  const threads = threadsFor(files, options);
  const share = threads.length === 0 ? {} : shareOf(options, threads.length + 1);
  try {
    return await withEngine(files, { ...engineOptions, ...share }, async (engine) => {
      const source = await openSlice(engine, files, slice, readings);
      if (weight !== undefined) assertColumn(source, weight);
      const onFeature = (done: number, total: number) =>
        onProgress?.({ phase: 'profile', unit: 'features', done, total });
      const table = await profileTable(engine, source, { name: '', weight, threads, onFeature });
      return profileOf([{ ...table, ...(slice && { slice }) }]);
    });
  } catch (error) {
    throw isReadError(error) ? readError(error, fileNamedBy(error, files)) : error;
  } finally {
    await Promise.all(threads.map((thread) => thread.close()));
  }
}

async function withEngine<T>(
  files: readonly TableFile[],
  options: EngineOptions,
  work: (engine: Engine) => Promise<T>,
): Promise<T> {
  const engine = await openEngine(
    files.map((file) => file.absolutePath),
    options,
  );
  try {
    return await work(engine);
  } finally {
    engine.close();
  }
}

/** The size of Parquet from which starting threads pays: every thread can read it by itself. */
const MIN_THREADED_BYTES = 16 * 1024 * 1024;

/** More threads than these wait for memory and not for work. */
const MAX_THREADS = 4;

function threadsFor(files: readonly TableFile[], options: ProfileOptions): ScanThread[] {
  const size = files.reduce((sum, file) => sum + file.size, 0);
  const inPlace = files.every(({ path }) => formatOf(path) === 'parquet');
  if (!inPlace || size < MIN_THREADED_BYTES) return [];
  const count = Math.min(options.threads ?? MAX_THREADS, availableParallelism(), MAX_THREADS);
  const task = { files, slice: options.slice, readings: options.readings, engine: shareOf(options, count) };
  return Array.from({ length: count - 1 }, () => new ScanThread(task));
}

/** Each of `count` threads has an engine with one thread, and its part of the memory. */
function shareOf({ memory }: EngineOptions, count: number): { threads: number; memory?: string } {
  const [, size, unit] = /^([\d.]+)(.*)$/.exec(memory ?? '') ?? [];
  return { threads: 1, ...(size === undefined ? {} : { memory: `${Number(size) / count}${unit}` }) };
}
