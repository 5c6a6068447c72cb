import { verifyStore } from '../../store/repair/verify.ts';
import { cloneId } from '../../workspace/clone-id.ts';
import type { VerifyResult } from '../backend/results.ts';
import { closing } from '../context/closing.ts';
import { type WorkingContext, watching } from '../context/context.ts';
import { everyRoot, everyRootOfCache } from './datasets/roots.ts';
import { selectDatasets } from './datasets/select.ts';
import { isInPlace } from './in-place/snapshot.ts';
import { isCacheShared, openCache, openRemoteStore } from './stores/stores.ts';

/** Implements Backend.verify. */
export async function verify(context: WorkingContext, remote: string | undefined): Promise<VerifyResult> {
  const inPlace = selectDatasets(context, []).flatMap(({ path, pointer }) =>
    isInPlace(pointer) ? [{ path, url: pointer.source }] : [],
  );
  const notAsked = inPlace.length === 0 ? {} : { inPlace };
  if (remote === undefined) {
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
  const { name, url, store } = await openRemoteStore(context, remote);
  const clone = cloneId(context.repository);
  const found = await closing(store, () => verifyStore(store, roots, { clone, ...watching(context) }));
  return { remote: { name, url }, ...found, ...notAsked };
}
