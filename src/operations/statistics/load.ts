/**
 * Gets the statistics of a dataset, stored or computed. Knows datasets and profiles; knows no schema rule and no drift
 * decision.
 */

import type { ColumnReadings } from '../../engine/column-readings.ts';
import { isTabular } from '../../engine/formats/format.ts';
import { notTabular } from '../../engine/formats/refused.ts';
import { profileDirectory } from '../../profile/dataset/profile-directory.ts';
import { profileInUnits } from '../../profile/dataset/units.ts';
import type { Profile } from '../../profile/model/model.ts';
import { prepareReader, processReader } from '../../profile/reading/process-reader.ts';
import type { Schema } from '../../schema/model.ts';
import type { ContentKey, DatasetFiles } from '../backend/version.ts';
import { type Context, watching } from '../context/context.ts';
import { withDatasetFiles } from '../datasets/files.ts';
import { hasData, type NamedDataset } from '../datasets/resolve.ts';
import { profileOnCluster } from '../engines/cluster.ts';
import { type ProfileCache, profileCache } from './cache.ts';
import { assertFormatsRead, hasUnreadDates, readingsOf, schemaForReading } from './date-formats.ts';
import { engineOptions, type ProfilingEngine, type ProfilingOptions } from './profiling-options.ts';
import { schemaFileOf } from './schema-file.ts';
import { storedProfile } from './stored.ts';
import { isStatistics, profileOfStatistics } from './tfdv.ts';

export interface ProfiledDataset {
  readonly name: string;
  /** The snapshot's key; undefined for data that is in no snapshot, or a part of one. */
  readonly digest: ContentKey | undefined;
  readonly profile: Profile;
}

/**
 * Get the profile of a dataset. Takes the one that travels with its snapshot, without reading data; computes it if the
 * data is in no snapshot, or if a slice or weight asks for rows. Makes one of what a file of TFDV's statistics tells.
 * @param schema says how dates are written; the one beside the data unless given
 * @throws VarveError `profile-not-fetched`, `data-not-tabular`, `tfdv-invalid`, `statistics-only`, `date-format-unfit`, `date-format-invalid`
 */
export async function profileOfDataset(
  dataset: NamedDataset,
  options: ProfilingOptions = {},
  schema?: Schema,
): Promise<ProfiledDataset> {
  const { name, context, version, part } = dataset;
  if (isStatistics(dataset)) {
    const rowsAsked = options.slice !== undefined || options.weight !== undefined;
    return { name, digest: undefined, profile: profileOfStatistics(dataset, rowsAsked) };
  }
  const readings = readingsFor(dataset, options, schema);
  if (context === undefined || version === undefined || part !== undefined || (await isUnsaved(dataset))) {
    return { name, digest: undefined, profile: await computed(dataset, options, readings) };
  }
  const { content, profile } = version;
  const isAsked = [options.slice, options.weight, options.dateFormat].some((one) => one !== undefined);
  if (profile === undefined || isAsked) {
    return { name, digest: content, profile: await computed(dataset, options, readings) };
  }
  const stored = await storedProfile(context, name, profile);
  // The schema may have come to say how dates are written since the version was added.
  const isOutdated = readings !== undefined && hasData(dataset) && hasUnreadDates(stored, readings);
  return { name, digest: content, profile: isOutdated ? await computed(dataset, options, readings) : stored };
}

/** Tell whether the working tree's data differs from the snapshot that its pointer names. */
async function isUnsaved({ context, version }: NamedDataset): Promise<boolean> {
  if (version!.commit !== undefined) return false;
  const { backend, repository } = context!;
  const { datasets } = await backend.status([`${repository.root}/${version!.path}`]);
  return datasets.some(({ state }) => state === 'modified' || state === 'outdated');
}

/** How columns are read that more than the data decides. */
export function readingsFor(
  dataset: NamedDataset,
  { dateFormat }: ProfilingOptions,
  schema = schemaForReading(schemaFileOf(dataset, '')),
): ColumnReadings | undefined {
  return readingsOf(dateFormat, schema);
}

async function computed(
  dataset: NamedDataset,
  options: ProfilingOptions,
  readings: ColumnReadings | undefined,
): Promise<Profile> {
  const profile = await computedBy(options.engine ?? 'local', dataset, options, readings);
  assertFormatsRead(profile, options.dateFormat ?? {}, dataset.name);
  return profile;
}

async function computedBy(
  engine: ProfilingEngine,
  dataset: NamedDataset,
  options: ProfilingOptions,
  readings: ColumnReadings | undefined,
): Promise<Profile> {
  if (engine !== 'local') return profileOnCluster(engine, dataset, options, readings);
  if (isTabular(dataset.name)) prepareReader(options.memory);
  return withDatasetFiles(dataset, (files) => profileOf(dataset, files, options, readings));
}

async function profileOf(
  { name, context, watch }: NamedDataset,
  { kind, files }: DatasetFiles,
  options: ProfilingOptions,
  readings: ColumnReadings | undefined,
): Promise<Profile> {
  const engine = { ...engineOptions(options), ...watching(watch) };
  const rows = {
    ...engine,
    ...(options.slice && { slice: options.slice }),
    ...(options.weight && { weight: options.weight }),
    ...(readings && { readings }),
  };
  if (kind === 'directory')
    return profileDirectory(files, processReader, { ...rows, ...wholeRowsCache(context, options) });
  if (files.length > 0 && isTabular(files[0]!.path)) return profileInUnits(files[0]!, processReader, rows);
  throw notTabular(name, files[0]?.absolutePath);
}

/** Profiles of files hold for all of their rows, each weighing the same. */
function wholeRowsCache(
  context: Context | undefined,
  { slice, weight }: ProfilingOptions,
): Partial<ProfileCache> {
  return context === undefined || slice !== undefined || weight !== undefined
    ? {}
    : profileCache(context.repository);
}
