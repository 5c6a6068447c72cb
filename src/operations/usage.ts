import type { UsageResult } from './backend/results.ts';
import type { Context } from './context/context.ts';

/** Measure what datasets take up in the cache, or on a remote, in all their versions. No paths: every dataset. */
export function usage(
  { backend }: Context,
  paths: readonly string[] = [],
  remote?: string,
): Promise<UsageResult> {
  return backend.usage(paths, remote);
}
