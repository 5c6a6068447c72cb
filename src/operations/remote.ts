import type { Access } from '../workspace/config.ts';
import type { ClonesResult, ForgottenClones, ListedRemote, RemoteAddOptions } from './backend/results.ts';
import type { Context } from './context/context.ts';

/** The first remote becomes the default. Nothing is contacted. @throws VarveError `remote-exists`, `dvc-unsupported` */
export function addRemote(
  { backend }: Context,
  name: string,
  url: string,
  options: RemoteAddOptions = {},
): Promise<ListedRemote> {
  return backend.addRemote(name, url, options);
}

/** List the remotes of the repository's configuration, be it varve's or DVC's. */
export async function listRemotes({
  backend,
}: Context): Promise<{ readonly remotes: readonly ListedRemote[] }> {
  return { remotes: await backend.listRemotes() };
}

/**
 * Forget a remote; delete nothing there.
 * @throws VarveError `remote-unknown`, `dvc-unsupported`
 */
export async function forgetRemote({ backend }: Context, name: string): Promise<{ readonly name: string }> {
  await backend.forgetRemote(name);
  return { name };
}

/**
 * Choose the default remote.
 * @throws VarveError `remote-unknown`, `dvc-unsupported`
 */
export async function chooseRemote(
  { backend }: Context,
  name: string,
  options: { readonly local?: boolean | undefined } = {},
): Promise<{ readonly name: string }> {
  await backend.chooseRemote(name, options);
  return { name };
}

/**
 * List the clones that a remote knows, or the default one.
 * @throws VarveError `remote-unset`, `remote-unknown`, `settings-untrusted`, `dvc-unsupported`
 */
export function clonesOf({ backend }: Context, remote?: string): Promise<ClonesResult> {
  return backend.clones(remote);
}

/**
 * Remove what clones recorded on a remote, or the default one, that they need there. What nothing else needs is freed by later gcs. A
 * clone that pushes again records anew what its commits need.
 * @param names ids, beginnings of them, or what people know them by
 * @throws VarveError `clone-unknown`, `clone-ambiguous`, `remote-unset`, `remote-unknown`, `settings-untrusted`, `dvc-unsupported`
 */
export function forgetClones(
  { backend }: Context,
  names: readonly string[],
  remote?: string,
): Promise<ForgottenClones> {
  return backend.forgetClones(names, remote);
}

/**
 * Say how this clone reaches the sources at `url` and below. Nothing is contacted. Returns all that is now said of it.
 * @throws VarveError `remote-url-invalid`, `endpoint-invalid`, `dvc-unsupported`
 */
export function reachSource(
  { backend }: Context,
  url: string,
  access: Access,
): Promise<Access & { readonly url: string }> {
  return backend.reachSource(url, access);
}
