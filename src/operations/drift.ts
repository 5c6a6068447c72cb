import { existsSync } from 'node:fs';
import { compareProfiles } from '../drift/compare.ts';
import type { DriftOptions, DriftReport, TfdvThresholds, Thresholds } from '../drift/model.ts';
import { VarveError } from '../errors.ts';
import type { Profile } from '../profile/model/model.ts';
import { isTabularProfile } from '../profile/model/tables.ts';
import type { Schema } from '../schema/model.ts';
import { shellWord } from '../wording/quote.ts';
import type { Watch } from './context/context.ts';
import { profiledVersions } from './datasets/history.ts';
import { withNamedDatasets } from './datasets/named-datasets.ts';
import type { NamedDataset } from './datasets/resolve.ts';
import { recordRunAt } from './lineage/run.ts';
import { type ProfiledDataset, profileOfDataset } from './statistics/load.ts';
import type { ProfilingOptions } from './statistics/profiling-options.ts';
import { readSchema, schemaFileOf } from './statistics/schema-file.ts';
import { assertComparable } from './statistics/tfdv.ts';
import { assertRowsRead } from './statistics/unread-rows.ts';

export interface DriftOperationOptions extends ProfilingOptions {
  /** The slice of the dataset after, if it is another than `slice`: so two slices of one dataset compare. */
  readonly sliceAfter?: ProfilingOptions['slice'];
  /** A schema file whose drift settings hold in place of those of the dataset after. */
  readonly schema?: string | undefined;
  /** `REV..REV`: what the versions between differ by among each other is not drift. */
  readonly baseline?: string | undefined;
  /** The two are splits, such as training and test data: rows in common are a finding. */
  readonly disjointKeys?: boolean | undefined;
}

/**
 * Compare two datasets, versions or slices by their profiles; what changed comes strongest first.
 * @throws VarveError `slice-empty`, `baseline-invalid`, `data-not-tabular` where only the second has rows, and the codes of nameDataset, profileOfDataset and compareProfiles
 */
export async function drift(
  cwd: string,
  names: readonly [string, string],
  options: DriftOperationOptions = {},
  watch: Watch = {},
): Promise<DriftReport> {
  return recordRunAt(
    cwd,
    watch,
    'drift',
    () => withNamedDatasets(cwd, names, watch, ([before, after]) => driftOf(cwd, [before!, after!], options)),
    async (report, context) => {
      const { comparedDatasets } = await import('./lineage/datasets.ts');
      return comparedDatasets(cwd, context, names, report);
    },
  );
}

async function driftOf(
  cwd: string,
  datasets: readonly [NamedDataset, NamedDataset],
  options: DriftOperationOptions,
): Promise<DriftReport> {
  datasets.forEach(assertComparable);
  const [before, after] = datasets;
  const optionsAfter = { ...options, slice: options.sliceAfter ?? options.slice };
  const profiledBefore = await profileOfDataset(before, options);
  const profiledAfter = await profileOfDataset(after, optionsAfter);
  await assertRowsRead(before, profiledBefore.profile);
  await assertRowsRead(after, profiledAfter.profile);
  assertHasBaseline(profiledBefore, profiledAfter);
  assertSliceHasRows(profiledBefore, options);
  const baseline =
    options.baseline === undefined ? undefined : await baselineProfiles(after, options.baseline);
  return compareProfiles(profiledBefore.profile, profiledAfter.profile, {
    names: [sideName(before.name, options), sideName(after.name, optionsAfter)],
    digests: [profiledBefore.digest, profiledAfter.digest],
    ...driftSettings(after, cwd, options.schema),
    ...(baseline === undefined ? {} : { baseline }),
    ...(options.disjointKeys ? { disjointKeys: true } : {}),
  });
}

function sideName(dataset: string, { slice }: ProfilingOptions): string {
  return slice === undefined ? dataset : `${dataset} where ${slice.feature} = ${slice.value}`;
}

