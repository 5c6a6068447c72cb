import { type ErrorCode, VarveError } from '../errors.ts';
import { RUN_VERIFY } from '../remote/run-verify.ts';
import { type Digest, type RawDigest, toDigest } from './format/digest.ts';

/** The errors of missing and damaged bytes, in the same words wherever they are met. */

/** What brings whole copies of objects that are missing or damaged, in a cache and on a remote, of whatever version. */
export const BRING_COPIES =
  'To the cache, `varve fetch --all-commits` brings what the remote has of every version; to a remote, whoever has the data sends it by `varve push --all-commits`.';

/** What mends a version whose bytes are those that its pointer names, and no list of files. */
export const WRONG_POINTER =
  'The pointer is wrong, or whoever wrote it is hostile: `git log -p` on its file shows who that was. Restore the pointer from a commit before that.';

/**
 * @param where URL of the store that lacks it
 * @param path of the file or dataset that needs it, if that is known
 */
export function objectMissing(digest: Digest, where: string, path?: string): VarveError {
  return new VarveError(
    'object-missing',
    `${path ?? digest} is not in ${where}${path ? ` (${digest})` : ''}`,
    {
      path: path ?? where,
      remedy: BRING_COPIES,
    },
  );
}

/** What an object was looked for in. */
interface Searched {
  readonly remote: { readonly url: string };
  readonly catalog: { damagedKeyOf(digest: RawDigest): string | undefined };
}

/**
 * Make the error of an object that no store can give: it is damaged where this process has met damage in its place, and missing else.
 * @param stores the one that should have it first
 * @param path of the file or dataset that needs it, if that is known
 */
export function objectUnavailable(
  digest: RawDigest,
  stores: readonly [Searched, ...Searched[]],
  path?: string,
): VarveError {
  for (const { remote, catalog } of stores) {
    const key = catalog.damagedKeyOf(digest);
    if (key !== undefined) return objectDamaged(digest, `${remote.url}: ${path ?? key}`);
  }
  return objectMissing(toDigest(digest), stores[0].remote.url, path);
}

/**
 * @param where URL of the store from which it was purged
 * @param path of the file or dataset that needs it
 */
export function objectPurged(digest: Digest, where: string, path: string): VarveError {
  return new VarveError(
    'object-purged',
    `${path} was purged: its bytes had to go from ${where} (${digest})`,
    {
      path,
      remedy: `Versions without it are whole: check out one of those, or take it out of the dataset and add that. \`varve purge ${digest}\` removes what this clone still keeps of it.`,
    },
  );
}

/** @param place URL and key of the file that should hold the object */
export function objectDamaged(expected: RawDigest, place: string): VarveError {
  return new VarveError('digest-mismatch', `${place} is damaged: it should hold ${toDigest(expected)}`, {
    path: place,
    remedy: RUN_VERIFY,
  });
}

/**
 * @param place key or path of the damaged file
 * @param what completes "is damaged: …"
 */
export function damaged(code: ErrorCode, place: string, what: string): VarveError {
  return new VarveError(code, `${place} is damaged: ${what}`, {
    path: place,
    remedy: RUN_VERIFY,
  });
}
