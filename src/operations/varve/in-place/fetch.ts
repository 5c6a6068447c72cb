import { comparePaths, isChosen } from '../../../base/files/path-order.ts';
import { forEach } from '../../../base/threads/concurrency.ts';
import { encodeManifest, type ManifestEntry } from '../../../store/format/manifest.ts';
import type { SourceManifestEntry } from '../../../store/format/source-manifest.ts';
import type { Root } from '../../../store/gc/roots.ts';
import { boundedPortions } from '../../../store/restoring/file-groups.ts';
import type { Store } from '../../../store/store.ts';
import type { Batch } from '../../../store/writing/batch.ts';
import { pointerPath } from '../../../workspace/pointer.ts';
import { readRecordOf, writeReadRecord } from '../../../workspace/tree/read-record.ts';
import type { InPlace } from '../../backend/results.ts';
import type { WorkingContext } from '../../context/context.ts';
import type { SelectedDataset } from '../datasets/select.ts';
import { withScratch } from '../stores/scratch-folder.ts';
import { claimInCache, openSourceOf } from '../stores/stores.ts';
import { ObjectReader } from './read-object.ts';
import { isInPlace, type PointerInPlace, sourceFiles } from './snapshot.ts';

const JOBS = 8;
/** Read before it is recorded, so that an interrupted fetch goes on from there. */
const PORTION_BYTES = 1024 ** 3;
const PORTION_FILES = 20_000;

/**
 * Fetch what the cache lacks of datasets in place from where they lie. Keeps what was read if something fails.
 * @param claimed what else this clone needs of its cache
 * @throws VarveError `source-changed`, `source-damaged`, and the errors of the bucket
 */
export async function fetchInPlace(
  context: WorkingContext,
  cache: Store,
  datasets: readonly SelectedDataset[],
  claimed: readonly Root[],
  jobs: number = JOBS,
): Promise<InPlace[]> {
  const read: InPlace[] = [];
  for (const { path, pointer, only } of datasets) {
    if (!isInPlace(pointer)) continue;
    const dataset = await datasetHere(context, cache, path, pointer, only);
    const { lacking } = dataset;
    await new SourceReading(context, cache, dataset, claimed).run(jobs);
    read.push({ path, url: pointer.source, objects: lacking.length, bytes: bytesOf(lacking) });
  }
  return read;
}

interface Dataset {
  readonly path: string;
  readonly pointer: PointerInPlace;
  /** Files whose bytes the cache has. */
  readonly here: ManifestEntry[];
  /** Files that are to be read. */
  readonly lacking: readonly SourceManifestEntry[];
  /** Files in all, those included that nobody asked for. */
  readonly listed: number;
}

async function datasetHere(
  { repository }: WorkingContext,
  cache: Store,
  path: string,
  pointer: PointerInPlace,
  only: readonly string[] | undefined,
): Promise<Dataset> {
  const here: ManifestEntry[] = [];
  const lacking: SourceManifestEntry[] = [];
  let listed = 0;
  for await (const file of sourceFiles(repository, cache, path, pointer)) {
    const { digest } = file;
    listed += 1;
    if (digest !== undefined && cache.has(digest)) here.push({ path: file.path, size: file.size, digest });
    else if (isChosen(file.path, only)) lacking.push(file);
  }
  return { path, pointer, here, lacking, listed };
}

class SourceReading {
  readonly #context: WorkingContext;
  readonly #cache: Store;
  readonly #dataset: Dataset;
  readonly #claimed: readonly Root[];
  readonly #total: number;
  #done = 0;

  constructor(context: WorkingContext, cache: Store, dataset: Dataset, claimed: readonly Root[]) {
    this.#context = context;
    this.#cache = cache;
    this.#dataset = dataset;
    this.#claimed = claimed;
    this.#total = bytesOf(dataset.lacking);
  }

  async run(jobs: number): Promise<void> {
    const { lacking, pointer } = this.#dataset;
    for (const portion of boundedPortions(lacking, PORTION_BYTES, PORTION_FILES))
      await this.#readPortion(portion, jobs);
    const isNoted = readRecordOf(this.#context.repository, pointer.digest)?.complete;
    // What the cache had by another way, as where a server told the digests, is noted too.
    if (lacking.length === 0 && !isNoted) await this.#record(this.#cache.batch());
  }

  async #readPortion(files: readonly SourceManifestEntry[], jobs: number): Promise<void> {
    const batch = this.#cache.batch();
    try {
      await this.#readInto(batch, files, jobs);
    } catch (error) {
      // What has arrived is kept, so that the next run need not read it again.
      await this.#record(batch).catch(() => undefined);
      throw error;
    }
    await this.#record(batch);
  }

  /** Make what has been read durable, then note that it has been. */
  async #record(batch: Batch): Promise<void> {
    const { here, listed, pointer, path } = this.#dataset;
    const { kind } = pointer;
    const [first] = here.sort((a, b) => comparePaths(a.path, b.path));
    if (first === undefined) return batch.abort();
    try {
      const copy =
        kind === 'file' ? first.digest! : (await batch.addBytes(encodeManifest(here), 'meta')).digest;
      await claimInCache(this.#context, [...this.#claimed, { path, kind, digest: copy }]);
      await batch.commit();
      const complete = here.length === listed;
      writeReadRecord(this.#context.repository, pointer.digest, { copy, complete });
    } catch (error) {
      await batch.abort();
      throw error;
    }
  }

  async #readInto(batch: Batch, files: readonly SourceManifestEntry[], jobs: number): Promise<void> {
    const { signal } = this.#context;
    const { path: dataset, pointer, here } = this.#dataset;
    const source = await openSourceOf(this.#context, pointer.source, pointerPath(dataset));
    try {
      await withScratch(this.#context, async (folder) => {
        const reader = new ObjectReader(source, batch, folder, (count) => this.#report(count));
        await forEach(files, jobs, async (file) => {
          signal?.throwIfAborted();
          const { path, size } = file;
          here.push({ path, size, digest: await reader.take(file) });
        });
      });
    } finally {
      await source.close();
    }
  }

  /** Between any two pieces, so that nobody waits for the end of a large object who does not want it any more. */
  #report(count: number): void {
    this.#context.signal?.throwIfAborted();
    this.#done += count;
    const phase = `read ${this.#dataset.path}`;
    this.#context.onProgress?.({ phase, unit: 'bytes', done: this.#done, total: this.#total });
  }
}

function bytesOf(files: readonly SourceManifestEntry[]): number {
  return files.reduce((sum, { size }) => sum + size, 0);
}
