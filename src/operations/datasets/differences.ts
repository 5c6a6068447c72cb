import { isChosen } from '../../base/files/path-order.ts';
import { readTrackedIfThere } from '../../base/files/tracked-file.ts';
import { VarveError } from '../../errors.ts';
import { findMergeBase, textsAt } from '../../workspace/git/merge-base.ts';
import { resolveRevision } from '../../workspace/git/pointers.ts';
import { isKeptOut } from '../../workspace/git/sparse.ts';
import { pathInRepository } from '../../workspace/repository.ts';
import type { DatasetVersions } from '../backend/backend.ts';
import type { DatasetProblem, Origins } from '../backend/results.ts';
import type { DatasetVersion } from '../backend/version.ts';
import type { Context } from '../context/context.ts';
import { withoutSuffix } from './pointer-suffix.ts';
import { shownOrigins } from './shown-origins.ts';

/**
 * What differs from the base:
 * - `added`: the base has no such dataset
 * - `modified`: its data
 * - `renamed`: its path alone; the base has the same data at `renamedFrom`
 * - `schema`: its schema, which may have been added or removed
 * - `origin`: where the data comes from, alone
 * - `removed`: only the base has it
 */
export type DatasetChange = 'added' | 'modified' | 'renamed' | 'schema' | 'origin' | 'removed';

/** A dataset whose data or schema is not that of the base. */
export interface DatasetDifference {
  readonly path: string;
  readonly change: DatasetChange;
  /** Where the base has the same data. Set if it was renamed. */
  readonly renamedFrom?: string;
  /** Of the working tree; undefined if it is removed, or its pointer cannot be read. */
  readonly version?: DatasetVersion;
  /** Of the base, where that has other data. */
  readonly before?: DatasetVersion;
  /** Set where the data comes from elsewhere than in the base, whatever else differs. */
  readonly origins?: Origins;
  /** Why the pointer cannot be read. */
  readonly problem?: DatasetProblem;
}

export interface Differences {
  /** The commit that was compared with. */
  readonly commit: string;
  /** How reports name the commit: as it was asked for, if it is that one. */
  readonly label: string;
  /** Sorted by path. */
  readonly datasets: readonly DatasetDifference[];
}

/**
 * Find the chosen datasets of the working tree that are not as in the merge base of `base` and HEAD, and those that only
 * that has. Where Git does not know the merge base, it is `base` itself, and `onWarning` is told. Reads pointers and schemas only.
 * @throws VarveError `revision-unknown`, `dataset-missing`
 */
export async function differencesFrom(
  context: Context,
  base: string,
  paths: readonly string[],
): Promise<Differences> {
  const { commit, label } = baseCommit(context, base);
  const side = await sideOf(context, commit);
  const { versions: selected, problems = [] } = await selectHere(context, side.versions, paths);
  const removed = await onlyInBase(context, side.versions, paths);
  const datasets: DatasetDifference[] = [
    ...problems.map((problem) => ({
      path: problem.path,
      change: side.versions.has(problem.path) ? ('modified' as const) : ('added' as const),
      problem,
    })),
    ...selected.flatMap((version) => differenceOf(context, version, side, removed) ?? []),
  ];
  const renamed = new Set(datasets.flatMap(({ renamedFrom }) => renamedFrom ?? []));
  for (const before of removed)
    if (!renamed.has(before.path))
      datasets.push({ path: before.path, change: 'removed', ...originsField(before, undefined) });
  return { commit, label, datasets: datasets.sort((a, b) => (a.path < b.path ? -1 : 1)) };
}

function baseCommit({ repository, onWarning }: Context, base: string): Pick<Differences, 'commit' | 'label'> {
  const tip = resolveRevision(repository.root, base);
  const found = findMergeBase(repository.root, tip, 'HEAD');
  if (found === undefined)
    onWarning?.(
      `This clone does not have the commit in which HEAD left ${base}: compared with ${base} itself.`,
    );
  const commit = found ?? tip;
  return { commit, label: commit === tip ? base : commit.slice(0, 12) };
}

