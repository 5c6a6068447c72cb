/**
 * The interface to versioned data: what operations ask of a backend, and what it answers. It may not know any of its
 * implementations, nor the command line.
 */

import type { ShownColumns } from '../../engine/shown-columns.ts';
import type { Digest } from '../../store/format/digest.ts';
import type { Store } from '../../store/store.ts';
import type { Access, FollowedTable } from '../../workspace/config.ts';
import type { DatabaseOrigin } from '../../workspace/database-origin.ts';
import type { Imported } from '../../workspace/imported.ts';
import type { Meta } from '../../workspace/meta.ts';
import type { Pointer } from '../../workspace/pointer.ts';
import type { Repository } from '../../workspace/repository.ts';
import type { TableOrigin } from '../../workspace/table-origin.ts';
import type { TopicOrigin } from '../../workspace/topic-origin.ts';
import type { TrustRequest } from '../../workspace/trust/request.ts';
import type { Profiler, Statistics } from '../statistics/profiler.ts';
import type { FileReader } from './file-reader.ts';
import type {
  AddedDataset,
  AddInPlaceOptions,
  AddResult,
  CheckoutOptions,
  CheckoutResult,
  ClonesResult,
  ComparedDataset,
  CopiedFiles,
  ExportDvcResult,
  ForgottenClones,
  GcOptions,
  GcResult,
  GitInstallResult,
  GitParts,
  ImportDvcResult,
  ImportedDataset,
  ListedRemote,
  MoveResult,
  PullResult,
  PurgeOptions,
  PurgeResult,
  RemoteAddOptions,
  RemoteStatus,
  RemoveOptions,
  RemoveResult,
  RestoreVersionsOptions,
  SnapshotFile,
  StatusResult,
  TransferChoice,
  TransferResult,
  UpdatedTable,
  UsageResult,
  VerifyResult,
  WithProblems,
} from './results.ts';
import type { SourceFiles } from './source-files.ts';
import type { TablePlace } from './table-place.ts';
import type {
  CommittedVersion,
  DatasetFiles,
  DatasetVersion,
  FileListener,
  HistoryEntry,
  VersionPart,
} from './version.ts';
import type { VersionReader } from './version-reader.ts';

/** Versions of datasets; those whose pointers cannot be read are the problems. */
export interface DatasetVersions extends WithProblems {
  readonly versions: readonly DatasetVersion[];
}

export interface Comparison extends WithProblems {
  readonly compared: readonly ComparedDataset[];
}

/** What a dataset follows, one of these: a dataset of another repository, rows of a database, a topic, or a table in place. */
export interface Followed {
  readonly imported?: Imported;
  readonly database?: DatabaseOrigin;
  readonly topic?: TopicOrigin;
  /** The version of a table, and what is asked of this machine on the way there; undefined within if that is nothing. */
  readonly inPlace?: { readonly table: TableOrigin; readonly request: TrustRequest | undefined };
  /** Of data in place that is no table: the place, of which no update is made. */
  readonly source?: string;
}

export interface BackendAddOptions {
  /** What lies here is all of the dataset, whichever version it was made from. */
  readonly replace?: boolean | undefined;
  /** Agrees, for this machine, to links by which the folders of datasets lie elsewhere. */
  readonly follow?: boolean | undefined;
  /** Sends the data to a remote while it is read, and keeps none of it in the cache. */
  readonly toRemote?: boolean | undefined;
  /** With `toRemote`, the name of a remote other than the default. */
  readonly remote?: string | undefined;
  /** Says in the pointer which rows of a database it is a copy of: a file, or a folder to which rows are appended. */
  readonly database?: DatabaseOrigin | undefined;
  /** Says in the pointer of a folder which messages of a topic it has. */
  readonly topic?: TopicOrigin | undefined;
  /** Finds the statistics; without it there are none. */
  readonly profiler?: Profiler | undefined;
}

/**
 * Looks after the data of a repository: the format of its pointers, where its bytes are kept, and how they move. One is
 * chosen when a repository is opened, and stands for that repository, for where the user is in it, and for how the work
 * is watched and stopped. A backend knows nothing of statistics but that they are bytes which travel with a version: it
 * asks a `Profiler` for them and keeps them under their digest. It knows no schema, no drift and no report. What it
 * cannot do, it refuses itself, by a VarveError that says what to use in its place. Paths of the user are relative to
 * where the user is; all others are POSIX, from the root.
 */
