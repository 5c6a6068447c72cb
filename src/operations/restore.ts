import { resolveRevision } from '../workspace/git/pointers.ts';
import type { CheckoutOptions, CheckoutResult } from './backend/results.ts';
import type { VersionPart } from './backend/version.ts';
import type { Context } from './context/context.ts';
import { versionsMeant } from './list.ts';

/**
 * Put the data of a version in place of that here, and leave the pointers as they are: what differs from them counts as changed, as after
 * `git restore --source`. What the cache lacks is fetched.
 * @param paths datasets, files and folders within, or folders that hold datasets; each may be `path@REV`
 * @param options `source` is the revision of all paths; without it, of those that name none, the version that the pointer here names
 * @throws VarveError `dataset-missing`, `path-missing`, `changes-unsaved`, `object-missing`, `revision-unknown`
 */
export async function restore(
  context: Context,
  paths: readonly string[],
  options: Pick<CheckoutOptions, 'force'> & { readonly source?: string | undefined } = {},
): Promise<CheckoutResult> {
  const { source, force } = options;
  const commit = source === undefined ? undefined : resolveRevision(context.repository.root, source);
  const versions: VersionPart[] = [];
  for (const path of paths) versions.push(...(await versionsMeant(context, path, commit)));
  return context.backend.restore(versions, { force, isPointed: false });
}
