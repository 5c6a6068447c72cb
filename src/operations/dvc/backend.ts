/**
 * The backend for data that DVC looks after. It loads each operation when it is called, and knows neither the command
 * line nor varve's own pointers.
 */

import { unsupported } from '../../dvc/format/config.ts';
import { DVC_SUFFIX } from '../../dvc/tree/pointers.ts';
import type { DvcRepository } from '../../dvc/tree/repository.ts';
import { VarveError } from '../../errors.ts';
import type { Digest } from '../../store/format/digest.ts';
import type { Store } from '../../store/store.ts';
import type { FollowedTable } from '../../workspace/config.ts';
import { importedCacheRequest } from '../../workspace/trust/cache.ts';
import type { TrustRequest } from '../../workspace/trust/request.ts';
import type { Backend, BackendAddOptions, Comparison, DatasetVersions } from '../backend/backend.ts';
import type { FileReader } from '../backend/file-reader.ts';
import type {
  AddResult,
  CheckoutOptions,
  CheckoutResult,
  CopiedFiles,
  ExportDvcResult,
  GcResult,
  GitInstallResult,
  ImportDvcResult,
  ListedRemote,
  MoveResult,
  PullResult,
  RemoteStatus,
  RemoveOptions,
  RemoveResult,
  RestoreVersionsOptions,
  SnapshotFile,
  StatusResult,
  TransferChoice,
  TransferResult,
  UsageResult,
  VerifyResult,
} from '../backend/results.ts';
import type {
  CommittedVersion,
  DatasetFiles,
  DatasetVersion,
  HistoryEntry,
  VersionPart,
} from '../backend/version.ts';
import type { DvcPlace } from './context.ts';
import { listRemotes } from './remotes.ts';
import { status } from './status.ts';
import {
  everyOutputVersion,
  namedOutput,
  outputAround,
  outputVersion,
  outputVersionHistory,
  outputVersionsAt,
  selectOutputVersions,
} from './versions.ts';

export { openDvcRepository } from '../../dvc/tree/repository.ts';

const OWN_REMOTES = 'Use `dvc remote add`, `modify`, `remove` and `default`: varve reads what they write.';

/**
 * Data as DVC keeps it: outputs in `.dvc` files and `dvc.lock`, objects by their MD5 in DVC's cache and on DVC's remotes. Writes what
 * DVC would write, byte for byte, but for the profiles. What DVC has a command of its own for is left to that. Each operation is loaded
 * when it is called.
 */
export class DvcBackend implements Backend {
  readonly terms = { dataset: 'an output of DVC', datasets: 'outputs', pointer: '.dvc file' };
  readonly pointerSuffix = DVC_SUFFIX;
  readonly #context: DvcPlace;

  constructor(context: DvcPlace) {
    this.#context = context;
  }

  get repository(): DvcRepository {
    return this.#context.repository;
  }

