/**
 * Exports: versions of a dataset as those of a table that engines read. It may not know what stands in the files of a format, nor how
 * a remote keeps objects.
 */

import { posix } from 'node:path';
import { isWithin } from '../../base/files/path-order.ts';
import { VarveError } from '../../errors.ts';
import type { Committed, OpenTable, TableFolder, TableFormat } from '../../tables/format.ts';
import type { ParquetFile, TableVersion } from '../../tables/model.ts';
import { openTable } from '../../tables/open.ts';
import { readFooter } from '../../tables/parquet/footer.ts';
import { boundsForEngines } from '../../tables/profile-bounds.ts';
import { FOLDERS_OF_TABLES, tableOfFile } from '../../tables/table-files.ts';
import { type FileOfVersion, tableOf } from '../../tables/version.ts';
import { counted } from '../../wording/numbers.ts';
import { shellWord } from '../../wording/quote.ts';
import type { TablePlace } from '../backend/table-place.ts';
import { closing } from '../context/closing.ts';
import type { Context } from '../context/context.ts';
import { profileCache } from '../statistics/cache.ts';
import { storedProfile } from '../statistics/stored.ts';
import { filesAtSource, filesOnRemote, type VersionFile, type VersionFiles } from './version-files.ts';
import type { WantedVersion } from './wanted.ts';

/** A version of a table that an export has added. */
export interface ExportedVersion {
  /** By which engines ask for it, from 0. */
  readonly version: number;
  readonly commit: string;
  /** `sha256:…` */
  readonly digest: string;
  readonly files: number;
  readonly rows: number;
  /** Files that the version before did not have. */
  readonly added: number;
  /** Files that only the version before had. */
  readonly removed: number;
}

export interface ExportTableResult {
  /** Where engines find the table. */
  readonly table: string;
  readonly format: TableFormat;
  /** Path of the dataset, or of the folder within it. */
  readonly dataset: string;
  readonly remote: string;
  /** Added now, the earliest first. */
  readonly versions: readonly ExportedVersion[];
  /** The last version that the table has; null if it has none. */
  readonly latest: number | null;
  /** Commits whose version is not in the table. */
  readonly skipped: readonly SkippedVersion[];
  /** Files that were written alone, since they lay among others on the remote, or in chunks. */
  readonly written: { readonly files: number; readonly bytes: number };
}

export interface SkippedVersion {
  readonly commit: string;
  /** `no-table` where its files cannot be one: they disagree on a column, or are damaged. */
  readonly because: 'not-on-remote' | 'no-parquet' | 'no-table';
}

/** Which table of what. */
export interface ExportedTable {
  /** Folder on the remote. */
  readonly path: string;
  readonly format: TableFormat;
  /** Path of the dataset, or of the folder within it. */
  readonly source: string;
  /** Path of that folder in the dataset; undefined for all of it. */
  readonly part: string | undefined;
}

/** Versions that one warning explains. */
const MAX_NAMED = 3;
/** Others who write at the same time are waited out so many times. */
const MAX_ATTEMPTS = 20;
const PARQUET = /\.(parquet|parq|pq)$/i;
/** Engines take files and folders of such names for their own. */
const HIDDEN = /(^|\/)[._]/;
/** What is wrong with one version, whatever holds for others. */
const NO_TABLE: readonly string[] = ['table-unsupported', 'table-unreadable'];
/** Digits of a commit in messages. */
const SHORT = 12;

/** Brings one table up to date. */
export class Exporter {
  readonly #context: Context;
  readonly #place: TablePlace;
  readonly #exported: ExportedTable;
  /** Address of the remote's folder, as files of the table write it. */
  readonly #folderUrl: string;
  /** What is known of files, by their digests: versions share most of them. */
  readonly #known = new Map<string, ParquetFile>();
  readonly #left = new Set<string>();
  readonly #skipped: SkippedVersion[] = [];
  /** Why versions cannot be tables, with their commits. */
  readonly #noTable: VarveError[] = [];
  readonly #versions: ExportedVersion[] = [];
  /** Versions that the remote lacked when a later one was added. */
  #passedOver = 0;
  readonly #written = { files: 0, bytes: 0 };

  constructor(context: Context, place: TablePlace, exported: ExportedTable) {
    this.#context = context;
    this.#place = place;
    this.#exported = exported;
    // As #urlOf has the addresses of data in place.
    this.#folderUrl = exported.format === 'iceberg' ? decodeURIComponent(place.engineUrl) : place.engineUrl;
  }

