/** A pack or a whole object of the store. */
export interface StoredFile {
  readonly size: number;
  /** In ms, by the clock of the remote. */
  readonly modified: number;
  /** Whether an index names it. What none names may be on its way in. */
  readonly isIndexed: boolean;
}

export type StoredFiles = ReadonlyMap<string, StoredFile>;

/** A list of files that one gc found nothing to need. */
export interface PendingList {
  readonly keys: readonly string[];
  /** In ms, by the clock of the remote. */
  readonly since: number;
}

/** What a gc knows when it decides. */
export interface Known {
  readonly files: StoredFiles;
  /** Keys of the files that something needs. */
  readonly live: ReadonlySet<string>;
  readonly pending: readonly PendingList[];
  /** In ms, by the clock of the remote: for what was found unneeded by then, the grace is over. */
  readonly graceEnd: number;
  /** Whether there is no grace: what is found unneeded goes at once. */
  readonly atOnce: boolean;
  /** Why nothing may be removed yet, if there is a reason: somebody is still at work on something. */
  readonly unfinished: string | undefined;
}

export interface CollectionPlan {
  /** Found unneeded for the first time: they go on a list of pending deletions. */
  readonly fresh: readonly string[];
  readonly remove: ReadonlySet<string>;
  /** Why nothing is removed, though there is something to remove. */
  readonly postponed: string | undefined;
  readonly figures: Figures;
}

/** Counts of files of the store. `condemned` is what results call pending deletions. */
export interface Figures {
  readonly freedBytes: number;
  readonly freedObjects: number;
  readonly condemnedBytes: number;
  readonly condemnedObjects: number;
  readonly keptBytes: number;
  readonly keptObjects: number;
}

/**
 * Plan a two-step collection, as Duplicacy does it for lock-free deduplication (https://github.com/gilbertchen/duplicacy/wiki), which
 * calls files between the steps fossils. A file that nothing needs is
 * - new, if no list and no index names it and it came within the grace: it may be on its way in, and stays;
 * - fresh, if no list names it yet: it goes on a list, and if there is no grace, it goes at once;
 * - pending, if a list names it that is younger than the grace: it stays;
 * - expired, if that list is older: it goes.
 */
export function planCollection({
  files,
  live,
  pending,
  graceEnd,
  atOnce,
  unfinished,
}: Known): CollectionPlan {
  const listed = new Set(pending.flatMap(({ keys }) => keys));
  const expired = new Set(pending.filter(({ since }) => since <= graceEnd).flatMap(({ keys }) => keys));
  const isNew = ({ isIndexed, modified }: StoredFile): boolean => !isIndexed && modified > graceEnd;
  const unneeded = [...files].filter(([key]) => !live.has(key));
  const fresh = unneeded.flatMap(([key, file]) => (listed.has(key) || isNew(file) ? [] : [key]));
  const due = unneeded.flatMap(([key]) => (expired.has(key) ? [key] : [])).concat(atOnce ? fresh : []);
  const remove = new Set(unfinished === undefined ? due : []);
  return {
    fresh,
    remove,
    postponed: due.length > 0 ? unfinished : undefined,
    figures: figuresOf(files, live, remove),
  };
}

function figuresOf(files: StoredFiles, live: ReadonlySet<string>, remove: ReadonlySet<string>): Figures {
  const sums = { kept: { bytes: 0, count: 0 }, freed: { bytes: 0, count: 0 }, left: { bytes: 0, count: 0 } };
  for (const [key, { size }] of files) {
    const sum = sums[live.has(key) ? 'kept' : remove.has(key) ? 'freed' : 'left'];
    sum.bytes += size;
    sum.count += 1;
  }
  return {
    freedBytes: sums.freed.bytes,
    freedObjects: sums.freed.count,
    condemnedBytes: sums.left.bytes,
    condemnedObjects: sums.left.count,
    keptBytes: sums.kept.bytes,
    keptObjects: sums.kept.count,
  };
}

/**
 * Decide what becomes of a list of pending deletions. `files` are those that were there before this gc removed any: what it removed
 * stays listed until the next gc, since somebody may still hold an index that names it.
 * @returns undefined if the list stays as it is, else the keys of the list that replaces it, which may be none
 */
export function replacement(
  list: PendingList,
  { files, live, graceEnd }: Pick<Known, 'files' | 'live' | 'graceEnd'>,
): readonly string[] | undefined {
  const isOver = list.since <= graceEnd && !list.keys.some((key) => files.has(key) && !live.has(key));
  if (isOver) return [];
  const isNeededAgain = list.keys.some((key) => live.has(key));
  return isNeededAgain ? list.keys.filter((key) => !live.has(key)) : undefined;
}
