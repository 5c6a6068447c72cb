/**
 * Gets the statistics of a dataset, stored or computed. Knows datasets and profiles; knows no schema rule and no drift
 * decision.
 */

import type { ColumnReadings } from '../../engine/column-readings.ts';
import { isTabular } from '../../engine/formats/format.ts';
import { notTabular } from '../../engine/formats/refused.ts';
import { VarveError } from '../../errors.ts';
import { profileDirectory } from '../../profile/dataset/profile-directory.ts';
import type { TableRows } from '../../profile/dataset/table-rows.ts';
import { profileInUnits } from '../../profile/dataset/units.ts';
import type { FooterStatistics } from '../../profile/footers/model.ts';
import type { Profile } from '../../profile/model/model.ts';
import { prepareReader, processReader } from '../../profile/reading/process-reader.ts';
import type { Schema } from '../../schema/model.ts';
import { shellWord } from '../../wording/quote.ts';
import type { ContentKey, DatasetFiles, DatasetVersion } from '../backend/version.ts';
import { type Context, watching } from '../context/context.ts';
import { isUnsaved, liesHere } from '../datasets/data-here.ts';
import { withDatasetFiles } from '../datasets/files.ts';
import type { NamedDataset } from '../datasets/resolve.ts';
import { profileOnCluster } from '../engines/cluster.ts';
import { type ProfileCache, profileCache } from './cache.ts';
import { assertFormatsRead, hasUnreadDates, readingsOf, schemaForReading } from './date-formats.ts';
import {
  assertClusterNamed,
  engineOptions,
  type ProfilingEngine,
  type ProfilingOptions,
} from './profiling-options.ts';
import { schemaFileOf } from './schema-file.ts';
import { storedFooters, storedProfile } from './stored.ts';
import { isStatistics, profileOfStatistics } from './tfdv.ts';

export interface ProfiledDataset {
  readonly name: string;
  /** The snapshot's key; undefined for data that is in no snapshot, or a part of one. */
  readonly digest: ContentKey | undefined;
  readonly profile: Profile;
}

/** What was found on the way to a profile beside it. */
export interface LoadedDataset extends ProfiledDataset {
  /** Which files have the rows of each table, where an engine has found that out. */
  readonly tables?: readonly TableRows[];
}

/**
 * Get the profile of a dataset. Takes the one that travels with its snapshot, without reading data; computes it if the
 * data is in no snapshot, or if a slice or weight asks for rows. Makes one of what a file of TFDV's statistics tells.
 * @param schema says how dates are written; the one beside the data unless given
 * @throws VarveError `usage`, `profile-not-fetched`, `profile-mismatch`, `data-not-tabular`, `tfdv-invalid`, `statistics-only`, `date-format-unfit`, `date-format-invalid`
 */
export async function profileOfDataset(
  dataset: NamedDataset,
  options: ProfilingOptions = {},
  schema?: Schema,
): Promise<LoadedDataset> {
  assertClusterNamed(options);
  const { name, context, version, part } = dataset;
  if (isStatistics(dataset)) {
    const rowsAsked = options.slice !== undefined || options.weight !== undefined;
    return { name, digest: undefined, profile: profileOfStatistics(dataset, rowsAsked) };
  }
  const readings = readingsFor(dataset, options, schema);
  if (context === undefined || version === undefined || part !== undefined || (await isUnsaved(dataset))) {
    return { name, digest: undefined, ...(await computed(dataset, options, readings)) };
  }
  const { content, profile } = version;
  const isAsked = [options.slice, options.weight, options.dateFormat].some((one) => one !== undefined);
  if (profile === undefined || isAsked) {
    return { name, digest: content, ...(await computed(dataset, options, readings)) };
  }
  const stored = await storedUnlessWrong(context, dataset, version);
  if (stored instanceof VarveError)
    return { name, digest: content, ...(await computedInstead(dataset, options, readings, stored)) };
  // The schema may have come to say how dates are written since the version was added.
  const isOutdated = readings !== undefined && hasUnreadDates(stored, readings) && (await liesHere(dataset));
  return {
    name,
    digest: content,
    ...(isOutdated ? await computed(dataset, options, readings) : { profile: stored }),
  };
}

