/**
 * The backend for data in varve's own format. It loads each operation when it is called, and knows neither the command
 * line nor DVC.
 */

import { foldersAbove } from '../../base/files/path-order.ts';
import type { ShownColumns } from '../../engine/shown-columns.ts';
import type { Digest } from '../../store/format/digest.ts';
import type { Store } from '../../store/store.ts';
import { type Access, type FollowedTable, readConfig, setFollowedTable } from '../../workspace/config.ts';
import type { Imported } from '../../workspace/imported.ts';
import type { Meta } from '../../workspace/meta.ts';
import { POINTER_SUFFIX, type Pointer } from '../../workspace/pointer.ts';
import { pathInRepository, type Repository } from '../../workspace/repository.ts';
import type { TopicOrigin } from '../../workspace/topic-origin.ts';
import type { TrustRequest } from '../../workspace/trust/request.ts';
import type {
  Backend,
  BackendAddOptions,
  Comparison,
  DatasetVersions,
  Followed,
} from '../backend/backend.ts';
import { notDvc } from '../backend/errors.ts';
import type { FileReader } from '../backend/file-reader.ts';
import type {
  AddedDataset,
  AddInPlaceOptions,
  AddResult,
  CheckoutOptions,
  CheckoutResult,
  ClonesResult,
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
} from '../backend/results.ts';
import type { SourceFiles } from '../backend/source-files.ts';
import type { TablePlace } from '../backend/table-place.ts';
import type {
  CommittedVersion,
  DatasetFiles,
  DatasetVersion,
  FileListener,
  HistoryEntry,
  VersionPart,
} from '../backend/version.ts';
import type { VersionReader } from '../backend/version-reader.ts';
import type { WorkingContext } from '../context/context.ts';
import type { Statistics } from '../statistics/profiler.ts';
import { datasetAtPath } from './datasets/select.ts';
import {
  datasetVersion,
  everyVersion,
  selectVersions,
  versionHistory,
  versionsAt,
} from './datasets/versions.ts';

/**
 * Data in varve's own format: pointers `*.varve`, manifests, and a store as cache and as remote. Each operation is loaded when it is
 * called, so that a command loads its own alone.
 */
export class VarveBackend implements Backend {
  readonly terms = { dataset: 'a dataset', datasets: 'datasets', pointer: 'pointer' };
  readonly pointerSuffix = POINTER_SUFFIX;
  readonly #context: WorkingContext;

  constructor(context: WorkingContext) {
    this.#context = context;
  }

  get repository(): Repository {
    return this.#context.repository;
  }

  async datasetNamed(path: string): Promise<string | undefined> {
    const { repository, cwd } = this.#context;
    return datasetAtPath(repository.root, pathInRepository(repository, cwd, path));
  }

  async datasetAround(path: string): Promise<string | undefined> {
    const { root } = this.#context.repository;
    return [path, ...foldersAbove(path)].find((at) => datasetAtPath(root, at) === at);
  }

