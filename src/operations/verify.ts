import { type Verified, verifyStore } from '../store/repair/verify.ts';
import { cloneId } from '../workspace/clone-id.ts';
import { type Context, watching } from './context/context.ts';
import { closing, isCacheShared, openCache, openRemoteStore } from './context/stores.ts';
import { everyRoot, everyRootOfCache } from './datasets/roots.ts';
import { selectDatasets } from './datasets/select.ts';
import { isInPlace } from './in-place/snapshot.ts';

export interface VerifyResult extends Verified {
  /** What was checked: null for the cache of this clone. */
  readonly remote: { readonly name: string; readonly url: string } | null;
  /** Datasets of the working tree whose data lies in a bucket: only a pull looks there, and checks what it reads. */
  readonly inPlace?: readonly { readonly path: string; readonly url: string }[];
}

/**
 * Reads every byte of the cache, or of a remote, and checks it. Damage is named with the files of datasets that it touches; what was
 * never fetched, or never pushed, is no damage.
 */
export async function verify(
  context: Context,
  options: { readonly remote?: string | undefined } = {},
): Promise<VerifyResult> {
  if (context.dvc) return (await import('./dvc/verify.ts')).dvcVerify(context, context.dvc, options.remote);
  const inPlace = selectDatasets(context, []).flatMap(({ path, pointer }) =>
    isInPlace(pointer) ? [{ path, url: pointer.source }] : [],
  );
  const notAsked = inPlace.length === 0 ? {} : { inPlace };
  if (options.remote === undefined) {
    const roots = await everyRootOfCache(context);
    const found = await closing(await openCache(context), (cache) =>
      verifyStore(cache, roots, {
        ...watching(context),
        ...(isCacheShared(context) && { clone: cloneId(context.repository) }),
      }),
    );
    return { remote: null, ...found, ...notAsked };
  }
  const roots = await everyRoot(context);
  const { name, url, store } = await openRemoteStore(context, options.remote);
  const clone = cloneId(context.repository);
  const found = await closing(store, () => verifyStore(store, roots, { clone, ...watching(context) }));
  return { remote: { name, url }, ...found, ...notAsked };
}
