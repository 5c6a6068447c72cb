import { basename, join } from 'node:path';
import type { ColumnReadings } from '../../engine/column-readings.ts';
import { isTabular } from '../../engine/formats/format.ts';
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
import { type Profiler, type Statistics, schemaBeside } from './profiler.ts';
import { engineOptions, type ProfilingOptions } from './profiling-options.ts';
import { profileIn } from './stored.ts';

/**
 * Compute the profile that travels with a new snapshot. Data that looks like a table and cannot be read as one is still
 * worth keeping: it is added without a profile, and `onUnreadable` is told why.
 */
export function profilerFor(
  context: Context,
  onUnreadable: (path: string, why: VarveError) => void,
  machine: Pick<ProfilingOptions, 'memory' | 'threads'> = {},
): Profiler {
  const { onProgress, signal } = context;
  const machineOptions = {
    ...engineOptions(machine),
    ...(onProgress && { onProgress }),
    ...(signal && { signal }),
  };
  const cache = profileCache(context.repository);
  return async (dataset) => {
    const { path, absolutePath, kind, files, known } = dataset;
    const data = files.map((file) =>
      file.path === ''
        ? { absolutePath, path: basename(path), digest: file.content, size: file.size }
        : new FileWithin(absolutePath, file.path, file.content, file.size),
    );
    if (kind === 'file' && !isTabular(path)) return undefined;
    const file = { name: `${path}.schema.yaml`, absolutePath: schemaBeside(dataset) };
    const readings = readingsOf(undefined, schemaForReading(file));
    if (known !== undefined && !(await isReadOtherwise(context, known, readings))) return undefined;
    const options = { ...machineOptions, ...(readings && { readings }) };
    try {
      const profile = await (kind === 'file'
        ? profileInUnits(data[0]!, processReader, options)
        : profileDirectory(data, processReader, { ...options, ...cache }));
      return described(profile);
    } catch (error) {
      if (!(error instanceof VarveError)) throw error;
      onUnreadable(path, error);
      return undefined;
    }
  };
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

/** A file of a folder. Where it lies is put together when somebody asks: of a million images, nobody does. */
class FileWithin implements DataFile {
  readonly #folder: string;
  readonly path: string;
  readonly digest: string;
  readonly size: number;

  constructor(folder: string, path: string, digest: string, size: number) {
    this.#folder = folder;
    this.path = path;
    this.digest = digest;
    this.size = size;
  }

  get absolutePath(): string {
    return join(this.#folder, this.path);
  }
}

function described(profile: Profile): Statistics {
  return { bytes: encodeProfile(profile), ...(isTabularProfile(profile) && { rows: countRows(profile) }) };
}
