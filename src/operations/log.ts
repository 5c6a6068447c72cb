import { VarveError } from '../errors.ts';
import { resolveRevision } from '../workspace/git/pointers.ts';
import { pathInRepository } from '../workspace/repository.ts';
import type { HistoryEntry } from './backend/version.ts';
import type { Context } from './context/context.ts';

export interface LogResult {
  readonly path: string;
  /** Newest first. */
  readonly versions: readonly LoggedVersion[];
}

export interface LoggedVersion extends Omit<HistoryEntry, 'version'> {
  /** Null if this commit took the dataset out. */
  readonly snapshot: {
    readonly digest: string;
    readonly bytes: number;
    readonly files: number;
    readonly rows?: number;
  } | null;
}

/**
 * The versions of one dataset over Git's history. Also of one that is gone from the working tree.
 * @throws VarveError `dataset-missing`, `revision-unknown`
 */
export async function log(
  { backend, repository, cwd }: Context,
  path: string,
  revision = 'HEAD',
): Promise<LogResult> {
  const dataset = (await backend.datasetNamed(path)) ?? pathInRepository(repository, cwd, path);
  const history = await backend.history(dataset, resolveRevision(repository.root, revision));
  if (history.length === 0) {
    const { terms } = backend;
    throw new VarveError('dataset-missing', `No commit of ${revision} has ${terms.dataset} at ${path}`, {
      path,
      remedy: `Commit its ${terms.pointer} first; \`varve status\` lists the ${terms.datasets} that there are.`,
    });
  }
  return { path: dataset, versions: history.map(logged) };
}

function logged({ version, ...commit }: HistoryEntry): LoggedVersion {
  if (version === undefined) return { ...commit, snapshot: null };
  const { name, bytes, files, rows } = version;
  return { ...commit, snapshot: { digest: name, bytes, files, ...(rows === undefined ? {} : { rows }) } };
}
