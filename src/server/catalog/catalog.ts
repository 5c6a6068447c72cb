/**
 * The catalog: what a repository's versions are known to be, kept under digests and commits, so that who looks again pays nothing. It may
 * not know addresses, nor how anything looks.
 */

import { LRUCache } from 'lru-cache';
import { foldersAbove, isWithin } from '../../base/files/path-order.ts';
import type { ReadableDataset } from '../../operations/backend/version-reader.ts';
import type { ServedRepository } from '../repositories.ts';
import type { StatisticsThread } from '../statistics/thread.ts';
import { Comparisons } from './comparisons.ts';
import { DatasetHistory } from './dataset-history.ts';
import { Previews } from './preview.ts';
import { Profiles } from './profiles.ts';
import { Schemas } from './schemas.ts';

/** Commits whose datasets are remembered. */
const MAX_KNOWN_COMMITS = 64;
/** Changes of all histories that are remembered together; about 300 bytes each. */
const MAX_KNOWN_CHANGES = 400_000;

/** What is known of one repository. Close it. */
export class VersionCatalog {
  readonly profiles: Profiles;
  readonly comparisons: Comparisons;
  readonly schemas: Schemas;
  readonly previews = new Previews();
  readonly #datasets: LRUCache<string, readonly ReadableDataset[]>;
  readonly #histories: LRUCache<string, DatasetHistory>;

  constructor(
    { context, reader, root }: Pick<ServedRepository, 'context' | 'reader' | 'root'>,
    statistics: StatisticsThread,
  ) {
    this.schemas = new Schemas(root);
    this.profiles = new Profiles(context, statistics);
    this.comparisons = new Comparisons(this.profiles);
    this.#datasets = new LRUCache<string, readonly ReadableDataset[]>({
      max: MAX_KNOWN_COMMITS,
      fetchMethod: async (commit) => outermost(await reader.datasetsAt(commit)),
    });
    this.#histories = new LRUCache<string, DatasetHistory>({
      maxSize: MAX_KNOWN_CHANGES,
      sizeCalculation: ({ size }) => Math.min(size + 1, MAX_KNOWN_CHANGES),
      fetchMethod: async (commit) => new DatasetHistory(reader, await reader.changes(commit)),
    });
  }

  /** The datasets of a commit, by their paths. */
  async datasetsAt(commit: string): Promise<readonly ReadableDataset[]> {
    return (await this.#datasets.fetch(commit))!;
  }

  /** The dataset of a commit that a path names, or that it lies in; undefined if there is none. */
  async datasetAround(commit: string, path: string): Promise<ReadableDataset | undefined> {
    return (await this.datasetsAt(commit)).find((dataset) => isWithin(path, dataset.path));
  }

  /** Which commits changed what, as a commit reaches them. */
  async historyAt(commit: string): Promise<DatasetHistory> {
    return (await this.#histories.fetch(commit))!;
  }

  async close(): Promise<void> {
    await this.profiles.close();
  }
}

/** A commit that anybody wrote may have one dataset in another: the outer one counts, as it does for the working tree. */
function outermost(datasets: readonly ReadableDataset[]): ReadableDataset[] {
  const sorted = datasets.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  const folders = new Set(sorted.filter(({ kind }) => kind === 'directory').map(({ path }) => path));
  return sorted.filter(({ path }) => !foldersAbove(path).some((parent) => folders.has(parent)));
}
