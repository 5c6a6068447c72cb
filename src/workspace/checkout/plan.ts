import { lstatSync } from 'node:fs';
import { foldersAbove, isChosen, joinStreams } from '../../base/files/path-order.ts';
import type { Digest } from '../../store/format/digest.ts';
import type { ManifestEntry } from '../../store/format/manifest.ts';
import { compareWithRecord, type FileState, hashFound, pathOfFile } from '../tree/data-state.ts';
import type { ScannedFile } from '../tree/scan.ts';
import type { StatCache } from '../tree/stat-cache.ts';

/** A file that is to be there. */
export interface TargetFile extends ManifestEntry {
  /** ETag of an object in a bucket. If there is no digest, nobody has read its bytes, and no file here is known to be it. */
  readonly etag?: string;
}

export interface PlannedFile {
  readonly entry: TargetFile;
  found: ScannedFile | undefined;
  /** Set if a folder lies in the place of the file. */
  readonly folderThere?: true;
}

/** The changes that a checkout will make to one dataset. Nothing has been touched yet. */
export interface CheckoutPlan {
  /** Every file of the snapshot that is to be there, in its order; `found` if its bytes already lie in place. */
  readonly files: PlannedFile[];
  /** Files of the snapshot that were edited or removed here, and are left as they are, in the order of the snapshot. */
  readonly edited: TargetFile[];
  /** Files and empty folders that left the snapshot, unchanged (or given up by `force`). */
  readonly remove: string[];
  /** Files that only the user has; they stay. */
  readonly kept: string[];
  /** Files of varve's own, from the root, that a write left in the dataset or still writes. */
  readonly unfinished: string[];
  /** Files with changes that nobody saved, which the snapshot has no room for. Not empty: the checkout is refused. */
  readonly unsaved: string[];
  /** Files that were changed here and between the two versions, each in its own way. Not empty: the checkout is refused. */
  readonly conflicts: string[];
}

export interface PlanOptions {
  /** Gives up unsaved changes. */
  readonly force?: boolean | undefined;
  /** Whose file it is to be where both changed it. */
  readonly prefer?: 'ours' | 'theirs' | undefined;
  /** Where `force` and `prefer` count; everywhere if it is not given. */
  readonly preferAt?: readonly string[] | undefined;
  /** Whether a file that was edited here alone stays as it is, in place of being an unsaved change. */
  readonly keepEdited?: boolean | undefined;
  /** Whether a file that was removed here alone stays away. */
  readonly keepRemoved?: boolean | undefined;
  /** The chosen parts of the dataset: everything else stays as it is. */
  readonly only?: readonly string[] | undefined;
  /** Whether bytes could be had again, for data of which nothing is recorded. */
  readonly isSaved: (digest: Digest) => boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Read the files that look changed, and only those. */
export async function planCheckout(
  root: string,
  dataset: string,
  record: StatCache | undefined,
  target: AsyncIterable<TargetFile>,
  options: PlanOptions,
): Promise<CheckoutPlan> {
  const plan: CheckoutPlan = {
    files: [],
    edited: [],
    remove: [],
    kept: [],
    unfinished: [],
    unsaved: [],
    conflicts: [],
  };
  const planner = new Planner(root, dataset, record, options, plan);
  for await (const [state, entry] of joinStreams(
    compareWithRecord(root, dataset, record, plan.unfinished),
    target,
  )) {
    if (!isChosen(state?.path ?? entry!.path, options.only)) continue;
    if (entry === undefined) await planner.left(state!);
    else if (state?.found === undefined) planner.absent(state, entry);
    else await planner.present(state, state.found, entry);
  }
  findObstacles(plan);
  return plan;
}

/** Plan that nothing of a dataset is to be there. */
export function planRemoval(
  root: string,
  dataset: string,
  record: StatCache | undefined,
  options: Pick<PlanOptions, 'force' | 'signal'>,
): Promise<CheckoutPlan> {
  return planCheckout(root, dataset, record, nothing(), { ...options, isSaved: () => false });
}

async function* nothing(): AsyncGenerator<never> {}

/**
 * Decides path by path, from three versions: what was recorded here, what lies here now, and what the snapshot has.
 *
 * | here      | between the versions | the file                                          |
 * | --------- | -------------------- | ------------------------------------------------- |
 * | untouched | any                  | becomes that of the snapshot                      |
 * | edited    | same                 | stays, if `keepEdited`; else the checkout is refused |
 * | removed   | same                 | stays away, if `keepRemoved`; else it comes back  |
 * | removed   | changed              | comes back: nothing is lost by that               |
 * | edited    | changed or removed   | is a conflict, which `prefer` decides             |
 * | new       | absent               | stays                                             |
 * | new       | there                | is an unsaved change                              |
 */
class Planner {
  readonly #root: string;
  readonly #dataset: string;
  readonly #record: StatCache | undefined;
  readonly #options: PlanOptions;
  readonly #plan: CheckoutPlan;
  #parent: string | undefined;
  #parentThere = false;

  constructor(
    root: string,
    dataset: string,
    record: StatCache | undefined,
    options: PlanOptions,
    plan: CheckoutPlan,
  ) {
    this.#root = root;
    this.#dataset = dataset;
    this.#record = record;
    this.#options = options;
    this.#plan = plan;
  }

