/**
 * What is known of data in place without reading its rows, by the footers of its files or by the table that it is. It knows files and
 * what is said of them, and no format of tables.
 */

import { inOrder } from '../../base/threads/concurrency.ts';
import { formatOf, holdsRows } from '../../engine/formats/format.ts';
import { VarveError } from '../../errors.ts';
import { encodeFooters } from '../../profile/footers/format.ts';
import { type FooterStatistics, knownBy } from '../../profile/footers/model.ts';
import { FooterMerger } from '../../tables/merge-footers.ts';
import type { UnreadFile } from '../../tables/model.ts';
import { readFooter } from '../../tables/parquet/footer.ts';
import { projectFooter } from '../../tables/project-footer.ts';
import { shellWord } from '../../wording/quote.ts';
import type { AddedDataset } from '../backend/results.ts';
import type { FileAtSource, SourceFiles } from '../backend/source-files.ts';
import type { DatasetVersion, FileListener } from '../backend/version.ts';
import { closing } from '../context/closing.ts';
import type { Context } from '../context/context.ts';

/** Footers asked for at once. */
const JOBS = 32;

/**
 * Read the footers of the Parquet files of data in place, by ranges, and let what they say travel with the version. One that has statistics
 * keeps them, unless its table alone tells them.
 * @param path of the dataset, as its pointer names it now
 * @returns the version with them; undefined if it had some
 * @throws VarveError `statistics-partial` if other files hold rows too, `table-unreadable`, and the errors of the server; the version
 * stays added
 */
export async function footersInPlace(context: Context, path: string): Promise<AddedDataset | undefined> {
  const version = (await context.backend.version(path, undefined))!;
  if (version.profile !== undefined || knownBy(version) === 'footers') return undefined;
  return letTravel(context, version, await footersOf(context, version));
}

function letTravel(
  context: Context,
  { path, content }: DatasetVersion,
  statistics: FooterStatistics,
): Promise<AddedDataset> {
  const rows = statistics.tables.reduce((sum, table) => sum + table.rows, 0);
  const made = { bytes: encodeFooters(statistics), rows, by: statistics.by ?? 'footers' } as const;
  return context.backend.addStatistics({ path, digest: content }, made);
}

async function footersOf(context: Context, version: DatasetVersion): Promise<FooterStatistics> {
  const { path: dataset, files: total } = version;
  const shown = await context.backend.columns(version);
  const merger = new FooterMerger();
  let done = 0;
  await closing(await context.backend.openSourceFiles(version), async (source) => {
    const read = inOrder(parquetFiles(version, source), JOBS, async (file) => ({
      path: file.path,
      footer: await readFooter(
        (offset, length) => source.read(file, offset, length),
        file.size,
        `${dataset}/${file.path}`,
      ),
    }));
    for await (const { path, footer } of read) {
      context.signal?.throwIfAborted();
      merge(dataset, () => merger.add(path, shown === undefined ? footer : projectFooter(footer, shown)));
      done += 1;
      context.onProgress?.({ phase: `read footers of ${dataset}`, unit: 'objects', done, total });
    }
  });
  if (done === 0) throw notEnough(version, 'no file of it is Parquet, and only those have footers');
  return merger.statistics;
}

function merge(dataset: string, add: () => void): void {
  try {
    add();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new VarveError(
      'table-unreadable',
      `The footers of ${dataset} cannot be put together: ${error.message}`,
      {
        path: dataset,
        remedy: 'Add each of its folders as a dataset of its own, or leave `--statistics footers` out.',
      },
    );
  }
}

async function* parquetFiles(version: DatasetVersion, source: SourceFiles): AsyncGenerator<FileAtSource> {
  for await (const file of source.list()) {
    if (!holdsRows(file.path)) continue;
    if (formatOf(file.path) !== 'parquet')
      throw notEnough(version, `${file.path} holds rows too, and has no footer that counts them`);
    yield file;
  }
}

function notEnough({ path, source }: DatasetVersion, why: string): VarveError {
  return new VarveError('statistics-partial', `Footers do not tell the statistics of ${path}: ${why}`, {
    path,
    remedy: `The version is added, without statistics. \`${fullStatistics(path, source)}\` reads every row where it lies.`,
  });
}

/** The command that computes statistics of all rows of data in place. */
function fullStatistics(path: string, source: string | undefined): string {
  return `varve add ${shellWord(source ?? 'URL')} --to ${shellWord(path)} --statistics full`;
}

/** All files of a table are one, whatever folders they lie in: what parts them, the table itself says. */
const ONE_TABLE = 'table';

/** Puts together what a table says of the rows of its files, while these are listed. No file is opened. */
export class TableStatistics implements FileListener {
  readonly #merger = new FooterMerger();
  #files = 0;
  /** Why they do not suffice. */
  #lack: string | undefined;

  take(path: string, described: UnreadFile | undefined): void {
    this.#files += 1;
    if (this.#lack !== undefined) return;
    if (described === undefined) {
      this.#lack = `it does not say how many rows ${JSON.stringify(path.slice(0, 200))} has`;
      return;
    }
    try {
      this.#merger.add(ONE_TABLE, described);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      this.#lack = error.message;
    }
  }

  /**
   * Let what was put together travel with the version that was listed. One that has statistics keeps them.
   * @param path of the dataset, as its pointer names it now
   * @returns the version with them; undefined if it had some
   * @throws VarveError `statistics-partial` if the data is no table, or the table does not count the rows of all files; the version stays added
   */
  async letTravel(context: Context, path: string): Promise<AddedDataset | undefined> {
    const version = (await context.backend.version(path, undefined))!;
    if (version.profile !== undefined || version.footers !== undefined) return undefined;
    return letTravel(context, version, this.#statistics(version));
  }

  #statistics(version: DatasetVersion): FooterStatistics {
    const lack = this.#files === 0 ? 'no table of Delta Lake or Iceberg lies there' : this.#lack;
    if (lack !== undefined) throw tableLacks(version, lack);
    return { ...this.#merger.statistics, by: 'table' };
  }
}

function tableLacks({ path, source }: DatasetVersion, why: string): VarveError {
  return new VarveError('statistics-partial', `The table does not tell the statistics of ${path}: ${why}`, {
    path,
    remedy: `The version is added, without statistics. \`varve add ${shellWord(source ?? 'URL')} --to ${shellWord(path)} --statistics footers\` reads the ends of its files.`,
  });
}
