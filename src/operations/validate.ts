import { VarveError } from '../errors.ts';
import type { Profile } from '../profile/model/model.ts';
import { FILES_TABLE, isTabularProfile } from '../profile/model/tables.ts';
import type { ValidationReport } from '../schema/anomaly.ts';
import type { Schema } from '../schema/model.ts';
import {
  type ProfileValidationOptions as HoldOptions,
  rowQueries,
  validateProfile,
} from '../schema/validate.ts';
import type { VersionFacts } from './backend/version.ts';
import { closing } from './context/closing.ts';
import type { Watch } from './context/context.ts';
import { withDatasetFiles } from './datasets/files.ts';
import { previousVersion } from './datasets/history.ts';
import { withNamedDatasets } from './datasets/named-datasets.ts';
import { hasData, type NamedDataset } from './datasets/resolve.ts';
import { clusterRowChecker } from './engines/cluster-row-checker.ts';
import { recordRunAt } from './lineage/run.ts';
import { type LoadedDataset, profileOfDataset } from './statistics/load.ts';
import type { ProfilingOptions } from './statistics/profiling-options.ts';
import { rowCheckerOf } from './statistics/row-checker.ts';
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
}

/**
 * Hold a dataset against its schema. Reads the profile only, except for custom row checks and example rows, which it
 * looks up if the data lies in the working tree.
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

/** Hold a profile that is loaded already against a schema, and ask the rows if they are at hand, or if an engine was named that reads them. */
export async function validateLoaded(
  dataset: NamedDataset,
  profiled: LoadedDataset,
  schema: Schema,
  options: ProfilingOptions,
  settings: Omit<HoldOptions, 'name' | 'digest' | 'rows'>,
): Promise<ValidationReport> {
  const { profile, digest } = profiled;
  const known = { ...settings, name: dataset.name, ...(digest === undefined ? {} : { digest }) };
  const { engine } = options;
  const isAsked = () => rowQueries(profile, schema, known).length > 0;
  if (isStatistics(dataset)) return validateProfile(profile, schema, known);
  if (engine === 'local' && dataset.version?.source !== undefined && !hasData(dataset) && isAsked()) {
    await dataset.context!.backend.bring(dataset.version, dataset.part?.path);
    return withDatasetFiles(dataset, (files) =>
      closing(
        rowCheckerOf(dataset, schema.timeLimit, options, schema, async () => files),
        (rows) => validateProfile(profile, schema, { ...known, rows }),
      ),
    );
  }
  const here = hasData(dataset) ? rowCheckerOf(dataset, schema.timeLimit, options, schema) : undefined;
  return closing(here, async () => {
    const rows =
      engine === undefined || engine === 'local'
        ? here
        : await clusterRowChecker(
            engine,
            dataset,
            profiled,
            schema,
            options,
            rowQueries(profile, schema, known),
            here,
          );
    return validateProfile(profile, schema, { ...known, ...(rows && { rows }) });
  });
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
