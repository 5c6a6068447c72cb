/**
 * Versions as the server names them: a revision, and in it the files of all datasets under their paths. It may not know how they are asked
 * for, nor where their bytes lie.
 */

import { LRUCache } from 'lru-cache';
import { comparePaths } from '../../base/files/path-order.ts';
import { Turns } from '../../base/threads/turns.ts';
import {
  type CommitOfRef,
  type DatedCommit,
  findCommit,
  isReachable,
  namedCommits,
} from '../../workspace/git/named-commits.ts';
import { revisionUnknown } from '../../workspace/git/pointers.ts';

/** What a name leads to. */
export interface Revision extends DatedCommit {
  /** Whether the name can only ever lead here: it is the id of the commit. */
  readonly isFixed: boolean;
}

/** A branch, a tag or a remote branch, as addresses name it. */
export interface NamedRevision extends DatedCommit {
  readonly name: string;
}

/** Git is asked again once what it said is so old: who moved a branch sees it served after that time. */
const FRESH_MS = 1000;
/** While there are requests, Git is asked so often beside them, so that none of them waits for that. */
const REFRESH_MS = FRESH_MS / 2;
/** Without a request for so long, Git is left in peace. */
const USED_MS = 10_000;
const MAX_KNOWN_COMMITS = 10_000;
/** In the order in which Git looks a short name up, gitrevisions(7). */
const PREFIXES = ['refs/tags/', 'refs/heads/', 'refs/remotes/'];
const MIN_ID_DIGITS = 7;
/** So many cannot be guessed: with fewer, only a commit is found that a name leads to. */
const MIN_SECRET_DIGITS = 12;
/** Processes of Git that look for ids, whoever may ask for how many. */
const MAX_LOOKUPS = 4;
const ID = new RegExp(`^[0-9a-f]{${MIN_ID_DIGITS},64}$`);
const WHOLE_ID = /^([0-9a-f]{40}|[0-9a-f]{64})$/;

/**
 * A name of Git as one part of a path: `..`, which no name of Git can hold, stands for `/`; and no two names become one, since no part of a
 * name can begin with a dot. Source: git-check-ref-format(1), rules 1 and 3. Clients take it as it is, where object_store of Rust and others
 * would escape a `~`, and Hadoop would take a `:` for a scheme.
 */
export function quotedRef(name: string): string {
  return name.replaceAll('/', '..');
}

/** The name that quotedRef wrote so. */
export function unquotedRef(quoted: string): string {
  return quoted.replaceAll('..', '/');
}

/** The branches, tags and commits of a repository. */
export class Revisions {
  readonly #root: string;
  readonly #commits: LRUCache<string, DatedCommit>;
  readonly #lookups = new Turns(MAX_LOOKUPS);
  #names: Promise<ReadonlyMap<string, DatedCommit>> | undefined;
  #asked = Number.NEGATIVE_INFINITY;
  #used = Number.NEGATIVE_INFINITY;
  #refreshing: NodeJS.Timeout | undefined;

  constructor(root: string) {
    this.#root = root;
    // What is not there is not remembered: it may come by the next fetch.
    this.#commits = new LRUCache<string, DatedCommit>({
      max: MAX_KNOWN_COMMITS,
      fetchMethod: (id) => this.#lookups.run(() => findCommit(root, id)),
    });
  }

  /**
   * What a part of an address names: a whole id, else a tag, branch or remote branch with `..` for each `/`, else the beginning of an id,
   * of seven digits or more; with fewer than twelve, of a commit that a name leads to.
   * @throws VarveError `revision-unknown`
   */
  async resolve(quoted: string): Promise<Revision> {
    const fixed = WHOLE_ID.test(quoted) ? await this.#commits.fetch(quoted) : undefined;
    if (fixed !== undefined) return { ...fixed, isFixed: true };
    const named = (await this.#table()).get(quoted);
    if (named !== undefined) return { ...named, isFixed: false };
    const begun = ID.test(quoted) && !WHOLE_ID.test(quoted) ? await this.#begun(quoted) : undefined;
    if (begun !== undefined) return { ...begun, isFixed: false };
    throw revisionUnknown(unquotedRef(quoted));
  }

  /** Every branch, tag and remote branch, as addresses name it, in the order of S3's keys. */
  async names(): Promise<NamedRevision[]> {
    const table = await this.#table();
    return [...table]
      .map(([name, commit]) => ({ name, ...commit }))
      .sort((a, b) => comparePaths(`${a.name}/`, `${b.name}/`));
  }

  #table(): Promise<ReadonlyMap<string, DatedCommit>> {
    const now = performance.now();
    this.#used = now;
    if (this.#names === undefined || now - this.#asked > FRESH_MS) this.#keep(this.#ask(), now);
    return this.#names!;
  }

  #ask(): Promise<ReadonlyMap<string, DatedCommit>> {
    return namedCommits(this.#root).then(byShortName);
  }

  /** @param asked when that was */
  #keep(names: Promise<ReadonlyMap<string, DatedCommit>>, asked: number): void {
    this.#names = names;
    this.#asked = asked;
    clearTimeout(this.#refreshing);
    this.#refreshing = setTimeout(() => this.#refresh(), REFRESH_MS).unref();
    // A failure is not kept: the next request asks again.
    names.catch(() => {
      if (this.#names === names) this.#names = undefined;
    });
  }

  /** What was known is served until there is an answer. */
  #refresh(): void {
    const now = performance.now();
    if (now - this.#used > USED_MS) return;
    const names = this.#ask();
    names.then(
      () => this.#keep(names, now),
      () => undefined,
    );
  }

  /** Ask Git no more. */
  close(): void {
    this.#used = Number.NEGATIVE_INFINITY;
    clearTimeout(this.#refreshing);
  }

  /** The one commit whose id begins so. */
  #begun(digits: string): Promise<DatedCommit | undefined> {
    return this.#lookups.run(async () => {
      const found = await findCommit(this.#root, digits);
      if (found === undefined || digits.length >= MIN_SECRET_DIGITS) return found;
      return (await isReachable(this.#root, found.commit)) ? found : undefined;
    });
  }
}

/** Where a tag and a branch have one name, it means the tag, as for Git. */
function byShortName(all: readonly CommitOfRef[]): ReadonlyMap<string, DatedCommit> {
  const names = new Map<string, DatedCommit>();
  for (const prefix of PREFIXES) {
    for (const { ref, commit, time } of all) {
      const name = quotedRef(ref.slice(prefix.length));
      if (ref.startsWith(prefix) && !names.has(name)) names.set(name, { commit, time });
    }
  }
  return names;
}