  async version(path: string, commit: string | undefined): Promise<DatasetVersion | undefined> {
    return datasetVersion(this.#context, path, commit);
  }

  async select(paths: readonly string[]): Promise<DatasetVersions> {
    return selectVersions(this.#context, paths);
  }

  async versionsAt(commit: string): Promise<DatasetVersions> {
    return versionsAt(this.#context, commit);
  }

  async history(path: string, revision: string): Promise<HistoryEntry[]> {
    return versionHistory(this.#context, path, revision);
  }

  async copyFiles(
    version: DatasetVersion,
    targetOf: (name: string, index: number) => string | undefined,
  ): Promise<DatasetFiles> {
    const { copyFiles } = await import('./copy-files.ts');
    return copyFiles(this.#context, version, targetOf);
  }

  async *everyVersion(): AsyncGenerator<CommittedVersion> {
    yield* everyVersion(this.#context);
  }

  async *listFiles(version: DatasetVersion, isLocal?: boolean): AsyncGenerator<SnapshotFile> {
    const { listFiles } = await import('./read-files.ts');
    yield* listFiles(this.#context, version, isLocal);
  }

  async *readFile(version: DatasetVersion, file: string | undefined): AsyncGenerator<Uint8Array> {
    const { readFile } = await import('./read-files.ts');
    yield* readFile(this.#context, version, file);
  }

  async openFiles(): Promise<FileReader> {
    const { openFiles } = await import('./file-reader.ts');
    return openFiles(this.#context);
  }

  async columns(version: DatasetVersion): Promise<ShownColumns | undefined> {
    if (version.columns === undefined) return undefined;
    const { shownColumnsOf } = await import('./in-place/columns.ts');
    return shownColumnsOf(this.#context, version);
  }

  async openSourceFiles(version: DatasetVersion): Promise<SourceFiles> {
    const { openSourceFiles } = await import('./in-place/source-files.ts');
    return openSourceFiles(this.#context, version);
  }

  async bring(version: DatasetVersion, part: string | undefined): Promise<void> {
    const { bring } = await import('./bring.ts');
    return bring(this.#context, { version, part });
  }

  async isHere(version: DatasetVersion, part: string | undefined): Promise<boolean> {
    const { isVersionHere } = await import('./bring.ts');
    return isVersionHere(this.#context, { version, part });
  }

  async copyOut(version: DatasetVersion, part: string | undefined, target: string): Promise<CopiedFiles> {
    const { copyOut } = await import('./copy-out.ts');
    return copyOut(this.#context, { version, part }, target);
  }

  async openReader(): Promise<VersionReader> {
    const { openReader } = await import('./version-reader.ts');
    return openReader(this.#context);
  }

  async openProfileStore(): Promise<Store> {
    const { openCache } = await import('./stores/stores.ts');
    return openCache(this.#context);
  }

  async fetchProfiles(profiles: readonly Digest[]): Promise<void> {
    const { fetchProfiles } = await import('./fetch-profiles.ts');
    return fetchProfiles(this.#context, profiles);
  }

  async add(paths: readonly string[], options: BackendAddOptions): Promise<AddResult> {
    const { add } = await import('./add.ts');
    return add(this.#context, paths, options);
  }

  async addInPlace(url: string, options: AddInPlaceOptions, listener?: FileListener): Promise<AddResult> {
    const { addInPlace } = await import('./in-place/add.ts');
    return addInPlace(this.#context, url, options, listener);
  }

  async addStatistics(
    added: Pick<AddedDataset, 'path' | 'digest'>,
    statistics: Statistics,
  ): Promise<AddedDataset> {
    const { addStatistics } = await import('./in-place/statistics.ts');
    return addStatistics(this.#context, added, statistics);
  }

  async updateTable(path: string, listener?: FileListener): Promise<UpdatedTable> {
    const { updateTable } = await import('./in-place/add.ts');
    return updateTable(this.#context, path, listener);
  }

  async status(paths: readonly string[]): Promise<StatusResult> {
    const { status } = await import('./status.ts');
    return status(this.#context, paths);
  }

  async diff(
    commits: { readonly before: string; readonly after: string | undefined },
    paths: readonly string[],
  ): Promise<Comparison> {
    const { diff } = await import('./diff.ts');
    return diff(this.#context, commits, paths);
  }

  async checkout(paths: readonly string[], options: CheckoutOptions): Promise<CheckoutResult> {
    const { checkout } = await import('./checkout.ts');
    return checkout(this.#context, paths, options);
  }

  async restore(versions: readonly VersionPart[], options: RestoreVersionsOptions): Promise<CheckoutResult> {
    const { restore } = await import('./restore.ts');
    return restore(this.#context, versions, options);
  }

  async remove(paths: readonly string[], options: RemoveOptions): Promise<RemoveResult> {
    const { remove } = await import('./remove.ts');
    return remove(this.#context, paths, options);
  }

  async setMeta(path: string, changes: Readonly<Record<string, string | null>>): Promise<Meta> {
    const { setMeta } = await import('./meta.ts');
    return setMeta(this.#context, path, changes);
  }

  async setTopic(path: string, topic: TopicOrigin): Promise<AddedDataset> {
    const { setTopic } = await import('./set-topic.ts');
    return setTopic(this.#context, path, topic);
  }

  async move(paths: readonly string[], target: string): Promise<MoveResult> {
    const { move } = await import('./move.ts');
    return move(this.#context, paths, target);
  }

  async push(paths: readonly string[], choice: TransferChoice): Promise<TransferResult> {
    const { push } = await import('./push.ts');
    return push(this.#context, paths, choice);
  }

  async remoteStatus(paths: readonly string[], remote: string | undefined): Promise<RemoteStatus> {
    const { remoteStatus } = await import('./unpushed.ts');
    return remoteStatus(this.#context, paths, remote);
  }

  async fetch(paths: readonly string[], choice: TransferChoice): Promise<TransferResult> {
    const { fetch } = await import('./fetch.ts');
    return fetch(this.#context, paths, choice);
  }

  async pull(paths: readonly string[], options: TransferChoice & CheckoutOptions): Promise<PullResult> {
    const { pull } = await import('./pull.ts');
    return pull(this.#context, paths, options);
  }

  async verify(remote: string | undefined): Promise<VerifyResult> {
    const { verify } = await import('./verify.ts');
    return verify(this.#context, remote);
  }

  async send(version: DatasetVersion, to: Store): Promise<Pointer> {
    const { send } = await import('./import.ts');
    return send(this.#context, version, to);
  }

  async takeIn(
    other: Backend,
    version: DatasetVersion,
    imported: Imported,
    to: string,
    options: CheckoutOptions,
  ): Promise<ImportedDataset> {
    const { takeIn } = await import('./import.ts');
    return takeIn(this.#context, { other, version, imported, to }, options);
  }

  async followers(paths: readonly string[]): Promise<ReadonlyMap<string, Followed>> {
    const { followers } = await import('./import.ts');
    return followers(this.#context, paths);
  }

  async usage(paths: readonly string[], remote: string | undefined): Promise<UsageResult> {
    const { usage } = await import('./usage.ts');
    return usage(this.#context, paths, remote);
  }

  async gc(options: GcOptions): Promise<GcResult> {
    const { gc } = await import('./gc.ts');
    return gc(this.#context, options);
  }

  async purge(digests: () => Promise<readonly Digest[]>, options: PurgeOptions): Promise<PurgeResult> {
    const { purge } = await import('./purge.ts');
    return purge(this.#context, await digests(), options);
  }

  async clones(remote: string | undefined): Promise<ClonesResult> {
    const { clones } = await import('./clones.ts');
    return clones(this.#context, remote);
  }

  async forgetClones(names: readonly string[], remote: string | undefined): Promise<ForgottenClones> {
    const { forget } = await import('./clones.ts');
    return forget(this.#context, names, remote);
  }

  async listRemotes(): Promise<ListedRemote[]> {
    const { listRemotes } = await import('./remotes.ts');
    return listRemotes(this.#context);
  }

  async addRemote(name: string, url: string, options: RemoteAddOptions): Promise<ListedRemote> {
    const { addRemote } = await import('./remotes.ts');
    return addRemote(this.#context, name, url, options);
  }

  async forgetRemote(name: string): Promise<void> {
    const { forgetRemote } = await import('./remotes.ts');
    forgetRemote(this.#context, name);
  }

  async chooseRemote(name: string, options: { readonly local?: boolean | undefined }): Promise<void> {
    const { chooseRemote } = await import('./remotes.ts');
    chooseRemote(this.#context, name, options);
  }

  async reachSource(url: string, access: Access): Promise<Access & { readonly url: string }> {
    const { reachSource } = await import('./remotes.ts');
    return reachSource(this.#context, url, access);
  }

  async gitInstall(parts: GitParts, program: readonly string[]): Promise<GitInstallResult> {
    const { installInGit } = await import('../git/install.ts');
    return installInGit(this.repository.root, parts, program);
  }

  async settingRequests(): Promise<TrustRequest[]> {
    const { settingRequests } = await import('./stores/requests.ts');
    const { exportRequest } = await import('./export-dvc.ts');
    const exported = exportRequest(this.repository.root);
    return [...settingRequests(this.#context), ...(exported === undefined ? [] : [exported])];
  }

  async importDvc(): Promise<ImportDvcResult> {
    throw notDvc(this.repository.root);
  }

  async exportDvc(): Promise<ExportDvcResult> {
    const { exportDvc } = await import('./export-dvc.ts');
    return exportDvc(this.#context);
  }

  async openTablePlace(remote: string | undefined): Promise<TablePlace> {
    const { openTablePlace } = await import('./tables/place.ts');
    return openTablePlace(this.#context, remote);
  }

  async followedTables(remote: string): Promise<ReadonlyMap<string, FollowedTable>> {
    const { tables } = readConfig(this.repository);
    return new Map([...tables].filter(([, table]) => table.remote === remote));
  }

  async followTable(path: string, table: FollowedTable): Promise<void> {
    setFollowedTable(this.repository, path, table);
  }
}
