import { VarveError } from '../../errors.ts';
import { gitStream } from './git.ts';

/** A commit, and when it was made. */
export interface DatedCommit {
  readonly commit: string;
  /** Of the committer: seconds since 1970. */
  readonly time: number;
}

/** A branch, a tag or a remote branch. */
export interface CommitOfRef extends DatedCommit {
  /** As Git has it in full: `refs/heads/main`. */
  readonly ref: string;
}

const REFS = ['refs/tags', 'refs/heads', 'refs/remotes'];
/** Of a tag that has a message, the commit is what it points to. */
const FORMAT =
  '--format=%(refname)%00%(objecttype)%00%(objectname)%00%(committerdate:unix)%00%(*objecttype)%00%(*objectname)%00%(*committerdate:unix)%00';
const FIELDS = 7;

/** The last second of the year 9999, behind which dates have another form or none. */
const MAX_SECONDS = 253_402_300_799;

/** A time of Git. Whoever makes a commit may write any number there. */
function secondsOf(text: string | undefined): number {
  return Math.min(Math.max(0, Number(text) || 0), MAX_SECONDS);
}

/** Every branch, tag and remote branch, with its commit; tags of anything else are left out. */
export async function namedCommits(root: string): Promise<CommitOfRef[]> {
  const found: CommitOfRef[] = [];
  let fields: string[] = [];
  for await (const field of gitStream(root, ['for-each-ref', FORMAT, ...REFS])) {
    fields.push(field);
    if (fields.length < FIELDS) continue;
    const [ref, type, commit, time, peeledType, peeled, peeledTime] = fields as [string, ...string[]];
    fields = [];
    const name = ref.replace(/^\n/, '');
    if (type === 'commit') found.push({ ref: name, commit: commit!, time: secondsOf(time) });
    else if (peeledType === 'commit') found.push({ ref: name, commit: peeled!, time: secondsOf(peeledTime) });
  }
  return found;
}

/** Find a commit by its id, or by the beginning of that; undefined if there is none, or several. @param id hexadecimal digits */
export async function findCommit(root: string, id: string): Promise<DatedCommit | undefined> {
  const args = ['log', '-1', '-z', '--format=%H %ct', '--end-of-options', `${id}^{commit}`];
  try {
    for await (const line of gitStream(root, args)) {
      const [commit, time] = line.split(' ');
      return { commit: commit!, time: secondsOf(time) };
    }
  } catch (error) {
    if (error instanceof VarveError && error.code === 'git-failed') return undefined;
    throw error;
  }
  return undefined;
}

/** Whether a branch, a tag or a remote branch leads to a commit. @param commit a whole id */
export async function isReachable(root: string, commit: string): Promise<boolean> {
  const args = ['for-each-ref', '--count=1', `--contains=${commit}`, '--format=%(refname)%00', ...REFS];
  let isNamed = false;
  for await (const _ of gitStream(root, args)) isNamed = true;
  return isNamed;
}
