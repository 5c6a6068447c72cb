import type { VerifyResult } from './backend/results.ts';
import type { Context } from './context/context.ts';

/**
 * Read every byte of the cache, or of a remote, and check it. Damage is named with the files of datasets that it touches; what was
 * never fetched, or never pushed, is no damage.
 */
export function verify(
  { backend }: Context,
  options: { readonly remote?: string | undefined } = {},
): Promise<VerifyResult> {
  return backend.verify(options.remote);
}
