import { gitList } from './git.ts';

/** A branch, a tag or a remote branch. */
export interface NamedCommit {
  readonly kind: 'tag' | 'branch';
  /** `v1.0`, `main`, `origin/main`. */
  readonly name: string;
  readonly commit: string;
}

const NAMES = /^refs\/(tags|heads|remotes)\/(.+)$/s;
/** A tag may name another tag, and at last a commit. */
const FORMAT = '--format=%(refname)%00%(objectname)%00%(*objectname)%00';

/** The tags and branches from which at least one of the commits is reached, in the order of their names. */
export function refsContaining(root: string, commits: readonly string[]): NamedCommit[] {
  if (commits.length === 0) return [];
  const contains = commits.flatMap((commit) => ['--contains', commit]);
  const fields = gitList(root, [
    'for-each-ref',
    FORMAT,
    ...contains,
    'refs/tags',
    'refs/heads',
    'refs/remotes',
  ]);
  const refs: NamedCommit[] = [];
  for (let at = 0; at + 2 < fields.length; at += 3) {
    const [, group, name] = NAMES.exec(fields[at]!.replace(/^\n/, '')) ?? [];
    // `origin/HEAD` is another name of a branch that is there.
    if (name === undefined || name.endsWith('/HEAD')) continue;
    refs.push({ kind: group === 'tags' ? 'tag' : 'branch', name, commit: fields[at + 2] || fields[at + 1]! });
  }
  return refs;
}
