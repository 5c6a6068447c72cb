import type { Digest } from '../../store/format/digest.ts';
import type { Store } from '../../store/store.ts';
import type { Access } from '../../workspace/config.ts';
import type { Repository } from '../../workspace/repository.ts';
import type { TrustRequest } from '../../workspace/trust/request.ts';
import type {
  AddInPlaceOptions,
  AddResult,
  BackendAddOptions,
  CheckoutOptions,
  CheckoutResult,
  ComparedDataset,
  ExportDvcResult,
  GcOptions,
  GcResult,
  GitInstallResult,
  GitParts,
  ImportDvcResult,
  ListedRemote,
  PullResult,
  RemoteAddOptions,
  RemoteStatus,
  SnapshotFile,
  StatusResult,
  TransferChoice,
  TransferResult,
  VerifyResult,
} from './results.ts';
import type { DatasetFiles, DatasetVersion, HistoryEntry } from './version.ts';

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

  /**
   * The path of the dataset that a path of the user names as a whole, by its data or its pointer; undefined if it names none.
   * @throws VarveError `path-outside`
   */
  datasetNamed(path: string): Promise<string | undefined>;
  /**
   * The version that a commit has of the dataset at `path` (or with its pointer there); of the working tree where `commit` is undefined.
   * Undefined if there is no such dataset.
   * @throws VarveError `dataset-missing` if it has no recorded version; `pointer-damaged`
   */
  version(path: string, commit: string | undefined): Promise<DatasetVersion | undefined>;
  /**
   * The datasets of the working tree that paths of the user name: each a dataset, its pointer, a folder that holds some, or something
   * within one. No paths: all.
   * @throws VarveError `dataset-missing`, `path-outside`, `pointer-damaged`
   */
  select(paths: readonly string[]): Promise<readonly DatasetVersion[]>;
  /** Every dataset of a commit. */
  versionsAt(commit: string): Promise<readonly DatasetVersion[]>;
  /** The commits, newest first, that changed the dataset at `path`. @param revision a commit, or `REV..REV` */
  history(path: string, revision: string): Promise<readonly HistoryEntry[]>;
  /**
   * Copies files of a version out of the cache.
   * @param targetOf absolute path for a file, by its path in the dataset (or the dataset's own name); undefined leaves it out
   * @throws VarveError `object-missing`
   */
  copyFiles(
    version: DatasetVersion,
    targetOf: (name: string, index: number) => string | undefined,
  ): Promise<DatasetFiles>;
  /** The files of a version, in the order of their paths. @throws VarveError `object-missing`, `manifest-damaged` */
  listFiles(version: DatasetVersion): AsyncIterable<SnapshotFile>;
  /**
   * The bytes of a file of a version. None is yielded before it is verified.
   * @param file its path in the dataset; undefined for a dataset that is a file
   * @throws VarveError `path-missing`, `object-missing`, `digest-mismatch`
   */
  readFile(version: DatasetVersion, file: string | undefined): AsyncIterable<Uint8Array>;
  /** The store of this clone that has the statistics of versions. Close it. */
  openProfileStore(): Promise<Store>;
  /** Brings profiles from a remote into that store. What no remote has stays missing. @throws VarveError where a remote cannot be asked */
  fetchProfiles(profiles: readonly Digest[]): Promise<void>;

  /** Makes a version of each path, with its statistics. All of them or none. */
  add(paths: readonly string[], options: BackendAddOptions): Promise<AddResult>;
  /** Makes a version of data that lies in a bucket and stays there. */
  addInPlace(url: string, options: AddInPlaceOptions): Promise<AddResult>;
  /** Compares the data with its pointers. Reads only files that look changed. */
  status(paths: readonly string[]): Promise<StatusResult>;
  /** Datasets that differ between two commits, or between one and the data of the working tree where `after` is undefined. */
  diff(
    commits: { readonly before: string; readonly after: string | undefined },
    paths: readonly string[],
  ): Promise<readonly ComparedDataset[]>;
  /** Makes the data match the pointers. @throws VarveError `changes-unsaved`, `object-missing`, `name-collision` */
  checkout(paths: readonly string[], options: CheckoutOptions): Promise<CheckoutResult>;
  /** Sends what a remote lacks. */
  push(paths: readonly string[], choice: TransferChoice): Promise<TransferResult>;
  /** Tells which versions of all commits the remote lacks, from lists alone: no data is read. */
  remoteStatus(paths: readonly string[], remote: string | undefined): Promise<RemoteStatus>;
  /** Brings what the cache lacks. */
  fetch(paths: readonly string[], choice: TransferChoice): Promise<TransferResult>;
  /** Fetches, then checks out. */
  pull(paths: readonly string[], options: TransferChoice & CheckoutOptions): Promise<PullResult>;
  /** Reads every byte of the cache, or of a remote, and checks it. */
  verify(remote: string | undefined): Promise<VerifyResult>;
  /** Drops what no version needs. */
  gc(options: GcOptions): Promise<GcResult>;

  listRemotes(): Promise<readonly ListedRemote[]>;
  addRemote(name: string, url: string, options: RemoteAddOptions): Promise<ListedRemote>;
  forgetRemote(name: string): Promise<void>;
  chooseRemote(name: string, options: { readonly local?: boolean | undefined }): Promise<void>;
  /** Says how this clone reaches the sources at `url` and below, and returns all that is now said of it. */
  reachSource(url: string, access: Access): Promise<Access & { readonly url: string }>;
  /** Registers what varve can do from within Git. @param program the words that start varve, absolute */
  gitInstall(parts: GitParts, program: readonly string[]): Promise<GitInstallResult>;

  /** What settings and pointers of the working tree ask of this machine: each counts once it agreed to that. Contacts nobody. */
  settingRequests(): Promise<readonly TrustRequest[]>;

  /** Takes the history into varve's format, on new branches. @throws VarveError `dvc-missing` */
  importDvc(): Promise<ImportDvcResult>;
  /** Turns the history into DVC's format, on new branches. @throws VarveError `dvc-exists` */
  exportDvc(): Promise<ExportDvcResult>;
}
