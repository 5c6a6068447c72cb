import { VarveError } from '../errors.ts';
import { type KnownBy, knownBy } from '../profile/footers/model.ts';
import { findRevision, resolveRevision } from '../workspace/git/pointers.ts';
import { pathInRepository } from '../workspace/repository.ts';
import type { DatasetVersions } from './backend/backend.ts';
import type { DatasetVersion, HistoryEntry } from './backend/version.ts';
import type { Context } from './context/context.ts';

export interface LogResult {
  readonly path: string;
  /** Newest first. */
  readonly versions: readonly LoggedVersion[];
}

export interface LoggedVersion extends Omit<HistoryEntry, 'version'> {
  /** Where the dataset lay when this was committed, from the root. */
  readonly path: string;
  /** Where the same data lay before. Set if this commit moved it. */
  readonly renamedFrom?: string;
  /** Where the same data lies since. Set if this commit moved it away. */
  readonly renamedTo?: string;
  /** Null if this commit took the dataset out. */
  readonly snapshot: {
    readonly digest: string;
    readonly bytes: number;
    readonly files: number;
    readonly rows?: number;
    /** Who tells its statistics, if nobody has read the rows. */
    readonly statistics?: KnownBy;
  } | null;
}

/**
 * The versions of one dataset over Git's history, also those from before it was moved or renamed: a commit that took the same data from
 * another path renamed it. Also of one that is gone from the working tree.
 * @throws VarveError `dataset-missing`, `revision-unknown`
 */
export async function log(context: Context, path: string, revision = 'HEAD'): Promise<LogResult> {
  const { backend, repository, cwd } = context;
  const dataset = (await backend.datasetNamed(path)) ?? pathInRepository(repository, cwd, path);
  const versions = await versionsOf(context, dataset, resolveRevision(repository.root, revision));
  if (versions.length === 0) {
    const { terms } = backend;
    throw new VarveError('dataset-missing', `No commit of ${revision} has ${terms.dataset} at ${path}`, {
      path,
      remedy: `Commit its ${terms.pointer} first; \`varve status\` lists the ${terms.datasets} that there are.`,
    });
  }
  return { path: dataset, versions };
}

/** Follow a dataset back from `commit`, from path to path. */
async function versionsOf(context: Context, dataset: string, commit: string): Promise<LoggedVersion[]> {
  const { backend } = context;
  const versions: LoggedVersion[] = [];
  let place: Place | undefined = { path: dataset, commit };
  while (place !== undefined) {
    const { path }: Place = place;
    const history = await backend.history(path, place.commit);
    const first = history.at(-1);
    const from: Place | undefined = first?.version && (await placeBefore(context, path, first));
    for (const entry of history) {
      const renamed = entry === first && from !== undefined ? { renamedFrom: from.path } : {};
      const to = entry.version === undefined ? await placeAfter(context, path, entry.commit) : undefined;
      versions.push({ ...logged(path, entry), ...renamed, ...(to === undefined ? {} : { renamedTo: to }) });
    }
    place = from;
  }
  return versions;
}

/** Where a dataset lies, as a commit has it. */
interface Place {
  readonly path: string;
  readonly commit: string;
}

/** Find the dataset that a commit took the data of `path` from; undefined if the data was new, or a copy. */
async function placeBefore(
  context: Context,
  path: string,
  { commit, version }: HistoryEntry,
): Promise<Place | undefined> {
  const moved = await movesOf(context, commit);
  const from = moved?.removed.find(({ content }) => content === version!.content);
  return from?.commit === undefined || from.path === path
    ? undefined
    : { path: from.path, commit: from.commit };
}

/** Find the dataset that a commit gave the data of `path` to; undefined if it is in none that is new. */
async function placeAfter(context: Context, path: string, commit: string): Promise<string | undefined> {
  const moved = await movesOf(context, commit);
  const gone = moved?.removed.find((version) => version.path === path);
  return gone && moved?.added.find(({ content }) => content === gone.content)?.path;
}

/** The datasets that a commit added, and those that it removed; undefined for a first commit, and one that cannot be read. */
async function movesOf(
  { backend, repository }: Context,
  commit: string,
): Promise<
  { readonly added: readonly DatasetVersion[]; readonly removed: readonly DatasetVersion[] } | undefined
> {
  const parent = findRevision(repository.root, `${commit}^`);
  if (parent === undefined) return undefined;
  try {
    const [before, after] = [await backend.versionsAt(parent), await backend.versionsAt(commit)];
    // What cannot be read is there.
    const lacks = ({ versions, problems = [] }: DatasetVersions, path: string): boolean =>
      [...versions, ...problems].every((other) => other.path !== path);
    return {
      added: after.versions.filter(({ path }) => lacks(before, path)),
      removed: before.versions.filter(({ path }) => lacks(after, path)),
    };
  } catch (error) {
    // Another dataset of that commit is damaged: the history of this one is told all the same.
    if (error instanceof VarveError && error.code !== 'git-failed') return undefined;
    throw error;
  }
}

function logged(path: string, { version, ...commit }: HistoryEntry): LoggedVersion {
  if (version === undefined) return { ...commit, path, snapshot: null };
  const { name, bytes, files, rows } = version;
  const statistics = knownBy(version);
  return {
    ...commit,
    path,
    snapshot: {
      ...{ digest: name, bytes, files },
      ...(rows === undefined ? {} : { rows }),
      ...(statistics === undefined ? {} : { statistics }),
    },
  };
}