/** @returns the error, where what travels with the version is not of it */
async function storedUnlessWrong(
  context: Context,
  { name }: NamedDataset,
  version: DatasetVersion,
): Promise<Profile | VarveError> {
  try {
    return await storedProfile(context, { name, path: version.path, version });
  } catch (error) {
    if (error instanceof VarveError && error.code === 'profile-mismatch') return error;
    throw error;
  }
}

/** Compute what stored statistics do not tell. @throws VarveError `wrong` where the data is not here to be read */
async function computedInstead(
  dataset: NamedDataset,
  options: ProfilingOptions,
  readings: ColumnReadings | undefined,
  wrong: VarveError,
): Promise<Pick<LoadedDataset, 'profile' | 'tables'>> {
  try {
    const found = await computed(dataset, options, readings);
    dataset.context!.onWarning?.(`${wrong.message}; they were computed anew. ${wrong.remedy}`);
    return found;
  } catch (error) {
    throw error instanceof VarveError && error.code === 'object-missing' ? wrong : error;
  }
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
): Promise<Pick<LoadedDataset, 'profile' | 'tables'>> {
  try {
    const found = await computedBy(options.engine ?? 'local', dataset, options, readings);
    assertFormatsRead(found.profile, options.dateFormat ?? {}, dataset.name);
    return found;
  } catch (error) {
    const isNotHere = error instanceof VarveError && error.code === 'object-missing';
    // Whoever names this engine has just had it bring the data, and is told why that failed.
    const isTried = options.engine === 'local';
    throw isNotHere && !isTried && dataset.version?.footers !== undefined
      ? footersOnly(dataset, error)
      : error;
  }
}

/** Footers know no value: whoever asks for a profile is told so, and never gets one that looks as if nothing were wrong. */
function footersOnly({ name, version }: NamedDataset, cause: VarveError): VarveError {
  const word = shellWord(name);
  const instead =
    version!.commit === undefined
      ? `add the data again with \`--statistics full\`, or with \`--engine spark\` by a cluster; or bring it here by \`varve fetch ${word}\`, and run this again`
      : `copy them by \`varve get ${word} -o FOLDER\`, and name that folder; of the version that is here, \`varve add … --statistics full\` lets the statistics travel with it`;
  return new VarveError(
    'statistics-partial',
    `Of ${name} no more is known than what its table, or the footers of its files, tell: rows, columns, nulls and bounds. Which values there are, how often, and how they are distributed, they do not say`,
    {
      path: name,
      remedy: `\`varve profile ${word}\` shows what they say. For the rest the rows have to be read: ${instead}.`,
      cause,
    },
  );
}

/** A profile, or what footers say where that is all that is known. */
export type KnownStatistics =
  | ProfiledDataset
  | { readonly name: string; readonly digest: ContentKey; readonly footers: FooterStatistics };

/**
 * Get the profile of a dataset as profileOfDataset does, or what the footers of its files say where nobody has read it and all rows are asked for.
 * @throws VarveError as profileOfDataset, `statistics-partial` where a slice or a weight asks for rows
 */
export async function statisticsOfDataset(
  dataset: NamedDataset,
  options: ProfilingOptions = {},
): Promise<KnownStatistics> {
  try {
    return await profileOfDataset(dataset, options);
  } catch (error) {
    const { name, context, version, part } = dataset;
    const isPartial = error instanceof VarveError && error.code === 'statistics-partial';
    const isAsked = [options.slice, options.weight, options.dateFormat].some((one) => one !== undefined);
    if (!isPartial || isAsked || part !== undefined) throw error;
    const footers = await storedFooters(context!, name, version!.footers!);
    return { name, digest: version!.content, footers };
  }
}

async function computedBy(
  engine: ProfilingEngine,
  dataset: NamedDataset,
  options: ProfilingOptions,
  readings: ColumnReadings | undefined,
): Promise<Pick<LoadedDataset, 'profile' | 'tables'>> {
  if (engine !== 'local') return profileOnCluster(engine, dataset, options, readings);
  const { context, version, part } = dataset;
  // Whoever names this engine wants data in place to be read from where it lies; others are told to.
  if (options.engine === 'local' && version?.source !== undefined && !(await liesHere(dataset)))
    await context!.backend.bring(version, part?.path);
  if (isTabular(dataset.name)) prepareReader(options.memory);
  return {
    profile: await withDatasetFiles(dataset, (files) => profileOf(dataset, files, options, readings)),
  };
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
