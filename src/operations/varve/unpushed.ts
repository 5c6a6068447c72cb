import { lackingRoots } from '../../store/transfer/lacking.ts';
import type { LackingRoot } from '../../store/transfer/transfer-each.ts';
import { datasetHistory } from '../../workspace/git/pointers.ts';
import type { LackingVersion, RemoteStatus, TransferChoice } from '../backend/results.ts';
import { closing } from '../context/closing.ts';
import type { WorkingContext } from '../context/context.ts';
import { selectDatasets } from './datasets/select.ts';
import { openRemoteStore } from './stores/stores.ts';
import { rootsToTransfer } from './stores/transfer-roots.ts';

/** Implements Backend.remoteStatus. */
export async function remoteStatus(
  context: WorkingContext,
  paths: readonly string[],
  remote: TransferChoice['remote'],
): Promise<RemoteStatus> {
  const roots = await rootsToTransfer(context, selectDatasets(context, paths), { allCommits: true }, paths);
  const versions = [...new Map(roots.map((root) => [`${root.path}\0${root.digest}`, root])).values()];
  const { name, url, store } = await openRemoteStore(context, remote);
  const lacking = await closing(store, () => lackingRoots(store, versions));
  return {
    remote: { name, url },
    versions: versions.length,
    lacking: lacking.map(({ path, digest }) => lackingVersion(context, path, digest)),
  };
}

/** Name a version by the first commit that has it, of whatever branch; one that is not committed has none. */
export function lackingVersion({ repository }: WorkingContext, path: string, digest: string): LackingVersion {
  const entry = datasetHistory(repository.root, '--all', path).findLast(
    ({ pointer }) => pointer?.digest === digest,
  );
  if (entry === undefined) return { path, digest };
  const { commit, author, date, subject } = entry;
  return { path, digest, commit, author, date, subject };
}

/** The field of a result; absent where nothing is lacking. The working tree and the history may name the same version. */
export function lackingField(
  context: WorkingContext,
  lacking: readonly LackingRoot[],
): { readonly lacking?: readonly LackingVersion[] } {
  const named = new Map(lacking.map((one) => [`${one.root.path}\0${one.root.digest}`, one]));
  const versions = [...named.values()].map(({ root: { path, digest }, error: { code } }) => ({
    ...lackingVersion(context, path, digest),
    ...(code === 'object-purged' && { purged: true as const }),
    ...(code !== 'object-purged' && code !== 'object-missing' && { damaged: true as const }),
  }));
  return versions.length === 0 ? {} : { lacking: versions };
}
