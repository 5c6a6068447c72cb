import { VarveError } from '../errors.ts';
import type { Profile } from '../profile/model/model.ts';
import { FILES_TABLE, isTabularProfile } from '../profile/model/tables.ts';
import type { ValidationReport } from '../schema/anomaly.ts';
import type { Schema } from '../schema/model.ts';
import { isLeft, type RowChecker } from '../schema/row-checker.ts';
import {
  type ProfileValidationOptions as HoldOptions,
  rowQueries,
  validateProfile,
} from '../schema/validate.ts';
import { optionWord, shellWord } from '../wording/quote.ts';
import type { VersionFacts } from './backend/version.ts';
import type { Watch } from './context/context.ts';
import { previousVersion } from './datasets/history.ts';
import { withNamedDatasets } from './datasets/named-datasets.ts';
import type { NamedDataset } from './datasets/resolve.ts';
import { clusterRowChecker } from './engines/cluster-row-checker.ts';
import { recordRunAt } from './lineage/run.ts';
import { type LoadedDataset, profileOfDataset } from './statistics/load.ts';
import type { ProfilingOptions } from './statistics/profiling-options.ts';
import { withRowsHere } from './statistics/rows-here.ts';
import { neededSchemaFileOf, readSchema } from './statistics/schema-file.ts';
import { storedProfile } from './statistics/stored.ts';
import { isStatistics } from './statistics/tfdv.ts';
import { assertRowsRead, warnOfUnreadRows } from './statistics/unread-rows.ts';

export interface ValidateOptions extends ProfilingOptions {
  /** Another schema than the dataset's own. */
  readonly schema?: string | undefined;
  readonly environment?: string | undefined;
  /** A dataset for `skew` comparators. */
  readonly serving?: string | undefined;
  /** A dataset for `drift` comparators; the version before, in Git's history, unless given. */
  readonly previous?: string | undefined;
  /** Whether a check that could not be made, as its rows are not here, is an error rather than a warning. Default false. */
  readonly strict?: boolean | undefined;
}

/**
 * Hold a dataset against its schema. Reads the profile only, except for custom row checks and example rows, which it
 * looks up if the data lies in the working tree or in the cache.
 * @throws VarveError `schema-missing`, `schema-invalid`, `environment-unknown`, `profile-not-fetched`, `data-not-tabular`
 */
export async function validate(
  cwd: string,
  argument: string,
  options: ValidateOptions = {},
  watch: Watch = {},
): Promise<ValidationReport> {
  return recordRunAt(
    cwd,
    watch,
    'validate',
    () => validateNamed(cwd, argument, options, watch),
    async (report, context) => {
      const { validatedDatasets } = await import('./lineage/datasets.ts');
      return validatedDatasets(cwd, context, argument, report);
    },
  );
}

async function validateNamed(
  cwd: string,
  argument: string,
  options: ValidateOptions,
  watch: Watch,
): Promise<ValidationReport> {
  const { previous } = options;
  const arguments_ = previous === undefined ? [argument] : [argument, previous];
  return withNamedDatasets(cwd, arguments_, watch, ([dataset, before]) =>
    validateDataset(cwd, dataset!, options, async (schema) =>
      before === undefined ? versionBefore(dataset!, schema) : controlProfile(before, options),
    ),
  );
}

/**
 * Hold a dataset against its schema as validate does.
 * @param previousOf gives the profile for `drift` comparators of the schema
 * @throws VarveError as validate
 */
export async function validateDataset(
  cwd: string,
  dataset: NamedDataset,
  options: ValidateOptions,
  previousOf: (schema: Schema) => Promise<Profile | undefined>,
): Promise<ValidationReport> {
  const file = neededSchemaFileOf(dataset, cwd, options.schema);
  const schema = readSchema(file);
  const profiled = await profileOfDataset(dataset, options, schema);
  const isOfRows = schema.tables.some(({ name }) => name !== FILES_TABLE);
  await (isOfRows ? assertRowsRead : warnOfUnreadRows)(dataset, profiled.profile);
  const { environment } = options;
  const report = await validateLoaded(dataset, profiled, schema, options, {
    schemaName: file.name,
    ...(environment === undefined ? {} : { environment }),
    ...(await controls(cwd, dataset, options, () => previousOf(schema))),
  });
  if (report.valid && isOfRows && !isTabularProfile(profiled.profile)) throw noRows(dataset.name, file.name);
  return report;
}