  /**
   * Add the versions that the table lacks, each whole or not at all.
   * @param mustHave whether a version that cannot be had is an error, rather than skipped
   * @throws VarveError `table-foreign`, `table-path-invalid`, `object-missing`; `table-unsupported`, `table-unreadable` of a version that must be had, or
   * where the table would have none
   */
  async run(wanted: readonly WantedVersion[], mustHave: boolean): Promise<ExportTableResult> {
    const { path, format, source } = this.#exported;
    let table = await this.#open();
    if (table.versions.length === 0) await this.#refuseNested();
    let todo = lacking(table, wanted);
    for (let attempts = 0; todo.length > 0; ) {
      const isDone = await this.#export(todo[0]!, table, mustHave);
      if (isDone) {
        todo = todo.slice(1);
        continue;
      }
      attempts += 1;
      if (attempts === MAX_ATTEMPTS) throw outrun(path);
      table = await this.#open();
      todo = lacking(table, todo);
    }
    const [none] = this.#noTable;
    if (none !== undefined && table.versions.length === 0) throw none;
    if (this.#versions.length > 0) await this.#place.dropReplaced(path);
    this.#warn();
    return {
      table: `${this.#folderUrl}${path}`,
      format,
      dataset: source,
      remote: this.#place.name,
      versions: this.#versions,
      latest: table.versions.length > 0 ? table.versions.length - 1 : null,
      skipped: this.#skipped,
      written: this.#written,
    };
  }

  async #open(): Promise<OpenTable> {
    const { path, source, format } = this.#exported;
    const folder: TableFolder = {
      url: `${this.#folderUrl}${path}`,
      list: (name) => this.#place.list(`${path}/${name}`),
      read: (name) => this.#place.readFile(`${path}/${name}`),
      create: (name, bytes) => this.#place.create(`${path}/${name}`, bytes),
      replace: (name, bytes) => this.#place.replace(`${path}/${name}`, bytes),
    };
    const table = await openTable(format, folder);
    const other = table.versions.find(({ dataset }) => dataset !== source);
    if (other === undefined) return table;
    throw new VarveError(
      'table-foreign',
      `${folder.url} is a table of ${other.dataset}, and not of ${source}`,
      {
        path: folder.url,
        remedy: 'Nothing was written there. Name another folder.',
      },
    );
  }

