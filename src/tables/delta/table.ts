import { VarveError } from '../../errors.ts';
import type { Committed, OpenTable, TableFolder } from '../format.ts';
import type { TableVersion } from '../model.ts';
import {
  commitFile,
  type DeltaTable,
  follow,
  LOG_FOLDER,
  NO_TABLE,
  nextCommit,
  versionOfFile,
} from './log.ts';

/** Open a Delta table, which may not be there yet. @throws VarveError `table-foreign` if others have written to it */
export async function openDelta(folder: TableFolder): Promise<OpenTable> {
  const names = await folder.list(LOG_FOLDER);
  const versions = names.flatMap((name) => versionOfFile(name) ?? []).sort((a, b) => a - b);
  let table = NO_TABLE;
  for (const version of versions) {
    const name = `${LOG_FOLDER}/${commitFile(version)}`;
    if (version !== table.versions.length)
      throw foreign(folder.url, `${commitFile(table.versions.length)} is not there`);
    try {
      table = follow(table, Buffer.from(await folder.read(name)).toString('utf8'));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw foreign(folder.url, `${name}: ${error.message}`);
    }
  }
  return new DeltaOnRemote(folder, table);
}

class DeltaOnRemote implements OpenTable {
  readonly #folder: TableFolder;
  #table: DeltaTable;

  constructor(folder: TableFolder, table: DeltaTable) {
    this.#folder = folder;
    this.#table = table;
  }

  get versions(): OpenTable['versions'] {
    return this.#table.versions;
  }

  get urls(): ReadonlySet<string> {
    return this.#table.urls;
  }

  async commit(next: TableVersion): Promise<Committed | undefined> {
    const version = this.#table.versions.length;
    const { text, ...figures } = nextCommit(this.#table, next);
    const name = `${LOG_FOLDER}/${commitFile(version)}`;
    if ((await this.#folder.create(name, Buffer.from(text))) === 'exists') return undefined;
    this.#table = follow(this.#table, text);
    return { version, ...figures };
  }
}

function foreign(where: string, what: string): VarveError {
  return new VarveError('table-foreign', `The table ${where} is not as an export left it: ${what}`, {
    path: where,
    remedy: 'Nothing was written there. Name another folder, in which no table is.',
  });
}
