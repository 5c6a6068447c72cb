import { VarveError } from '../../errors.ts';
import { encodeFooters } from '../../profile/footers/format.ts';
import type { FooterStatistics } from '../../profile/footers/model.ts';
import { FooterMerger } from '../../tables/merge-footers.ts';
import type { UnreadFile } from '../../tables/model.ts';
import { shellWord } from '../../wording/quote.ts';
import type { AddedDataset } from '../backend/results.ts';
import type { DatasetVersion, FileListener } from '../backend/version.ts';
import type { Context } from '../context/context.ts';

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
    const statistics = this.#statistics(version);
    const rows = statistics.tables.reduce((sum, table) => sum + table.rows, 0);
    const made = { bytes: encodeFooters(statistics), rows, by: 'table' } as const;
    return context.backend.addStatistics({ path, digest: version.content }, made);
  }

  #statistics(version: DatasetVersion): FooterStatistics {
    const lack = this.#files === 0 ? 'no table of Delta Lake or Iceberg lies there' : this.#lack;
    if (lack !== undefined) throw notEnough(version, lack);
    return { ...this.#merger.statistics, by: 'table' };
  }
}

function notEnough({ path, source }: DatasetVersion, why: string): VarveError {
  return new VarveError('statistics-partial', `The table does not tell the statistics of ${path}: ${why}`, {
    path,
    remedy: `The version is added, without statistics. \`varve add ${shellWord(source ?? 'URL')} --to ${shellWord(path)} --statistics footers\` reads the ends of its files.`,
  });
}