  /** No data lies where the snapshot has some; an ignored file may. */
  absent(state: FileState | undefined, entry: TargetFile): void {
    if (this.#options.keepRemoved && !this.#isForced(entry.path) && this.#isAsRecorded(state, entry)) {
      this.#plan.edited.push(entry);
      return;
    }
    const there = this.#kindAt(entry.path);
    this.#plan.files.push({ entry, found: undefined, ...(there === 'folder' && { folderThere: true }) });
    if (there === 'file' && !this.#isForced(entry.path)) this.#plan.unsaved.push(entry.path);
  }

  async present(state: FileState, found: ScannedFile, entry: TargetFile): Promise<void> {
    const digest = await this.#digest(state, found);
    if (digest === entry.digest) {
      this.#plan.files.push({ entry, found });
      return;
    }
    const { edited, files, unsaved } = this.#plan;
    const change = this.#isForced(entry.path) ? 'none' : this.#changeOf(state, digest, entry);
    if (change === 'ours') edited.push(entry);
    else files.push({ entry, found: undefined });
    if (change === 'unsaved') unsaved.push(entry.path);
  }

  /** Data lies where the snapshot has none. */
  async left(state: FileState): Promise<void> {
    const { found, path, recordedAt } = state;
    if (found === undefined) return;
    const clean =
      recordedAt !== undefined && (state.same || this.#isClean(state, await this.#digest(state, found)));
    if (clean || this.#isForced(path)) this.#plan.remove.push(path);
    else if (recordedAt !== undefined && this.#preferred(path) === undefined) this.#plan.conflicts.push(path);
    else if (recordedAt !== undefined && this.#preferred(path) === 'theirs') this.#plan.remove.push(path);
    else if (!path.endsWith('/')) this.#plan.kept.push(path);
  }

  /** What becomes of a file that the snapshot has other bytes for: `none` and `theirs` give way to them. */
  #changeOf(
    state: FileState,
    digest: Digest | undefined,
    entry: TargetFile,
  ): 'none' | 'unsaved' | 'ours' | 'theirs' {
    if (this.#isClean(state, digest)) return 'none';
    if (state.recordedAt === undefined) return 'unsaved';
    if (this.#isAsRecorded(state, entry)) return this.#options.keepEdited ? 'ours' : 'unsaved';
    const preferred = this.#preferred(entry.path);
    if (preferred === undefined) this.#plan.conflicts.push(entry.path);
    return preferred ?? 'theirs';
  }

  #isForced(path: string): boolean {
    return this.#options.force === true && isChosen(path, this.#options.preferAt);
  }

  #preferred(path: string): 'ours' | 'theirs' | undefined {
    return isChosen(path, this.#options.preferAt) ? this.#options.prefer : undefined;
  }

  /** Whether the snapshot has the bytes that were recorded here. */
  #isAsRecorded(state: FileState | undefined, entry: TargetFile): boolean {
    const at = state?.recordedAt;
    return at !== undefined && this.#record!.digest(at) === entry.digest;
  }

  #isClean(state: FileState, digest: Digest | undefined): boolean {
    if (digest === undefined || state.same) return true;
    if (this.#record === undefined) return this.#options.isSaved(digest);
    return state.recordedAt !== undefined && digest === this.#record.digest(state.recordedAt);
  }

  /** If a folder is not there, only the first of its files is asked for. */
  #kindAt(path: string): 'file' | 'folder' | undefined {
    const parent = path.slice(0, path.lastIndexOf('/', path.length - 2) + 1);
    if (parent !== this.#parent) {
      this.#parent = parent;
      this.#parentThere = kindAt(`${this.#root}/${pathOfFile(this.#dataset, parent)}`) !== undefined;
    }
    return this.#parentThere || path === ''
      ? kindAt(`${this.#root}/${pathOfFile(this.#dataset, path)}`)
      : undefined;
  }

  async #digest(state: FileState, found: ScannedFile): Promise<Digest | undefined> {
    if (state.same) return this.#record!.digest(state.recordedAt!);
    return hashFound(this.#root, this.#dataset, found, { signal: this.#options.signal });
  }
}

function kindAt(path: string): 'file' | 'folder' | undefined {
  try {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    // A link is as much somebody's as a file.
    return stats === undefined ? undefined : stats.isDirectory() ? 'folder' : 'file';
  } catch {
    // A file on the way, which removals and obstacles deal with.
    return undefined;
  }
}

/** A kept file where the snapshot needs a folder, or a kept folder where it needs a file, cannot stay. */
function findObstacles(plan: CheckoutPlan): void {
  if (plan.kept.length === 0) return;
  const kept = new Set(plan.kept);
  const above = new Set(plan.kept.flatMap(parentsOf));
  for (const { entry, found } of plan.files) {
    if (found !== undefined) continue;
    const obstacle = above.has(entry.path)
      ? entry.path
      : parentsOf(entry.path).find((parent) => kept.has(parent));
    if (obstacle !== undefined) plan.unsaved.push(obstacle);
  }
}

/** The folders above a path, and '', which a dataset that is a file has. */
function parentsOf(path: string): string[] {
  return path === '' ? [] : ['', ...foldersAbove(path)];
}