/** Where the schema needs no column, nothing would be missing, and nothing was looked at. */
function noRows(name: string, schemaName: string): VarveError {
  return new VarveError(
    'data-not-tabular',
    `Nothing in ${name} was read as rows, of which ${schemaName} speaks`,
    {
      path: name,
      remedy:
        'Look whether its files are there, and are CSV, TSV, JSON, JSON Lines, Parquet, Arrow, Feather, Avro or TFRecord by their names.',
    },
  );
}

/** A profile that data is held against. @throws VarveError as profileOfDataset, `data-not-tabular` where its rows are not read */
async function controlProfile(dataset: NamedDataset, options: ProfilingOptions): Promise<Profile> {
  const { profile } = await profileOfDataset(dataset, options);
  await assertRowsRead(dataset, profile);
  return profile;
}

/** Hold a profile that is loaded already against a schema, and ask the rows if they are here, or if an engine was named that reads them. */
export async function validateLoaded(
  dataset: NamedDataset,
  profiled: LoadedDataset,
  schema: Schema,
  options: ValidateOptions,
  settings: Omit<HoldOptions, 'name' | 'digest' | 'rows'>,
): Promise<ValidationReport> {
  const { profile, digest } = profiled;
  const { engine = 'local', strict = false } = options;
  const known = { ...settings, strict, name: dataset.name, ...(digest === undefined ? {} : { digest }) };
  if (isStatistics(dataset)) return validateProfile(profile, schema, known);
  const queries = rowQueries(profile, schema, known);
  const onCluster =
    engine === 'local'
      ? undefined
      : await clusterRowChecker(engine, dataset, profiled, schema, options, queries);
  const isAsked = queries.length > 0 && onCluster?.isComplete !== true;
  return withRowsHere(dataset, isAsked, schema, options, commandOf(dataset, options), (here) =>
    validateProfile(profile, schema, {
      ...known,
      rows: onCluster === undefined ? here : inTurn(onCluster, here),
    }),
  );
}

/** Make a checker that asks `then` what `first` cannot answer. */
function inTurn(first: RowChecker, then: RowChecker): RowChecker {
  return {
    async check(query) {
      const answer = await first.check(query);
      if (!isLeft(answer)) return answer;
      const other = await then.check(query);
      return isLeft(other) ? { ...other, ...answer } : other;
    },
  };
}

/** The command that asks the same again, but for the engine. */
function commandOf({ name }: NamedDataset, options: ValidateOptions): string {
  const { schema, environment, previous, serving, slice, weight, dateFormat = {}, strict } = options;
  const given: readonly (readonly [string, string | undefined])[] = [
    ['schema', schema],
    ['environment', environment],
    ['previous', previous],
    ['serving', serving],
    ['slice', slice && `${slice.feature}=${slice.value}`],
    ['weight', weight],
    ...Object.entries(dateFormat).map(([column, format]) => ['date-format', `${column}=${format}`] as const),
  ];
  const words = given.flatMap(([option, value]) => (value === undefined ? [] : [optionWord(option, value)]));
  return ['varve validate', shellWord(name), ...words, ...(strict ? ['--strict'] : [])].join(' ');
}

/** The profiles that comparators of the schema ask for. */
async function controls(
  cwd: string,
  { watch }: NamedDataset,
  options: ValidateOptions,
  previousOf: () => Promise<Profile | undefined>,
): Promise<{ previous?: Profile; serving?: Profile }> {
  const previous = await previousOf();
  const serving =
    options.serving === undefined
      ? undefined
      : await withNamedDatasets(cwd, [options.serving], watch, ([dataset]) =>
          controlProfile(dataset!, options),
        );
  return { ...(previous && { previous }), ...(serving && { serving }) };
}

/**
 * Load the version before only if a comparator needs it: a clone that fetched one version's profile can still validate
 * it.
 * @param known the version before; in Git's history unless given
 */
export async function versionBefore(
  { context, version, part, name }: NamedDataset,
  schema: Schema,
  known?: { readonly name: string; readonly version: VersionFacts },
): Promise<Profile | undefined> {
  // Statistics travel with whole datasets.
  if (context === undefined || version === undefined || part !== undefined) return undefined;
  if (!comparesVersions(schema)) return undefined;
  const previous = known?.version ?? (await previousVersion(context, version));
  return previous?.profile === undefined
    ? undefined
    : storedProfile(context, {
        name: known?.name ?? `${name}, version before`,
        path: version.path,
        version: previous,
      });
}

function comparesVersions({ tables }: Schema): boolean {
  return tables.some(
    ({ growth, features }) => growth !== undefined || features.some(({ drift }) => drift !== undefined),
  );
}
