import { type Verified, verifyStore } from '../store/verify.ts';
import { type Context, watching } from './context.ts';
import { everyRoot } from './history-roots.ts';
import { closing, openCache, openRemoteStore } from './stores.ts';

export interface VerifyResult extends Verified {
  /** What was checked: null for the cache of this clone. */
  readonly remote: { readonly name: string; readonly url: string } | null;
}

/** Reads every byte of the cache, or of a remote, and checks it. Damage is named with the files of datasets that it touches. */
export async function verify(
  context: Context,
  options: { readonly remote?: string | undefined } = {},
): Promise<VerifyResult> {
  if (context.dvc) return (await import('./dvc-verify.ts')).dvcVerify(context, context.dvc, options.remote);
  const roots = await everyRoot(context);
  if (options.remote === undefined) {
    const found = await closing(await openCache(context), (cache) =>
      verifyStore(cache, roots, watching(context)),
    );
    return { remote: null, ...found };
  }
  const { name, url, store } = await openRemoteStore(context, options.remote);
  const found = await closing(store, () => verifyStore(store, roots, watching(context)));
  return { remote: { name, url }, ...found };
}
