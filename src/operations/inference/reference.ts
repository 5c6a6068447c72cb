import { existsSync } from 'node:fs';
import type { WrittenFile } from '../../base/files/buffered-file.ts';
import { compareProfiles } from '../../drift/compare.ts';
import type { DriftReport } from '../../drift/model.ts';
import { featureName } from '../../profile/model/feature-name.ts';
import type { Profile } from '../../profile/model/model.ts';
import { processReader } from '../../profile/reading/process-reader.ts';
import type { ValidationReport } from '../../schema/anomaly.ts';
import type { Schema } from '../../schema/model.ts';
import { isInEnvironment } from '../../schema/rules/presence.ts';
import { checkEnvironment, validateProfile } from '../../schema/validate.ts';
import type { Watch } from '../context/context.ts';
import { nameDataset } from '../datasets/resolve.ts';
import { driftSettings } from '../drift.ts';
import { type ProfiledDataset, profileOfDataset } from '../statistics/load.ts';
import { engineOptions, type ProfilingOptions } from '../statistics/profiling-options.ts';
import { readSchema, type SchemaFile, schemaFileOf } from '../statistics/schema-file.ts';
import { type ServedColumns, servedColumns } from './columns.ts';

export interface ReferenceOptions extends ProfilingOptions {
  /** Another schema than the dataset's own. */
  readonly schema?: string | undefined;
  /** The environment of the schema that requests are in: what is not in it, such as a label, is not missed. */
  readonly environment?: string | undefined;
}

/** A version that requests are held against. */
export interface Reference {
  /** As it was asked for. */
  readonly name: string;
  readonly columns: ServedColumns;
  /** Count the rows of a window, whose files are of one format. @param name in reports, with the suffix of that format */
  profile(window: readonly WrittenFile[], name: string): Promise<Profile>;
  compare(window: Profile, name: string, envelopes: readonly string[]): DriftReport;
  /** Hold a window against the schema; undefined where there is none. */
  validate(window: Profile, name: string): Promise<ValidationReport | undefined>;
}

/**
 * Open a version for comparisons with what is served. Reads its statistics and its schema, and no data where they travel with it.
 * @throws VarveError as nameDataset, profileOfDataset and readSchema, and `environment-unknown`
 */
export async function openReference(
  cwd: string,
  snapshot: string,
  options: ReferenceOptions,
  watch: Watch = {},
): Promise<Reference> {
  const named = await nameDataset(cwd, snapshot, watch);
  const before = await profileOfDataset(named, options);
  const settings = driftSettings(named, cwd, options.schema);
  const file = schemaFileOf(named, cwd, options.schema);
  const { environment } = options;
  const isAsked = options.schema !== undefined || environment !== undefined;
  const schema = isAsked || existsSync(file.absolutePath) ? readSchema(file) : undefined;
  if (schema === undefined || environment === undefined)
    return referenceOf(before, { settings, file, schema, options, watch });
  checkEnvironment(schema, environment);
  const served = { ...before, profile: profileIn(environment, before.profile, schema) };
  return referenceOf(served, { settings, file, schema, options, watch });
}

interface Held {
  readonly settings: ReturnType<typeof driftSettings>;
  readonly file: SchemaFile;
  readonly schema: Schema | undefined;
  readonly options: ReferenceOptions;
  readonly watch: Watch;
}

function referenceOf(
  { name: snapshot, profile: before, digest }: ProfiledDataset,
  { settings, file, schema, options, watch }: Held,
): Reference {
  const { slice, weight } = options;
  const rows = {
    ...engineOptions(options),
    ...(watch.signal && { signal: watch.signal }),
    ...(slice && { slice }),
    ...(weight && { weight }),
  };
  return {
    name: snapshot,
    columns: servedColumns(before, schema),
    profile: (files, name) =>
      processReader.profileFiles(
        files.map(({ path, size }) => ({ absolutePath: path, path: name, size })),
        rows,
      ),
    compare(after, name, envelopes) {
      const report = compareProfiles(before, after, {
        names: [snapshot, name],
        digests: [digest, undefined],
        ...settings,
      });
      return envelopes.length === 0 ? report : withEnvelopes(report, envelopes);
    },
    async validate(after, name) {
      if (schema === undefined) return undefined;
      const { environment } = options;
      const held = { name, schemaName: file.name, ...(environment !== undefined && { environment }) };
      return validateProfile(after, schema, held);
    },
  };
}

function withEnvelopes(report: DriftReport, envelopes: readonly string[]): DriftReport {
  return { ...report, after: { ...report.after, envelopes } };
}

/** The statistics of what the schema has in an environment. */
function profileIn(environment: string, profile: Profile, schema: Schema): Profile {
  const absent = new Set(
    schema.tables.flatMap(({ name: table, features }) =>
      features
        .filter((feature) => !isInEnvironment(schema, feature, environment))
        .map(({ name }) => JSON.stringify([table, name])),
    ),
  );
  const tables = profile.tables.map((table) => ({
    ...table,
    features: table.features.filter(
      ({ path }) => !absent.has(JSON.stringify([table.name, featureName(path)])),
    ),
  }));
  return { ...profile, tables };
}
