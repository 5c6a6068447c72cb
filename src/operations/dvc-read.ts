import { posix } from 'node:path';
import { filesOf, isCached } from '../dvc/cache.ts';
import { type DvcContext, withWorkers } from '../dvc/context.ts';
import { isDirectory } from '../dvc/object-id.ts';
import { type DvcRepository, outputsAt, outputsInTree } from '../dvc/repository.ts';
import { isRecorded, type Selected, selectOutputs } from '../dvc/select.ts';
import { type OutputStatus, outputStatus } from '../dvc/status.ts';
import { type DamagedObject, verifyOutputs } from '../dvc/verify.ts';
import type { Digest } from '../store/digest.ts';
import type { Context } from './context.ts';
import { digestOfId } from './dvc-datasets.ts';

/** Runs `work` on DVC's files, with the worker threads that hash. */
export function inDvc<T>(
  context: Context,
  dvc: DvcRepository,
  work: (context: DvcContext) => Promise<T>,
): Promise<T> {
  const { cwd, onProgress, signal } = context;
  return withWorkers(
    { repository: dvc, cwd, ...(onProgress && { onProgress }), ...(signal && { signal }) },
    work,
  );
}

/** `varve status` in a repository of DVC. */
export function dvcStatus(context: Context, dvc: DvcRepository, paths: readonly string[]) {
  return inDvc(context, dvc, async (within) => {
    const datasets = [];
    for (const selected of selectOutputs(within, outputsInTree(dvc), paths)) {
      datasets.push(describe(within, await outputStatus(within, selected), selected));
    }
    return { datasets };
  });
}

type State = 'unchanged' | 'modified' | 'outdated' | 'missing';

function describe(context: DvcContext, status: OutputStatus, { only }: Selected) {
  const { output, found, changes, notCached } = status;
  const isFolder = (output.id && isDirectory(output.id)) || found?.kind === 'directory';
  return {
    path: output.path,
    kind: isFolder ? ('directory' as const) : ('file' as const),
    state: stateOf(context, status),
    changes: changes ?? [],
    ...(notCached > 0 && { notCached }),
    ...(only === undefined ? {} : { only }),
  };
}

/** Data that the cache holds as a whole is another version, not a change that could be lost. */
function stateOf(context: DvcContext, { state, found }: OutputStatus): State {
  if (state === 'unrecorded') return found === undefined ? 'missing' : 'modified';
  return state === 'modified' && found !== undefined && isCached(context, found.id) ? 'outdated' : state;
}

/** `varve verify` in a repository of DVC: the cache, or a remote. */
export async function dvcVerify(context: Context, dvc: DvcRepository, remote: string | undefined) {
  const found = await inDvc(context, dvc, (within) =>
    verifyOutputs(
      within,
      outputsInTree(dvc).map((output) => ({ output })),
      remote,
    ),
  );
  return { ...found, damage: found.damage.map((one) => explain(one, remote)) };
}

function explain({ key, problem, users }: DamagedObject, remote: string | undefined) {
  const where = remote === undefined ? 'the cache' : remote;
  return {
    key,
    problem: problem === 'missing' ? `is not in ${where}` : 'has other bytes than its name says',
    roots: users,
    remedy:
      remote === undefined
        ? `Remove ${key} from the cache, then run \`varve fetch\`.`
        : 'Remove it there, then push it again from a clone whose cache is whole.',
  };
}

/** A file of an output's version, with its rows at `absolutePath`. */
interface RowsFile {
  readonly absolutePath: string;
  readonly path: string;
  readonly digest: Digest;
  readonly size: number;
}

/**
 * Copies the files of an output's version out of DVC's cache.
 * @param targetOf absolute path for a file, by its path in the output (or the output's own name); undefined leaves it out
 */
export function dvcRows(
  context: Context,
  dvc: DvcRepository,
  { path, commit }: { readonly path: string; readonly commit: string | undefined },
  targetOf: (name: string, index: number) => string | undefined,
): Promise<{ kind: 'file' | 'directory'; files: RowsFile[] }> {
  return inDvc(context, dvc, async (within) => {
    const output = (commit === undefined ? outputsInTree(dvc) : outputsAt(dvc, commit)).find(
      (one) => one.path === path,
    );
    if (output === undefined || !isRecorded(output)) return { kind: 'file', files: [] };
    const root = dvc.config.cacheDir;
    const files: RowsFile[] = [];
    for (const { path: inside, id } of await filesOf(within, output)) {
      const name = inside === '' ? posix.basename(path) : inside;
      const target = targetOf(name, files.length);
      if (target === undefined) continue;
      const job = { kind: 'place', root, id, target, links: ['reflink', 'copy'], executable: false } as const;
      const { facts } = await within.pool.run(job);
      files.push({ absolutePath: target, path: name, digest: digestOfId(id), size: facts.size });
    }
    return { kind: isDirectory(output.id) ? 'directory' : 'file', files };
  });
}