export interface Backend {
  readonly repository: Repository;
  /** What messages call a dataset here, several of them, and the file that names a version. */
  readonly terms: { readonly dataset: string; readonly datasets: string; readonly pointer: string };
  /** What the name of a file that names a version ends in; before it stands the name of the data. */
  readonly pointerSuffix: string;

  /**
   * The path of the dataset that a path of the user names as a whole, by its data or its pointer; undefined if it names none.
   * @throws VarveError `path-outside`
   */
  datasetNamed(path: string): Promise<string | undefined>;
  /**
   * The dataset that a path is, or lies in, by a pointer of the working tree; undefined if there is none. What a stage of DVC makes is none:
   * it may be made anew.
   * @param path from the root; nothing need lie there
   */
  datasetAround(path: string): Promise<string | undefined>;
  /**
   * The version that a commit has of the dataset at `path` (or with its pointer there); of the working tree where `commit` is undefined.
   * Undefined if there is no such dataset.
   * @throws VarveError `dataset-missing` if it has no recorded version; `pointer-damaged`
   */
  version(path: string, commit: string | undefined): Promise<DatasetVersion | undefined>;
  /**
   * The datasets of the working tree that paths of the user name: each a dataset, its pointer, a folder that holds some, or something
   * within one. No paths: all.
   * @throws VarveError `dataset-missing`, `path-outside`
   */
  select(paths: readonly string[]): Promise<DatasetVersions>;
  /** Every dataset of a commit. */
  versionsAt(commit: string): Promise<DatasetVersions>;
  /** The commits, newest first, that changed the dataset at `path`. @param revision a commit, or `REV..REV` */
  history(path: string, revision: string): Promise<readonly HistoryEntry[]>;
  /**
   * Every version that a branch, a tag or a remote branch reaches, with each commit that brought it, newest first. Pointers that cannot be
   * read are left out, and `onWarning` is told of them.
   */
  everyVersion(): AsyncIterable<CommittedVersion>;
  /**
   * Copy files of a version out of the cache.
   * @param targetOf absolute path for a file, by its path in the dataset (or the dataset's own name); empty where its name, size and digest
   * are all that is wanted of it; undefined leaves it out
   * @throws VarveError `object-missing`
   */
  copyFiles(
    version: DatasetVersion,
    targetOf: (name: string, index: number) => string | undefined,
  ): Promise<DatasetFiles>;
  /**
   * The files of a version, in the order of their paths.
   * @param isLocal whether no remote is asked for a list that the cache lacks
   * @throws VarveError `object-missing`, `manifest-damaged`
   */
  listFiles(version: DatasetVersion, isLocal?: boolean): AsyncIterable<SnapshotFile>;
  /**
   * The bytes of a file of a version. None is yielded before it is verified.
   * @param file its path in the dataset; undefined for a dataset that is a file
   * @throws VarveError `path-missing`, `object-missing`, `digest-mismatch`
   */
  readFile(version: DatasetVersion, file: string | undefined): AsyncIterable<Uint8Array>;
  /** Open the cache, to read many files of any versions. Close the reader. */
  openFiles(): Promise<FileReader>;
  /**
   * The columns that a version shows in place of those of its Parquet files; undefined for those of its files.
   * @throws VarveError `object-missing`, `manifest-damaged`
   */
  columns(version: DatasetVersion): Promise<ShownColumns | undefined>;
  /** Open the data of a version in place where it lies. Close it. @throws VarveError `settings-untrusted`, `object-missing` */
  openSourceFiles(version: DatasetVersion): Promise<SourceFiles>;
  /**
   * Bring what the cache lacks of a version: all of it, or the file or folder within that `part` names.
   * @throws VarveError `object-missing`, and what the remote meets
   */
  bring(version: DatasetVersion, part: string | undefined): Promise<void>;
  /** Tell whether the cache has all of a version, or of the file or folder within that `part` names. Asks no remote. */
  isHere(version: DatasetVersion, part: string | undefined): Promise<boolean>;
  /**
   * Write a version, or the file or folder within it that `part` names, to a place where nothing lies: whole or not at all. Brings what
   * the cache lacks.
   * @param target absolute path
   * @throws VarveError `path-missing`, `object-missing`, `name-collision`
   */
  copyOut(version: DatasetVersion, part: string | undefined, target: string): Promise<CopiedFiles>;
  /** Open what reads versions again and again, as a server does. Close it. @throws VarveError `settings-untrusted`, `dvc-unsupported` */
  openReader(): Promise<VersionReader>;
  /** The store of this clone that has the statistics of versions. Close it. */
  openProfileStore(): Promise<Store>;
  /** Bring profiles from a remote into that store. What no remote has stays missing. @throws VarveError where a remote cannot be asked */
  fetchProfiles(profiles: readonly Digest[]): Promise<void>;

