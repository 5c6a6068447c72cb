import type { CheckoutOptions, CheckoutResult } from './backend/results.ts';
import type { VersionPart } from './backend/version.ts';
import type { Context } from './context/context.ts';
import { versionNamed } from './datasets/revisions.ts';

/**
 * Make the data match the pointers. Nothing is touched before it is known that every dataset can be checked out. Of `path@REV`, the
 * pointer goes to that version too, as after `git checkout REV -- pointer`, and what the cache lacks of it is fetched.
 * @throws VarveError `changes-unsaved`, `object-missing`, `name-collision`; for `path@REV` also `dataset-missing`, `revision-unknown`
 */
export async function checkout(
  context: Context,
  paths: readonly string[],
  options: CheckoutOptions = {},
): Promise<CheckoutResult> {
  const { backend } = context;
  const versions: VersionPart[] = [];
  const others: string[] = [];
  for (const path of paths) {
    const named = path.includes('@') ? await versionNamed(context, path) : undefined;
    if (named?.version.commit === undefined) others.push(path);
    else versions.push(named);
  }
  if (versions.length === 0) return backend.checkout(paths, options);
  const pointed = await backend.restore(versions, { ...options, isPointed: true });
  if (others.length === 0) return pointed;
  const { datasets } = await backend.checkout(others, options);
  return { datasets: [...pointed.datasets, ...datasets] };
}
