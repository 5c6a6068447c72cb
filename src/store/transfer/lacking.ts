import { type Digest, type RawDigest, toRaw } from '../format/digest.ts';
import { visitRoot } from '../gc/reachable.ts';
import type { Root } from '../gc/roots.ts';
import { DigestSet } from '../index/digest-set.ts';
import type { Store } from '../store.ts';

/**
 * Find the roots of which the store lacks something, by its index, manifests and recipes: no data is read.
 * @throws VarveError `manifest-damaged`, `recipe-damaged`, `digest-mismatch`
 */
export async function lackingRoots({ core }: Store, roots: readonly Root[]): Promise<Root[]> {
  const whole = new DigestSet();
  const lacking: Root[] = [];
  for (const root of roots) {
    const found: RawDigest[] = [];
    let isWhole = true;
    await visitRoot(
      core,
      root,
      ({ digest, location }) => {
        if (location === undefined) isWhole = false;
        else found.push(digest);
      },
      (digest) => whole.has(digest),
    );
    if (isWhole) for (const digest of found) whole.add(digest);
    else lacking.push(root);
  }
  return lacking;
}

/** Find the roots that the index does not name, except for what was purged. Of a folder, files may be missing though its manifest is there. No I/O. */
export function unknownRoots(store: Store, roots: readonly Root[]): Root[] {
  const lacks = (digest: Digest | undefined): boolean =>
    digest !== undefined && !store.has(digest) && !store.core.catalog.isPurged(toRaw(digest));
  return roots.filter(({ digest, profile }) => lacks(digest) || lacks(profile));
}
