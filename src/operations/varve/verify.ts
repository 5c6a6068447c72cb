import { verifyStore } from '../../store/repair/verify.ts';
import type { VerifyResult } from '../backend/results.ts';
import { closing } from '../context/closing.ts';
import { type WorkingContext, watching } from '../context/context.ts';
import { everyRoot, everyRootOfCache } from './datasets/roots.ts';
import { selectDatasets } from './datasets/select.ts';
import { isInPlace } from './in-place/snapshot.ts';
import { openCache, openRemoteStore } from './stores/stores.ts';

/** Reads every byte of the cache, or of a remote, and checks it. Damage is named with the files of datasets that it touches. */
export async function verify(context: WorkingContext, remote: string | undefined): Promise<VerifyResult> {
  const inPlace = selectDatasets(context, []).flatMap(({ path, pointer }) =>
    isInPlace(pointer) ? [{ path, url: pointer.source }] : [],
  );
  const notAsked = inPlace.length === 0 ? {} : { inPlace };
  if (remote === undefined) {
    const roots = await everyRootOfCache(context);
    const found = await closing(await openCache(context), (cache) =>
      verifyStore(cache, roots, watching(context)),
    );
    return { remote: null, ...found, ...notAsked };
  }
  const roots = await everyRoot(context);
  const { name, url, store } = await openRemoteStore(context, remote);
  const found = await closing(store, () => verifyStore(store, roots, watching(context)));
  return { remote: { name, url }, ...found, ...notAsked };
}
