import { join } from 'node:path';
import type { DvcContext } from '../../dvc/tree/context.ts';
import { openRemote } from '../../remote/open.ts';
import type { Digest } from '../../store/format/digest.ts';
import { Store } from '../../store/store.ts';
import { closing } from '../context/closing.ts';
import { type DvcPlace, inDvc } from './context.ts';

/** The store in DVC's cache that has the profiles: DVC's objects know no statistics. Close it. */
export async function openProfileStore({ repository }: DvcPlace): Promise<Store> {
  return Store.open(await openRemote(join(repository.config.cacheDir, 'varve')));
}

/** Run `work` as inDvc does, with the store of profiles. */
export function inDvcWithProfiles<T>(
  context: DvcPlace,
  work: (within: DvcContext, profiles: Store) => Promise<T>,
): Promise<T> {
  return inDvc(context, async (within) =>
    closing(await openProfileStore(context), (profiles) => work(within, profiles)),
  );
}

/** Keep a profile in this clone. Returns its digest. */
export async function keepProfile(profiles: Store, bytes: Uint8Array): Promise<Digest> {
  const batch = profiles.batch();
  const { digest } = await batch.addBytes([bytes], 'meta');
  await batch.commit();
  return digest;
}