  async datasetNamed(path: string): Promise<string | undefined> {
    return namedOutput(this.#context, path);
  }

  async datasetAround(path: string): Promise<string | undefined> {
    return outputAround(this.#context, path);
  }

  async version(path: string, commit: string | undefined): Promise<DatasetVersion | undefined> {
    return outputVersion(this.#context, path, commit);
  }

  async select(paths: readonly string[]): Promise<DatasetVersions> {
    return { versions: selectOutputVersions(this.#context, paths) };
  }

  async versionsAt(commit: string): Promise<DatasetVersions> {
    return { versions: outputVersionsAt(this.#context, commit) };
  }

  async history(path: string, revision: string): Promise<HistoryEntry[]> {
    return outputVersionHistory(this.#context, path, revision);
  }

  async copyFiles(
    version: DatasetVersion,
    targetOf: (name: string, index: number) => string | undefined,
  ): Promise<DatasetFiles> {
    const { copyFiles } = await import('./copy-files.ts');
    return copyFiles(this.#context, version, targetOf);
  }

  async *everyVersion(): AsyncGenerator<CommittedVersion> {
    yield* everyOutputVersion(this.#context);
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

  async bring(version: DatasetVersion, part: string | undefined): Promise<void> {
    const { bring } = await import('./bring.ts');
    return bring(this.#context, { version, part });
  }

  async isHere(version: DatasetVersion, part: string | undefined): Promise<boolean> {
    const { isOutputHere } = await import('./bring.ts');
    return isOutputHere(this.#context, { version, part });
  }

  async copyOut(version: DatasetVersion, part: string | undefined, target: string): Promise<CopiedFiles> {
    const { copyOut } = await import('./copy-out.ts');
    return copyOut(this.#context, { version, part }, target);
  }

  async openReader(): Promise<never> {
    throw unsupported(
      'serve',
      'Run `varve import-dvc`, which takes the history into varve on branches of their own, and serve that.',
    );
  }

  async openProfileStore(): Promise<Store> {
    const { openProfileStore } = await import('./profiles.ts');
    return openProfileStore(this.#context);
  }

  async fetchProfiles(profiles: readonly Digest[]): Promise<void> {
    const { fetchProfiles } = await import('./fetch-profiles.ts');
    return fetchProfiles(this.#context, profiles);
  }

  async add(paths: readonly string[], options: BackendAddOptions): Promise<AddResult> {
    if (options.replace)
      throw unsupported(
        'a choice of what is replaced',
        'Leave out `--replace`: what lies here is all of the data, as with `dvc add`.',
      );
    if (options.follow)
      throw unsupported('links in place of data', 'Set `cache.dir` to the other disk, as DVC does.');
    if (options.toRemote)
      throw unsupported(
        'data that is sent to a remote while it is added',
        'Use `dvc add --to-remote`, which does that; its data has statistics once it was pulled and added again.',
      );
    const { add } = await import('./add.ts');
    return add(this.#context, paths, options);
  }

  async addInPlace(): Promise<AddResult> {
    throw unsupported(
      'snapshots of data that stays where it is',
      'Use `dvc import-url`, or run `varve import-dvc`, which makes a repository of varve of it.',
    );
  }

  status(paths: readonly string[]): Promise<StatusResult> {
    return status(this.#context, paths);
  }

  async diff(
    commits: { readonly before: string; readonly after: string | undefined },
    paths: readonly string[],
  ): Promise<Comparison> {
    const { diff } = await import('./diff.ts');
    return { compared: await diff(this.#context, commits, paths) };
  }

  async checkout(paths: readonly string[], options: CheckoutOptions): Promise<CheckoutResult> {
    refuseSides(options);
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

  async move(paths: readonly string[], target: string): Promise<MoveResult> {
    const { move } = await import('./move.ts');
    return move(this.#context, paths, target);
  }

  async push(paths: readonly string[], choice: TransferChoice): Promise<TransferResult> {
    const { push } = await import('./transfer.ts');
    return push(this.#context, paths, choice);
  }

  async remoteStatus(paths: readonly string[], remote: string | undefined): Promise<RemoteStatus> {
    const { remoteStatus } = await import('./transfer.ts');
    return remoteStatus(this.#context, paths, remote);
  }

  async fetch(paths: readonly string[], choice: TransferChoice): Promise<TransferResult> {
    const { fetch } = await import('./transfer.ts');
    return fetch(this.#context, paths, choice);
  }

  async pull(paths: readonly string[], options: TransferChoice & CheckoutOptions): Promise<PullResult> {
    refuseSides(options);
    const { pull } = await import('./transfer.ts');
    return pull(this.#context, paths, options);
  }

  async verify(remote: string | undefined): Promise<VerifyResult> {
    const { verify } = await import('./verify.ts');
    return verify(this.#context, remote);
  }

  async setMeta(): Promise<never> {
    throw unsupported(
      'writing what people say of data',
      'Write it by hand under `meta` of the output in its `.dvc` file: `varve describe` reads it there.',
    );
  }

  async send(): Promise<never> {
    throw unsupported('imports into repositories of varve', 'Use `varve get`, then `varve add`.');
  }

  async takeIn(): Promise<never> {
    throw unsupported('import', 'Use `dvc import`.');
  }

  async followers(): Promise<never> {
    throw unsupported('update', 'Use `dvc update`.');
  }

  async columns(): Promise<undefined> {
    return undefined;
  }

  async setTopic(): Promise<never> {
    throw unsupported(
      'a dataset that follows a topic',
      'Add the folder of its files after each `varve add kafka://…`.',
    );
  }

  async openSourceFiles(): Promise<never> {
    throw unsupported('data in place', 'Use `dvc import-url`.');
  }

  async addStatistics(): Promise<never> {
    throw unsupported('data in place', 'Use `dvc import-url`.');
  }

  async updateTable(): Promise<never> {
    throw unsupported('update', 'Use `dvc update`.');
  }

  async usage(): Promise<UsageResult> {
    throw unsupported('du', 'Use `dvc du`, or measure the folder of the cache.');
  }

  async gc(): Promise<GcResult> {
    throw unsupported(
      'gc',
      'Use `dvc gc --all-commits`, which keeps what any commit names, and leaves the profiles alone.',
    );
  }

  async purge(): Promise<never> {
    throw unsupported(
      'purge',
      'DVC has no command for it: remove the file of its MD5 from the cache and from each remote.',
    );
  }

  async clones(): Promise<never> {
    throw unsupported(
      'clones that a remote knows',
      'Remotes of DVC know none: `dvc gc` keeps what the commits here name.',
    );
  }

  async forgetClones(): Promise<never> {
    throw unsupported(
      'clones that a remote knows',
      'Remotes of DVC know none: `dvc gc` keeps what the commits here name.',
    );
  }

  async listRemotes(): Promise<ListedRemote[]> {
    return listRemotes(this.#context);
  }

  async addRemote(): Promise<ListedRemote> {
    throw unsupported('remotes of its own', OWN_REMOTES);
  }

  async forgetRemote(): Promise<void> {
    throw unsupported('remotes of its own', OWN_REMOTES);
  }

  async chooseRemote(): Promise<void> {
    throw unsupported('remotes of its own', OWN_REMOTES);
  }

  async reachSource(): Promise<never> {
    throw unsupported('data that stays where it is', 'Use `dvc import-url`.');
  }

  async gitInstall(): Promise<GitInstallResult> {
    throw unsupported('hooks and drivers for Git', 'Use `dvc install` for hooks.');
  }

  async settingRequests(): Promise<TrustRequest[]> {
    const { dvcRequests } = await import('../../dvc/trust/requests.ts');
    const imported = importedCacheRequest(this.repository.root);
    return [...dvcRequests(this.repository.root), ...(imported === undefined ? [] : [imported])];
  }

  async importDvc(): Promise<ImportDvcResult> {
    const { importDvc } = await import('./import-dvc.ts');
    return importDvc(this.#context);
  }

  async openTablePlace(): Promise<never> {
    throw unsupported(
      'tables and URLs for engines',
      'Use `dvc get --show-url`, or take the repository into varve by `varve import-dvc`.',
    );
  }

  async followedTables(): Promise<ReadonlyMap<string, FollowedTable>> {
    return new Map();
  }

  async followTable(): Promise<never> {
    return this.openTablePlace();
  }

  async exportDvc(): Promise<ExportDvcResult> {
    const { root } = this.repository;
    throw new VarveError('dvc-exists', `${root} is a repository of DVC already`, {
      path: root,
      remedy: 'Run `varve export-dvc` in a repository in which varve was started.',
    });
  }
}

function refuseSides({ prefer }: CheckoutOptions): void {
  if (prefer === undefined) return;
  throw unsupported(
    '`--ours` and `--theirs`',
    'Save what lies here with `varve add`, or give it up with `--force`.',
  );
}
