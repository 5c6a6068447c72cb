import { existsSync } from 'node:fs';
import { compareProfiles } from '../drift/compare.ts';
import type { DriftReport } from '../drift/model.ts';
import type { ValidationReport } from '../schema/anomaly.ts';
import { resolveRevision } from '../workspace/git/pointers.ts';
import type { VersionFacts } from './backend/version.ts';
import { closing } from './context/closing.ts';
import type { Context, Watch } from './context/context.ts';
import { openContext } from './context/open.ts';
import { type NamedDataset, nameDataset, schemaPathOf } from './datasets/resolve.ts';
import { driftSettings } from './drift.ts';
import { fetchMissing } from './statistics/fetch-missing.ts';
import { profileOfDataset } from './statistics/load.ts';
import { storedProfile } from './statistics/stored.ts';
import { validate } from './validate.ts';

/** A dataset that changed since the base, with what its schema and its drift say. */
export interface CheckedDataset {
  readonly path: string;
  /** Undefined if the dataset has no schema. */
  readonly validation: ValidationReport | undefined;
  /** Undefined if the base does not have the dataset, or either version has no profile. */
  readonly drift: DriftReport | undefined;
}

export interface CheckResult {
  /** The commit that was compared with. */
  readonly base: string;
  readonly datasets: readonly CheckedDataset[];
}

/**
 * Validates every dataset whose snapshot is not that of the base, and compares the two: what a pull request should be told
 * about its data. Reads profiles only, and fetches those that this clone lacks.
 * @throws VarveError `revision-unknown`, `profile-not-fetched`
 */
export async function check(
  cwd: string,
  base: string,
  paths: readonly string[] = [],
  watch: Watch = {},
): Promise<CheckResult> {
  const context = await openContext(cwd, watch);
  const commit = resolveRevision(context.repository.root, base);
  const before = new Map(
    (await context.backend.versionsAt(commit)).map((version) => [version.path, version]),
  );
  const changed = (await context.backend.select(paths)).filter(
    ({ path, content }) => before.get(path)?.content !== content,
  );
  await fetchProfilesOf(context, [...changed, ...changed.flatMap(({ path }) => before.get(path) ?? [])]);
  const datasets: CheckedDataset[] = [];
  for (const { path } of changed) datasets.push(await checked(context, base, path, before.get(path)));
  return { base: commit, datasets };
}

/** Fetches them together; what cannot be fetched is told by whoever needs it. */
async function fetchProfilesOf(context: Context, versions: readonly VersionFacts[]): Promise<void> {
  await closing(await context.backend.openProfileStore(), (store) =>
    fetchMissing(
      context,
      store,
      versions.flatMap(({ profile }) => profile ?? []),
    ),
  );
}

async function checked(
  context: Context,
  base: string,
  path: string,
  before: VersionFacts | undefined,
): Promise<CheckedDataset> {
  const { root } = context.repository;
  const dataset = await nameDataset(root, path, context);
  const validation = existsSync(schemaPathOf(dataset)) ? await validate(root, path, {}, context) : undefined;
  return { path, validation, drift: await driftSince(context, base, dataset, before) };
}

async function driftSince(
  context: Context,
  base: string,
  dataset: NamedDataset,
  before: VersionFacts | undefined,
): Promise<DriftReport | undefined> {
  if (before?.profile === undefined || dataset.version?.profile === undefined) return undefined;
  const name = `${dataset.name}@${base}`;
  const earlier = await storedProfile(context, name, before.profile);
  const { profile, digest } = await profileOfDataset(dataset);
  return compareProfiles(earlier, profile, {
    names: [name, dataset.name],
    digests: [before.content, digest],
    ...driftSettings(dataset, context.repository.root),
  });
}