  /** @returns false if somebody else wrote a version meanwhile, perhaps this very one */
  async #export(wanted: WantedVersion, table: OpenTable, mustHave: boolean): Promise<boolean> {
    if (wanted.columns !== undefined)
      return this.#refuse(wanted, showsOthers(this.#exported.source), mustHave);
    if (wanted.source === undefined)
      return this.#exportOf(wanted, filesOnRemote(this.#context, this.#place, wanted), table, mustHave);
    return closing(await this.#context.backend.openSourceFiles(wanted), (source) =>
      this.#exportOf(wanted, filesAtSource(this.#place, wanted, source), table, mustHave),
    );
  }

  async #exportOf(
    wanted: WantedVersion,
    version: VersionFiles,
    table: OpenTable,
    mustHave: boolean,
  ): Promise<boolean> {
    const files = await this.#filesOf(version);
    const because = reasonToSkip(version, files);
    if (because !== undefined && mustHave) throw this.#cannotExport(wanted, because);
    if (because !== undefined) {
      this.#skipped.push({ commit: wanted.commit, because });
      return true;
    }
    let next: TableVersion;
    try {
      next = await this.#tableVersion(wanted, version, files, table);
    } catch (error) {
      if (!(error instanceof VarveError && NO_TABLE.includes(error.code))) throw error;
      return this.#refuse(wanted, error, mustHave);
    }
    const committed = await table.commit(next);
    if (committed === undefined) return false;
    this.#versions.push(versionOf(committed, next));
    this.#passedOver = this.#lacked();
    for (const column of committed.left) this.#left.add(column);
    return true;
  }

  /** Tell why a version is none of the table, or leave it out. */
  #refuse(wanted: WantedVersion, why: VarveError, mustHave: boolean): true {
    const named = this.#inCommit(wanted, why);
    if (mustHave) throw named;
    this.#skipped.push({ commit: wanted.commit, because: 'no-table' });
    this.#noTable.push(named);
    return true;
  }

  /** Delta writes addresses as URIs; readers of Iceberg take them letter by letter. */
  #urlOf(address: string): string {
    return this.#exported.format === 'delta' ? uriOf(address) : address;
  }

  async #filesOf(version: VersionFiles): Promise<PartFile[]> {
    const { part } = this.#exported;
    const files: PartFile[] = [];
    for await (const file of version.list()) {
      const { path } = file;
      const inner = part === undefined ? path : posix.relative(part, path);
      const isWanted = part === undefined || isWithin(path, part);
      if (isWanted && PARQUET.test(path) && !HIDDEN.test(inner)) files.push({ inner, file });
    }
    return files;
  }

  async #tableVersion(
    wanted: WantedVersion,
    version: VersionFiles,
    files: readonly PartFile[],
    table: OpenTable,
  ): Promise<TableVersion> {
    const keys = new Set<string>();
    const known = new Set(table.urls);
    const fresh: { readonly key: string; readonly size: number }[] = [];
    const described: FileOfVersion[] = [];
    for (const { inner, file } of files) {
      this.#context.signal?.throwIfAborted();
      // Files of the same bytes are one file to engines, unless they lie in two.
      const named = await version.name(file, (taken) => keys.has(taken));
      const url = 'key' in named ? `${this.#folderUrl}${named.key}` : this.#urlOf(named.address);
      if ('key' in named) {
        keys.add(named.key);
        if (!known.has(url)) fresh.push({ key: named.key, size: file.size });
        if (named.isNew) {
          this.#written.files += 1;
          this.#written.bytes += file.size;
        }
      }
      const parquet = await this.#describe(wanted, version, file);
      described.push({ path: inner, url, size: file.size, parquet });
    }
    const made = tableOf(described);
    await this.#place.checkPresent(fresh);
    const earlier = [...known].filter((url) => url.startsWith(this.#folderUrl));
    await this.#place.keep(this.#exported.path, [
      ...earlier.map((url) => url.slice(this.#folderUrl.length)),
      ...keys,
    ]);
    const { name: digest, commit, time } = wanted;
    return { ...made, origin: { dataset: this.#exported.source, digest, commit, time } };
  }

  async #describe(wanted: WantedVersion, version: VersionFiles, file: VersionFile): Promise<ParquetFile> {
    // What lies in place is looked at for each version, which it may not be any more.
    const isKept = wanted.source === undefined;
    const known = isKept ? this.#known.get(file.digest!) : undefined;
    if (known !== undefined) return known;
    const read = (offset: number, length: number) => version.read(file, offset, length);
    const parquet = await readFooter(read, file.size, file.path);
    const profile =
      wanted.kind === 'file' && wanted.profile !== undefined
        ? await storedProfile(this.#context, { name: wanted.path, path: wanted.path, version: wanted })
        : file.digest && (await profileCache(this.#context.repository).cached(file.digest));
    if (this.#exported.format === 'iceberg' && parquet.hasFieldIds) throw numbered(file.path);
    const described = boundsForEngines(parquet, profile || undefined);
    if (isKept) this.#known.set(file.digest!, described);
    return described;
  }

  #cannotExport({ commit }: WantedVersion, because: SkippedVersion['because']): VarveError {
    const { source } = this.#exported;
    const version = `${source} in ${commit.slice(0, SHORT)}`;
    if (because === 'no-parquet')
      return new VarveError(
        'table-unsupported',
        `${version} has no Parquet file, which engines could read in place`,
        {
          path: source,
          remedy: 'Leave this revision out, or add the data as Parquet.',
        },
      );
    return new VarveError('object-missing', `${version} is not on remote ${this.#place.name}`, {
      path: source,
      remedy: `Run \`varve push ${shellWord(source)} --all-commits --remote ${shellWord(this.#place.name)}\`, then the same command again.`,
    });
  }

  #inCommit({ commit }: WantedVersion, error: VarveError): VarveError {
    const { source } = this.#exported;
    return new VarveError(error.code, `${source} in ${commit.slice(0, SHORT)}: ${error.message}`, {
      path: error.path ?? source,
      remedy: `${error.remedy} Or leave this revision out.`,
      cause: error,
    });
  }

  /** Refuse a folder in or around that of another table, whose readers would take the files of both for one. */
  async #refuseNested(): Promise<void> {
    const { path } = this.#exported;
    const steps = path.split('/');
    for (let end = 1; end < steps.length; end++) {
      const above = steps.slice(0, end).join('/');
      for (const folder of FOLDERS_OF_TABLES) {
        const names = await this.#place.list(`${above}/${folder}`);
        if (names.some((name) => tableOfFile(`${folder}/${name}`) === '')) throw nested(path, above);
      }
    }
    for (const name of await this.#place.list(path)) {
      const below = tableOfFile(name);
      if (below !== undefined && below !== '') throw nested(path, `${path}/${below}`);
    }
  }

  #warn(): void {
    const { onWarning } = this.#context;
    const { source, format } = this.#exported;
    if (this.#left.size > 0)
      onWarning?.(
        `${counted(this.#left.size, 'column')} of ${source} cannot be seen in the table, since ${format} has no such type: ${[...this.#left].join(', ')}.`,
      );
    const without = this.#skipped.filter(({ because }) => because === 'no-parquet').length;
    if (without > 0)
      onWarning?.(
        `${counted(without, 'version')} of ${source} left out, without a Parquet file, which engines could read in place.`,
      );
    if (this.#noTable.length > 0)
      onWarning?.(
        `${counted(this.#noTable.length, 'version')} of ${source} left out, since their files are no table: ${this.#noTable
          .slice(0, MAX_NAMED)
          .map(({ message }) => message)
          .join('; ')}${this.#noTable.length > MAX_NAMED ? '; …' : ''}. \`--revs\` names those that are.`,
      );
    const lacked = this.#lacked();
    if (lacked > 0)
      onWarning?.(
        `${counted(lacked, 'version')} of ${source} left out, since remote ${this.#place.name} lacks their data: \`varve push --all-commits\` sends it. ${this.#passedOver > 0 ? 'A table takes versions in their order: those before its last one then come only to a table in another folder.' : 'The same export then adds them.'}`,
      );
  }

  /** Versions that the remote lacks. */
  #lacked(): number {
    return this.#skipped.filter(({ because }) => because === 'not-on-remote').length;
  }
}

/** The versions behind the last one that the table has; all of them if it has none of them. */
function lacking({ versions }: OpenTable, wanted: readonly WantedVersion[]): readonly WantedVersion[] {
  const places = new Map(wanted.map(({ commit }, index) => [commit, index]));
  for (const { commit } of [...versions].reverse()) {
    const place = places.get(commit);
    if (place !== undefined) return wanted.slice(place + 1);
  }
  return wanted;
}

/** A file, and its path in the folder that is exported. */
interface PartFile {
  readonly inner: string;
  readonly file: VersionFile;
}

function uriOf(address: string): string {
  const [, bucket = '', key = ''] = /^(\w+:\/\/[^/]*\/)(.*)$/s.exec(address) ?? [];
  return bucket + key.split('/').map(encodeURIComponent).join('/');
}

function reasonToSkip(
  version: VersionFiles,
  files: readonly PartFile[],
): SkippedVersion['because'] | undefined {
  if (files.length === 0) return 'no-parquet';
  return files.every(({ file }) => version.holds(file)) ? undefined : 'not-on-remote';
}

function versionOf({ version, added, removed }: Committed, { files, origin }: TableVersion): ExportedVersion {
  const rows = files.reduce((sum, file) => sum + file.rows, 0);
  return {
    version,
    commit: origin.commit,
    digest: origin.digest,
    files: files.length,
    rows,
    added,
    removed,
  };
}

function nested(path: string, other: string): VarveError {
  return new VarveError(
    'table-path-invalid',
    `The folder ${path} and that of the table ${other} lie one in the other`,
    {
      path,
      remedy: 'Nothing was written there. Name a folder beside that of the other table.',
    },
  );
}

function numbered(path: string): VarveError {
  return new VarveError(
    'table-unsupported',
    `The columns of ${path} have numbers of their own, which readers of Iceberg would take for those of the table`,
    { path, remedy: 'Export it as Delta, or write the file without field ids.' },
  );
}

/** Tables name the files as they are. */
function showsOthers(dataset: string): VarveError {
  return new VarveError(
    'table-unsupported',
    `${dataset} shows other columns than its files have: renamed ones, or without those that its table has dropped`,
    {
      path: dataset,
      remedy:
        'Have the owner of its table write the files anew, and export the version that `varve update` brings then.',
    },
  );
}

function outrun(path: string): VarveError {
  return new VarveError(
    'store-changed',
    `Others kept writing versions of the table ${path} at the same time`,
    {
      path,
      remedy: 'Run the same command again: it adds what is still missing.',
    },
  );
}
