import { problemOfDataPath } from '../base/files/data-path.ts';

/** Where an imported dataset comes from: a version of a dataset of another repository. */
export interface Imported {
  /** The address of the repository: what `git clone` takes, or a path, relative to the root of this one unless absolute. No credentials. */
  readonly repository: string;
  /** The dataset, from the root of that repository. */
  readonly path: string;
  /** The revision that `varve update` follows; its main branch if undefined. */
  readonly revision?: string;
  /** The commit whose version this is. */
  readonly commit: string;
}

const MAX_ADDRESS = 2048;
/** Neither an option of Git, nor a transport that runs a program: `ext::…`. */
const ADDRESS = /^(?!-)(?![\w+.-]*::)[^\x00-\x1f\x7f]+$/;
/** A user with a password, and for the web any user, which may be a token. */
const CREDENTIALS = /^(?:https?:\/\/[^/?#]*@|[\w+.-]+:\/\/[^/?#@]*:[^/?#]*@)/i;
/** An address on the web with parameters, since those may grant access. */
const PARAMETERS = /^https?:\/\/[^?#]*[?#]/i;
const REVISION = /^(?!-)[^\x00-\x1f\x7f]{1,255}$/;
const COMMIT = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/** Tell why an address may not be kept in Git, as the rest of a sentence; undefined if it may. */
export function problemOfAddress(address: string): string | undefined {
  if (address.length > MAX_ADDRESS || !ADDRESS.test(address)) return 'is not the address of a repository';
  if (CREDENTIALS.test(address) || PARAMETERS.test(address)) return 'holds credentials, or may hold some';
  return undefined;
}

/** Tell which fact of an import is not one that it can have; undefined if all are. */
export function problemOfImported({ repository, path, revision, commit }: Imported): string | undefined {
  const problem = problemOfAddress(repository);
  if (problem !== undefined) return `\`imported-from\` ${problem}`;
  if (problemOfDataPath(path) !== undefined || path.endsWith('/'))
    return '`imported-path` is not the path of a dataset';
  if (revision !== undefined && !REVISION.test(revision)) return '`imported-revision` is not a revision';
  return COMMIT.test(commit) ? undefined : '`imported-commit` is not the id of a commit';
}