  /** Make a version of each path, with its statistics. All of them or none. */
  add(paths: readonly string[], options: BackendAddOptions): Promise<AddResult>;
  /** Make a version of data that lies in a bucket and stays there. @param listener hears of the files, if it is a version of a table */
  addInPlace(url: string, options: AddInPlaceOptions, listener?: FileListener): Promise<AddResult>;
  /** Compare the data with its pointers. Reads only files that look changed. */
  status(paths: readonly string[]): Promise<StatusResult>;
  /** Datasets that differ between two commits, or between one and the data of the working tree where `after` is undefined. */
  diff(
    commits: { readonly before: string; readonly after: string | undefined },
    paths: readonly string[],
  ): Promise<Comparison>;
  /** Make the data match the pointers. @throws VarveError `changes-unsaved`, `object-missing`, `name-collision` */
  checkout(paths: readonly string[], options: CheckoutOptions): Promise<CheckoutResult>;
  /**
   * Put versions, or parts of them, in place of the data here, and bring what the cache lacks. The pointers follow if `isPointed`
   * says so; if not, the data counts as changed.
   * @throws VarveError `changes-unsaved`, `object-missing`, `name-collision`
   */
  restore(versions: readonly VersionPart[], options: RestoreVersionsOptions): Promise<CheckoutResult>;
  /**
   * Take datasets out of version control. The data stays unless that is asked for.
   * @throws VarveError `dataset-missing`, `changes-unsaved`
   */
  remove(paths: readonly string[], options: RemoveOptions): Promise<RemoveResult>;
  /**
   * Say something of a dataset, as of its licence, in its pointer. The data need not be here.
   * @param changes a value by its key; null says nothing any more
   * @returns all that is said now
   * @throws VarveError `dataset-missing`, `meta-invalid`, `dvc-unsupported`
   */
  setMeta(path: string, changes: Readonly<Record<string, string | null>>): Promise<Meta>;
  /**
   * Say in the pointer of a dataset which messages of a topic it has; its data stays, and need not be here.
   * @throws VarveError `dataset-missing`, `dvc-unsupported`
   */
  setTopic(path: string, topic: TopicOrigin): Promise<AddedDataset>;
  /** Move datasets with all that belongs to them. @throws VarveError `dataset-missing`, `path-taken` */
  move(paths: readonly string[], target: string): Promise<MoveResult>;
  /** Send what a remote lacks. */
  push(paths: readonly string[], choice: TransferChoice): Promise<TransferResult>;
  /** Tell which versions of all commits the remote lacks, from lists alone: no data is read. */
  remoteStatus(paths: readonly string[], remote: string | undefined): Promise<RemoteStatus>;
  /** Bring what the cache lacks, also of `path@REV` and of the versions of `path@REV..REV` if they are named. */
  fetch(paths: readonly string[], choice: TransferChoice): Promise<TransferResult>;
  /** Fetch, then check out. */
  pull(paths: readonly string[], options: TransferChoice & CheckoutOptions): Promise<PullResult>;
  /** Read every byte of the cache, or of a remote, and check it. */
  verify(remote: string | undefined): Promise<VerifyResult>;
  /**
   * Copy what a version needs into another store, from the cache or the default remote, and return the pointer to it.
   * @throws VarveError `object-missing`, `settings-untrusted`, `dvc-unsupported`
   */
  send(version: DatasetVersion, to: Store): Promise<Pointer>;
  /**
   * Take a version of another repository in: as a new dataset, or in the place of the version that was imported before.
   * @param from where `version` is, and what the pointer says of that
   * @param to path of the dataset here, from the root
   * @throws VarveError `path-taken`, `changes-unsaved`
   */
  takeIn(
    other: Backend,
    version: DatasetVersion,
    imported: Imported,
    to: string,
    options: CheckoutOptions,
  ): Promise<ImportedDataset>;
  /**
   * The chosen datasets that follow something, by their paths; all that there are if none is chosen.
   * @throws VarveError `import-missing`
   */
  followers(paths: readonly string[]): Promise<ReadonlyMap<string, Followed>>;
  /**
   * Let statistics travel with a version of data in place.
   * @param added the version that they were made of
   * @throws VarveError `version-outdated` if the pointer names another one by now
   */
  addStatistics(added: Pick<AddedDataset, 'path' | 'digest'>, statistics: Statistics): Promise<AddedDataset>;
  /**
   * Make a dataset that is a version of a table in place the newest version of this, or of the branch that it follows.
   * @throws VarveError `settings-untrusted`, `table-damaged`, `table-feature-unsupported`, and the errors of the server
   */
  updateTable(path: string, listener?: FileListener): Promise<UpdatedTable>;