/** Rows that are compared with none are all new, which would pass: most often the files before are none that are read. */
function assertHasBaseline(before: ProfiledDataset, after: ProfiledDataset): void {
  if (isTabularProfile(before.profile) || !isTabularProfile(after.profile)) return;
  throw new VarveError(
    'data-not-tabular',
    `Nothing in ${before.name} was read as rows, so there is nothing to compare the rows of ${after.name} with`,
    {
      path: before.name,
      remedy:
        'Name as the first a dataset or version that has tables: CSV, TSV, JSON, JSON Lines, Parquet, Arrow, Feather, Avro or TFRecord files.',
    },
  );
}

/** A slice of no rows has no distribution that anything could drift from: most often a value is misspelt. */
function assertSliceHasRows({ name, profile }: ProfiledDataset, { slice }: ProfilingOptions): void {
  if (slice === undefined || profile.tables.some(({ rows }) => rows > 0)) return;
  throw new VarveError('slice-empty', `No row of ${name} has ${slice.value} as ${slice.feature}`, {
    path: name,
    remedy: `\`varve profile ${shellWord(name)}\` shows which values there are.`,
  });
}

/**
 * Read thresholds, comparators and the features to ignore or watch from a schema; empty if the dataset has none.
 * @param schemaName a schema file that is to be read in place of the dataset's own
 */
export function driftSettings(
  dataset: NamedDataset,
  cwd: string,
  schemaName?: string,
): Pick<DriftOptions, 'thresholds' | 'features'> {
  const file = schemaFileOf(dataset, cwd, schemaName);
  if (schemaName === undefined && !existsSync(file.absolutePath)) return {};
  return driftSettingsOf(readSchema(file));
}

/** What a schema says of drift. */
export function driftSettingsOf(schema: Schema): Pick<DriftOptions, 'thresholds' | 'features'> {
  const { ignore, watch, thresholds, features } = schema.drift;
  return {
    thresholds: thresholds as Thresholds,
    features: {
      ignore,
      watch,
      thresholds: features as Record<string, Thresholds>,
      labels: labelsOf(schema),
      comparators: comparatorsOf(schema),
    },
  };
}

/** Features that the schema calls labels: two words or numbers, categories, or values that are to be balanced. */
function labelsOf({ tables }: Schema): string[] {
  return tables
    .flatMap(({ features }) => features)
    .filter(
      ({ boolean, categorical, balance }) =>
        boolean !== undefined || categorical === true || balance !== undefined,
    )
    .map(({ name }) => name);
}

function comparatorsOf({ tables }: Schema): Record<string, TfdvThresholds> {
  const found: Record<string, TfdvThresholds> = {};
  for (const { name, drift: comparator } of tables.flatMap(({ features }) => features)) {
    if (comparator === undefined) continue;
    const { 'l-infinity': lInfinity, 'jensen-shannon': jensenShannon } = comparator;
    found[name] = {
      ...(lInfinity === undefined ? {} : { lInfinity }),
      ...(jensenShannon === undefined ? {} : { jensenShannon }),
    };
  }
  return found;
}

/** Read the profiles of the versions in `range`, oldest first. @throws VarveError `baseline-invalid` */
async function baselineProfiles(dataset: NamedDataset, range: string): Promise<Profile[]> {
  const { context, version, part, name } = dataset;
  const isRange = range.split('..').length === 2;
  if (context === undefined || version === undefined || part !== undefined || !isRange) {
    throw new VarveError('baseline-invalid', `${range} is not a range of versions of ${name}`, {
      path: name,
      remedy: 'Write it as REV..REV, such as v1..v5, of a whole dataset under version control.',
    });
  }
  const versions = await profiledVersions(context, version.path, range);
  if (versions.length > 0) return versions.map(({ profile }) => profile);
  throw new VarveError('baseline-invalid', `No version of ${version.path} lies in ${range}`, {
    path: name,
    remedy: `See which there are: varve log ${version.path}. As in Git, REV..REV leaves out the first.`,
  });
}
