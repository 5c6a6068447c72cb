import { basename, join, relative } from 'node:path';
import type { ColumnReadings } from '../../engine/column-readings.ts';
import { isTabular } from '../../engine/formats/format.ts';
import { startOf } from '../../engine/formats/refused.ts';
import type { ShownColumns } from '../../engine/shown-columns.ts';
import { VarveError } from '../../errors.ts';
import { profileDirectory } from '../../profile/dataset/profile-directory.ts';
import type { DataFile } from '../../profile/dataset/profile-files.ts';
import { profileInUnits } from '../../profile/dataset/units.ts';
import { encodeProfile } from '../../profile/format/encode.ts';
import type { Profile } from '../../profile/model/model.ts';
import { countRows, isTabularProfile } from '../../profile/model/tables.ts';
import { processReader } from '../../profile/reading/process-reader.ts';
import type { Digest } from '../../store/format/digest.ts';
import { closing } from '../context/closing.ts';
import type { Context } from '../context/context.ts';
import { profileCache } from './cache.ts';
import { hasUnreadDates, readingsOf, schemaForReading } from './date-formats.ts';
import { type DatasetToProfile, type Profiler, type Statistics, schemaBeside } from './profiler.ts';
import { engineOptions, type ProfilingOptions } from './profiling-options.ts';
import { profileIn } from './stored.ts';
import { sentenceOf, unreadRowsAmong } from './unread-rows.ts';

/**
 * Compute the profile that travels with a new snapshot. Data that looks like a table and cannot be read as one is still
 * worth keeping: it is added without a profile, and `onUnreadable` is told why.
 */
export function profilerFor(
  context: Context,
  onUnreadable: (path: string, why: VarveError) => void,
  machine: Pick<ProfilingOptions, 'memory' | 'threads'> = {},
): Profiler {
  const cache = profileCache(context.repository);
  const shown = (absolutePath: string): string => relative(context.cwd, absolutePath);
  return async (dataset, { onProgress, signal } = context) => {
    const machineOptions = {
      ...engineOptions(machine),
      ...(onProgress && { onProgress }),
      ...(signal && { signal }),
    };
    const { path, absolutePath, kind, files, known } = dataset;
    if (kind === 'file' && !isTabular(path)) {
      noteUnreadRows(context, dataset, undefined);
      return undefined;
    }
    const file = { name: `${path}.schema.yaml`, absolutePath: schemaBeside(dataset) };
    const readings = readingsOf(undefined, schemaForReading(file));
    if (known !== undefined && !(await isReadOtherwise(context, known, readings))) return undefined;
    const options = { ...machineOptions, ...(readings && { readings }) };
    try {
      const profile = await (kind === 'file'
        ? profileInUnits(
            { absolutePath, path: basename(path), shownAs: shown(absolutePath), size: files[0]!.size },
            processReader,
            options,
          )
        : profileDirectory(filesWithin(dataset, shown(absolutePath)), processReader, {
            ...options,
            ...cache,
          }));
      if (kind === 'directory') noteUnreadRows(context, dataset, profile);
      return encodedStatistics(profile);
    } catch (error) {
      if (!(error instanceof VarveError) || signal?.aborted) throw error;
      onUnreadable(path, error);
      return undefined;
    }
  };
}

/** Say why the rows of files are not counted, or not all of them. */
function noteUnreadRows(
  { onWarning }: Context,
  { path: dataset, absolutePath: place, files }: DatasetToProfile,
  profile: Profile | undefined,
): void {
  if (onWarning === undefined) return;
  const unread = unreadRowsAmong(
    mapped(files, ({ path, size }) => ({
      path: path || basename(dataset),
      shownAs: join(dataset, path),
      size,
      start: () => startOf(join(place, path)),
    })),
  );
  if (unread === undefined) return;
  const isPartly = profile !== undefined && isTabularProfile(profile);
  const whose = isPartly ? 'The statistics of rows are not of all files' : 'There are no statistics of rows';
  onWarning(`${whose}: ${sentenceOf(unread)}`);
}

/** One at a time: of a million images, few are asked for. */
function* mapped<T, R>(items: Iterable<T>, change: (item: T) => R): Generator<R> {
  for (const item of items) yield change(item);
}

/** Whether a profile was made before the schema came to say how its dates are written. One that is not here stays as it is. */
async function isReadOtherwise(
  { backend }: Context,
  known: Digest,
  readings: ColumnReadings | undefined,
): Promise<boolean> {
  if (readings === undefined) return false;
  const profile = await closing(await backend.openProfileStore(), (store) => profileIn(store, known, known));
  return profile !== undefined && hasUnreadDates(profile, readings);
}

function filesWithin(
  { absolutePath, files, columns }: DatasetToProfile,
  shownFolder: string,
): readonly DataFile[] {
  const within = files.map(
    ({ path, content, size }) => new FileWithin(absolutePath, shownFolder, path, content!, size),
  );
  if (columns !== undefined) for (const file of within) file.columns = columns;
  return within;
}

/** A file of a folder. Where it lies is put together when somebody asks: of a million images, nobody does. */
class FileWithin implements DataFile {
  readonly #folder: string;
  readonly #shownFolder: string;
  readonly path: string;
  readonly digest: string;
  readonly size: number;
  declare columns?: ShownColumns;

  constructor(folder: string, shownFolder: string, path: string, digest: string, size: number) {
    this.#folder = folder;
    this.#shownFolder = shownFolder;
    this.path = path;
    this.digest = digest;
    this.size = size;
  }

  get absolutePath(): string {
    return join(this.#folder, this.path);
  }

  get shownAs(): string {
    return join(this.#shownFolder, this.path);
  }
}

/** What travels with a version of its profile. */
export function encodedStatistics(profile: Profile): Statistics {
  return { bytes: encodeProfile(profile), ...(isTabularProfile(profile) && { rows: countRows(profile) }) };
}