  /** Measure what the datasets take up in the cache, or on a remote. @throws VarveError `dataset-missing` */
  usage(paths: readonly string[], remote: string | undefined): Promise<UsageResult>;
  /** Drop what no version needs. */
  gc(options: GcOptions): Promise<GcResult>;
  /**
   * Remove the bytes of files from the cache and a remote, for good, with the statistics of the versions that hold them.
   * @param digests finds them, where this is supported at all
   * @throws VarveError `purge-in-use`, before anything is removed
   */
  purge(digests: () => Promise<readonly Digest[]>, options: PurgeOptions): Promise<PurgeResult>;
  /** List the clones that a remote knows. */
  clones(remote: string | undefined): Promise<ClonesResult>;
  /**
   * Remove what clones recorded on a remote that they need there.
   * @param names ids, beginnings of them, or what people know them by
   * @throws VarveError `clone-unknown`, `clone-ambiguous`, before anything is removed
   */
  forgetClones(names: readonly string[], remote: string | undefined): Promise<ForgottenClones>;

  listRemotes(): Promise<readonly ListedRemote[]>;
  addRemote(name: string, url: string, options: RemoteAddOptions): Promise<ListedRemote>;
  forgetRemote(name: string): Promise<void>;
  chooseRemote(name: string, options: { readonly local?: boolean | undefined }): Promise<void>;
  /** Say how this clone reaches the sources at `url` and below, and return all that is now said of it. */
  reachSource(url: string, access: Access): Promise<Access & { readonly url: string }>;
  /** Register what varve can do from within Git. @param program the words that start varve, absolute */
  gitInstall(parts: GitParts, program: readonly string[]): Promise<GitInstallResult>;

  /** What settings and pointers of the working tree ask of this machine: each counts once it agreed to that. Contacts nobody. */
  settingRequests(): Promise<readonly TrustRequest[]>;

  /** Take the history into varve's format, on new branches. @throws VarveError `dvc-missing` */
  importDvc(): Promise<ImportDvcResult>;
  /** Turn the history into DVC's format, on new branches. @throws VarveError `dvc-exists` */
  exportDvc(): Promise<ExportDvcResult>;

  /**
   * Open a remote, the default one unless named, as engines see it. Close it.
   * @throws VarveError `remote-unset`, `remote-unknown`, `settings-untrusted`, `table-place-unsupported`, `dvc-unsupported`
   */
  openTablePlace(remote: string | undefined): Promise<TablePlace>;
  /** The tables that a push to a remote keeps up, by their folders there. */
  followedTables(remote: string): Promise<ReadonlyMap<string, FollowedTable>>;
  /** Write into the settings that pushes keep a table up. */
  followTable(path: string, table: FollowedTable): Promise<void>;
}
