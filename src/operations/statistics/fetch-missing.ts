import { VarveError } from '../../errors.ts';
import type { Digest } from '../../store/format/digest.ts';
import type { Store } from '../../store/store.ts';
import type { Context } from '../context/context.ts';

/**
 * Fetch the profiles that `store` lacks from the remote, unless the context is offline. What the remote lacks stays missing.
 * @param store that `openProfileStore` of the context's backend gave
 * @returns why nothing could be fetched, where a remote could not be asked; undefined if it was, or needed not be
 */
export async function fetchMissing(
  { backend, offline }: Context,
  store: Store,
  profiles: readonly Digest[],
): Promise<VarveError | undefined> {
  const missing = [...new Set(profiles)].filter((digest) => !store.has(digest));
  if (missing.length === 0 || offline) return undefined;
  try {
    await backend.fetchProfiles(missing);
  } catch (error) {
    if (error instanceof VarveError) return error;
    throw error;
  }
  await store.reload();
  return undefined;
}