interface Side {
  readonly versions: ReadonlyMap<string, DatasetVersion>;
  /** Texts of the schemas, by path. */
  readonly schemas: ReadonlyMap<string, string>;
}

const SCHEMA_SUFFIXES = ['.schema.yaml', '.schema.pbtxt'];

/** What a commit has. A version that cannot be read there is as one that is not there. */
async function sideOf({ backend, repository }: Context, commit: string): Promise<Side> {
  const { versions } = await backend.versionsAt(commit);
  return {
    versions: new Map(versions.map((version) => [version.path, version])),
    schemas: textsAt(repository.root, commit, SCHEMA_SUFFIXES),
  };
}

/** The chosen datasets of the working tree. A path that names only what the base has chooses none. */
async function selectHere(
  context: Context,
  before: ReadonlyMap<string, DatasetVersion>,
  paths: readonly string[],
): Promise<DatasetVersions> {
  const { backend } = context;
  if (paths.length === 0) return backend.select([]);
  const selected = new Map<string, DatasetVersion>();
  const problems = new Map<string, DatasetProblem>();
  for (const path of paths) {
    try {
      const found = await backend.select([path]);
      for (const version of found.versions) selected.set(version.path, version);
      for (const problem of found.problems ?? []) problems.set(problem.path, problem);
    } catch (error) {
      const isMissing = error instanceof VarveError && error.code === 'dataset-missing';
      const named = [nameInBase(context, path)];
      if (!isMissing || ![...before.keys()].some((known) => isChosen(known, named))) throw error;
    }
  }
  return { versions: [...selected.values()], problems: [...problems.values()] };
}

async function onlyInBase(
  context: Context,
  before: ReadonlyMap<string, DatasetVersion>,
  paths: readonly string[],
): Promise<readonly DatasetVersion[]> {
  const { versions, problems = [] } = await context.backend.select([]);
  const here = new Set([...versions, ...problems].map(({ path }) => path));
  const chosen = paths.length === 0 ? undefined : paths.map((path) => nameInBase(context, path));
  const gone = [...before.values()].filter(({ path }) => !here.has(path) && isChosen(path, chosen));
  // What a sparse checkout keeps out was not removed.
  const { backend, repository } = context;
  return gone.filter(({ path }) => !isKeptOut(repository.root, path + backend.pointerSuffix));
}

function nameInBase({ backend, repository, cwd }: Context, path: string): string {
  return withoutSuffix(pathInRepository(repository, cwd, path), backend.pointerSuffix);
}

function differenceOf(
  { repository: { root } }: Context,
  version: DatasetVersion,
  { versions, schemas }: Side,
  removed: readonly DatasetVersion[],
): DatasetDifference | undefined {
  const { path, content } = version;
  const before = versions.get(path);
  if (before === undefined) {
    const source = removed.find((one) => one.content === content);
    const origins = originsField(source, version);
    if (source === undefined) return { path, version, change: 'added', ...origins };
    return { path, version, change: 'renamed', renamedFrom: source.path, ...origins };
  }
  const origins = originsField(before, version);
  if (before.content !== content) return { path, version, before, change: 'modified', ...origins };
  const isSame = SCHEMA_SUFFIXES.every((suffix) => {
    const file = `${path}${suffix}`;
    return withoutReturns(schemas.get(file)) === withoutReturns(textHere(root, file));
  });
  if (!isSame) return { path, version, change: 'schema', ...origins };
  return origins.origins && { path, version, change: 'origin', ...origins };
}

/** Where both sides come from; nothing if that is the same. */
function originsField(
  before: DatasetVersion | undefined,
  version: DatasetVersion | undefined,
): Pick<DatasetDifference, 'origins'> {
  const origins = { before: before?.origin ?? null, after: version?.origin ?? null };
  return origins.before === origins.after ? {} : { origins: shownOrigins(origins) };
}

/** A text that cannot be read counts as another one: whoever checks it meets the reason. */
function textHere(root: string, file: string): string | undefined {
  try {
    return readTrackedIfThere(root, file);
  } catch {
    return '';
  }
}

/** Git may have turned the ends of lines. */
function withoutReturns(text: string | undefined): string | undefined {
  return text?.replaceAll('\r\n', '\n');
}
