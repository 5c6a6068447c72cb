import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { compareProfiles } from '../drift/compare.ts';
import type { DriftReport } from '../drift/model.ts';
import { type ErrorCode, VarveError } from '../errors.ts';
import type { ValidationReport } from '../schema/anomaly.ts';
import type { Origins } from './backend/results.ts';
import type { DatasetVersion } from './backend/version.ts';
import { closing } from './context/closing.ts';
import type { Context, Watch } from './context/context.ts';
import { openContext } from './context/open.ts';
import { type DatasetChange, type DatasetDifference, differencesFrom } from './datasets/differences.ts';
import { type NamedDataset, schemaPathOf } from './datasets/resolve.ts';
import { driftSettings } from './drift.ts';
import { recordRun } from './lineage/run.ts';
import { fetchMissing } from './statistics/fetch-missing.ts';
import { profileOfDataset } from './statistics/load.ts';
import { asPbtxt } from './statistics/schema-file.ts';
import { storedProfile } from './statistics/stored.ts';
import { assertRowsRead } from './statistics/unread-rows.ts';
import { validateDataset, versionBefore } from './validate.ts';

/** Why a dataset could not be checked, in the words of the error. */
export interface CheckFailure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly remedy: string;
}

/** A dataset that differs from the base, with what its schema and its drift say. */
export interface CheckedDataset {
  readonly path: string;
  readonly change: DatasetChange;
  /** Where the base has the same data. Set if it was renamed. */
  readonly renamedFrom?: string;
  /** Set where the data comes from elsewhere than in the base: another database, topic, repository or place. */
  readonly origins?: Origins;
  /** Undefined if the dataset has no schema. */
  readonly validation: ValidationReport | undefined;
  /** Undefined if the base does not have the dataset or has the same data, or either version has no profile. */
  readonly drift: DriftReport | undefined;
  /** Set if the pointer, the schema or the statistics could not be read: not all of the dataset was checked. */
  readonly failure?: CheckFailure;
}

export interface CheckOptions {
  /** Datasets, or folders that hold some; all of them unless given. */
  readonly paths?: readonly string[] | undefined;
  /** As ValidateOptions has it. */
  readonly strict?: boolean | undefined;
}

export interface CheckResult {
  /** The commit that was compared with: the merge base of what was asked for and HEAD. */
  readonly base: string;
  /** Sorted by path. */
  readonly datasets: readonly CheckedDataset[];
}

/**
 * Validate every dataset whose data, schema or origin is not that of the base, and compare the data with the base's: what a
 * pull request should be told about its data. What others did since the work left the base is no finding. What cannot be
 * read fails its own dataset only. Reads profiles, and rows only where they are here; fetches the profiles that this clone lacks.
 * @throws VarveError `revision-unknown`, `dataset-missing`, `settings-untrusted`
 */
export async function check(
  cwd: string,
  base: string,
  options: CheckOptions = {},
  watch: Watch = {},
): Promise<CheckResult> {
  const context = await openContext(cwd, watch);
  return recordRun(
    context,
    'check',
    (told) => checkAll(told, base, options),
    async (result) => {
      const { checkedDatasets } = await import('./lineage/datasets.ts');
      return checkedDatasets(context, result);
    },
  );
}

async function checkAll(
  context: Context,
  base: string,
  { paths = [], strict }: CheckOptions,
): Promise<CheckResult> {
  const { commit, label, datasets } = await differencesFrom(context, base, paths);
  await bringProfiles(context, datasets);
  const results: CheckedDataset[] = [];
  for (const difference of datasets) results.push(await checked(context, difference, label, { strict }));
  return { base: commit, datasets: results };
}

/** Fetch the profiles of datasets that differ, as far as this clone lacks them. Without a remote, each dataset that needs one fails by its name. */
async function bringProfiles(context: Context, datasets: readonly DatasetDifference[]): Promise<void> {
  const profiles = datasets.flatMap(({ version, before }) =>
    [version?.profile ?? [], before?.profile ?? []].flat(),
  );
  const failure = await closing(await context.backend.openProfileStore(), (store) =>
    fetchMissing(context, store, profiles),
  );
  if (failure?.code === 'settings-untrusted') throw failure;
  if (failure !== undefined)
    context.onWarning?.(
      `The profiles that this clone lacks could not be fetched: ${failure.message}. ${failure.remedy}`,
    );
}

async function checked(
  context: Context,
  { path, change, renamedFrom, version, before, origins, problem }: DatasetDifference,
  label: string,
  options: Pick<CheckOptions, 'strict'>,
): Promise<CheckedDataset> {
  const failures: CheckFailure[] = problem === undefined ? [] : [problem];
  const sides = version && sidesOf(context, version, before, label);
  const validation = sides && (await unlessUnreadable(failures, () => held(sides, options)));
  const drift = sides && (await unlessUnreadable(failures, () => driftBetween(sides)));
  const [failure] = failures.map(({ code, message, remedy }) => ({ code, message, remedy }));
  return {
    path,
    change,
    ...(renamedFrom === undefined ? {} : { renamedFrom }),
    ...(origins === undefined ? {} : { origins }),
    validation,
    drift,
    ...(failure === undefined ? {} : { failure }),
  };
}

interface Sides {
  readonly dataset: NamedDataset;
  /** Of the base, where that has other data. */
  readonly before: DatasetVersion | undefined;
  readonly nameBefore: string;
}

/** The path is that of a dataset: it is read as no pattern and no revision. */
function sidesOf(
  context: Context,
  version: DatasetVersion,
  before: DatasetVersion | undefined,
  label: string,
): Sides {
  const { path } = version;
  const absolutePath = join(context.repository.root, path);
  const dataset = {
    name: path,
    cwd: context.repository.root,
    context,
    version,
    absolutePath,
    watch: context,
  };
  return { dataset, before, nameBefore: `${path}@${label}` };
}

async function unlessUnreadable<T>(failures: CheckFailure[], work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    // Consent to settings concerns all datasets, and somebody at the terminal can give it.
    if (!(error instanceof VarveError) || error.code === 'settings-untrusted') throw error;
    failures.push(error);
    return undefined;
  }
}

async function held(
  { dataset, before, nameBefore }: Sides,
  options: Pick<CheckOptions, 'strict'>,
): Promise<ValidationReport | undefined> {
  const own = schemaPathOf(dataset);
  if (!existsSync(own) && !existsSync(asPbtxt(own))) return undefined;
  const { root } = dataset.context!.repository;
  return validateDataset(root, dataset, options, (schema) =>
    versionBefore(dataset, schema, before && { name: nameBefore, version: before }),
  );
}

async function driftBetween({ dataset, before, nameBefore }: Sides): Promise<DriftReport | undefined> {
  const { context, version, name } = dataset;
  if (before?.profile === undefined || version?.profile === undefined) return undefined;
  const earlier = await storedProfile(context!, { name: nameBefore, path: version.path, version: before });
  const { profile, digest } = await profileOfDataset(dataset);
  await assertRowsRead(dataset, profile);
  return compareProfiles(earlier, profile, {
    names: [nameBefore, name],
    digests: [before.content, digest],
    ...driftSettings(dataset, context!.repository.root),
  });
}
