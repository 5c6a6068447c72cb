import type { RemoteStatus } from './backend/results.ts';
import type { Context } from './context/context.ts';

/**
 * Tell which versions the remote lacks, of the working tree and of all commits that a branch or tag reaches. Reads lists alone.
 * @throws VarveError `remote-unset`, `remote-unknown`, `settings-untrusted`, `dataset-missing`
 */
export function remoteStatus(
  { backend }: Context,
  paths: readonly string[] = [],
  remote?: string | undefined,
): Promise<RemoteStatus> {
  return backend.remoteStatus(paths, remote);
}
