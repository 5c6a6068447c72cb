import type { GcOptions, GcResult } from './backend/results.ts';
import type { Context } from './context/context.ts';

/**
 * Drop what no pointer names: of no commit, branch, tag, stash, reflog or worktree of this clone, and of no push (or, in a
 * cache that clones share, no work) of another.
 * @throws VarveError `dvc-unsupported` in a repository of DVC
 */
export function gc({ backend }: Context, options: GcOptions = {}): Promise<GcResult> {
  return backend.gc(options);
}
