import { Readable } from 'node:stream';
import type { DriftSeries } from '../drift/model.ts';
import {
  add,
  addChanged,
  addInPlace,
  IN_PLACE_STATISTICS,
  type InPlaceProfiling,
  profilerOnDemand,
  warnOfUnread,
} from '../operations/add.ts';
import { addFromStream } from '../operations/add-from-stream.ts';
import type { BackendAddOptions } from '../operations/backend/backend.ts';
import type {
  AddInPlaceOptions,
  AddResult,
  CheckoutOptions,
  CheckoutResult,
  DiffResult,
  ExportDvcResult,
  GcOptions,
  GcResult,
  ImportDvcResult,
  ImportedDataset,
  MoveResult,
  PullResult,
  PurgeOptions,
  PurgeResult,
  RemoteStatus,
  RemoveOptions,
  RemoveResult,
  SnapshotFile,
  StatusResult,
  TransferChoice,
  TransferResult,
  UsageResult,
  VerifyResult,
} from '../operations/backend/results.ts';
import type { CheckOptions, CheckResult } from '../operations/check.ts';
import { checkout } from '../operations/checkout.ts';
import type { Context, Watch } from '../operations/context/context.ts';
import { openContext } from '../operations/context/open.ts';
import { type DescribeAsOptions, describe, describeAs } from '../operations/describe.ts';
import { diffRevisions } from '../operations/diff.ts';
import { exportDvc } from '../operations/export-dvc.ts';
import { type ExportTableOptions, exportTable } from '../operations/export-table.ts';
import { fetch } from '../operations/fetch.ts';
import { gc } from '../operations/gc.ts';
import {
  type ImportOptions,
  importDataset,
  type UpdateOptions,
  type UpdateResult,
  update,
} from '../operations/import.ts';
import { importDvc } from '../operations/import-dvc.ts';
import { type LocateOptions, type LocateResult, locate } from '../operations/locate.ts';
import { checkoutLocked, type LockedCheckout, lock } from '../operations/lock.ts';
import { type LogResult, log } from '../operations/log.ts';
import { type MetaResult, meta } from '../operations/meta.ts';
import { move } from '../operations/move.ts';
import { listFiles, openFile, readFooters, readProfile } from '../operations/open-version.ts';
import { pull } from '../operations/pull.ts';
import { purge } from '../operations/purge.ts';
import { type PushResult, push } from '../operations/push.ts';
import { remoteStatus } from '../operations/remote-status.ts';
import { remove } from '../operations/remove.ts';
import { restore } from '../operations/restore.ts';
import { status } from '../operations/status.ts';
import type { ExportTableResult } from '../operations/tables/exporter.ts';
import { usage } from '../operations/usage.ts';
import { verify } from '../operations/verify.ts';
import { type WhichOptions, type WhichResult, which } from '../operations/which.ts';
import type { FooterStatistics } from '../profile/footers/model.ts';
import type { Profile } from '../profile/model/model.ts';
import type { Description } from '../report/standards/description.ts';
import { DESCRIPTION_FORMATS, type DescriptionFormat } from '../report/standards/formats.ts';
import { TABLE_FORMATS } from '../tables/format.ts';
import type { Lock } from '../workspace/lock.ts';
import {
  BYTES,
  COUNT,
  checkArgument,
  EXPIRY,
  FLAG,
  type Kinds,
  MILLISECONDS,
  oneOf,
  TEXT,
  TEXT_OR_NULL_BY_NAME,
  TEXT_OR_TEXTS,
  TEXTS,
} from './arguments.ts';
import { DataFolder } from './folder.ts';
import { GitMethods } from './git.ts';
import type {
  AddDatabaseOptions,
  AddKafkaOptions,
  AddOptions,
  AddStreamOptions,
  DiffOptions,
  DriftHistoryOptions,
  LogOptions,
  MetaOptions,
  OpenOptions,
  PathOptions,
  RestoreDataOptions,
  VerifyOptions,
} from './options.ts';
import { RemoteMethods } from './remotes.ts';
import { NO_OPTIONS, Session } from './session.ts';
import { TrustMethods } from './trust.ts';

const PATHS: Kinds<PathOptions> = { paths: TEXTS };
const ADD: Kinds<Omit<AddOptions, keyof Watch>> = {
  profiles: FLAG,
  replace: FLAG,
  toRemote: FLAG,
  remote: TEXT,
  memory: TEXT,
  threads: COUNT,
};
const SIDE = oneOf('ours', 'theirs');
const TRANSFER: Kinds<PathOptions & TransferChoice> = {
  ...PATHS,
  remote: TEXT,
  allCommits: FLAG,
  profilesOnly: FLAG,
  jobs: COUNT,
};

/**
 * A repository of varve, or of DVC, and all that the command line can do there. `openRepository` makes one. Relative paths start at
 * the folder that was opened. Nothing is kept open between calls: what another process changes, the next call sees.
 */
export class VarveRepository extends DataFolder {
  /** The top of the working tree: absolute, without symbolic links. Paths in results start here. */
  readonly root: string;
  /** Where snapshots are pushed to and fetched from. */
  readonly remotes: RemoteMethods;
  /** What this machine agrees to. */
  readonly trust: TrustMethods;
  /** What Git does with the help of varve. */
  readonly git: GitMethods;
  readonly #session: Session;

  /** @internal */
  static around(path: string, root: string, watch: Watch): VarveRepository {
    return new VarveRepository(path, root, watch);
  }

  protected constructor(path: string, root: string, watch: Watch) {
    super(path, watch);
    this.root = root;
    this.#session = new Session(path, watch);
    this.remotes = new RemoteMethods(this.#session);
    this.trust = new TrustMethods(this.#session);
    this.git = new GitMethods(this.#session);
  }

  /**
   * Make a snapshot of each path, with its statistics, and point to it. All of them or none. Of a file or folder within a dataset, the
   * dataset gets a version with that changed. Files of the version before that never were here stay in the new one. Data that looks like
   * a table and cannot be read as one is added without statistics, and `onWarning` is told why.
   * @throws VarveError `path-missing`, `version-outdated`, `pointer-conflict`, `dataset-nested`, `path-tracked`, `symlink-refused`, `source-changed`
   * @example
   * ```ts
   * import { openRepository } from 'varve';
   *
   * const repo = await openRepository();
   * const { datasets } = await repo.add(['data/flights.csv', 'data/photos'], { onWarning: console.warn });
   * for (const { path, change, rows } of datasets) console.log(path, change, rows);
   * ```
   */
  async add(paths: string | readonly string[], options: AddOptions = {}): Promise<AddResult> {
    checkArgument('add', 'the paths', paths, TEXT_OR_TEXTS);
    const { options: own, watch } = this.#session.begin('add', options, ADD);
    const context = await this.#context(watch);
    return add(context, [paths].flat(), addOptions(context, own));
  }

  /**
   * Add every dataset whose data has changes that no version has, as add does. Data that is not here is none of them.
   * @throws VarveError as add
   */
  async addChanged(options: AddOptions & PathOptions = {}): Promise<AddResult> {
    const call = this.#session.begin('addChanged', options, { ...ADD, ...PATHS });
    const { paths = [], ...own } = call.options;
    const context = await this.#context(call.watch);
    return addChanged(context, paths, addOptions(context, own));
  }

  /**
   * Put a stream of bytes where a file of the data is to lie, and add it, as add does. Where the stream fails, nothing is changed.
   * @param bytes all that the file is to hold, such as what another program prints; memory is that of a piece of it
   * @throws VarveError `input-empty`, `changes-unsaved`, `path-taken`, and those of add
   */
  async addStream(bytes: AsyncIterable<Uint8Array>, options: AddStreamOptions): Promise<AddResult> {
    checkArgument('addStream', 'the bytes', bytes, BYTES);
    const call = this.#session.begin('addStream', options, { ...ADD, to: TEXT });
    checkArgument('addStream', 'the option to', call.options.to, TEXT);
    const { to, ...own } = call.options;
    const context = await this.#context(call.watch);
    return addFromStream(context, bytes, to, addOptions(context, own));
  }

  /**
   * Take a table of a database, or what a query gives, into a file, and add it. All is read in one transaction, which sees one state and can
   * change nothing; memory does not grow with the rows.
   * @param url `mysql://user@host/database` or `postgresql://…`, without a password
   * @throws VarveError `database-url-invalid`, `database-refused`, `database-unreachable`, `database-error`, and those of addStream
   */
  async addDatabase(url: string, options: AddDatabaseOptions): Promise<AddResult> {
    checkArgument('addDatabase', 'the URL', url, TEXT);
    const kinds = { ...ADD, to: TEXT, table: TEXT, query: TEXT, incremental: TEXT, password: TEXT };
    const call = this.#session.begin('addDatabase', options, kinds);
    checkArgument('addDatabase', 'the option to', call.options.to, TEXT);
    const { to, table, query, incremental, password, ...own } = call.options;
    const context = await this.#context(call.watch);
    const { addDatabase } = await import('../operations/add-database.ts');
    const asked = { table, query, incremental, password };
    return addDatabase(context, url, { ...addOptions(context, own), to, ...asked });
  }

  /**
   * Take a range of the messages of a topic of Kafka into Parquet, a file for each partition, and add the folder. Needs the package kafkajs; TLS,
   * users and passwords come from variables such as KAFKA_SASL_PASSWORD, and ~/.config/kcat.conf.
   * @param url `kafka://broker[:port][,broker…]/topic`
   * @throws VarveError `stream-url-invalid`, `stream-unreachable`, `stream-refused`, `topic-missing`, `input-empty`, `driver-missing`, and those of add
   */
  async addTopic(url: string, options: AddKafkaOptions): Promise<AddResult> {
    checkArgument('addTopic', 'the URL', url, TEXT);
    const kinds = { ...ADD, to: TEXT, from: TEXT, until: TEXT, registry: TEXT };
    const call = this.#session.begin('addTopic', options, kinds);
    checkArgument('addTopic', 'the option to', call.options.to, TEXT);
    const { to, from, until, registry, ...own } = call.options;
    const context = await this.#context(call.watch);
    const { addTopic } = await import('../operations/add-topic.ts');
    return addTopic(context, url, { ...addOptions(context, own), to, from, until, registry });
  }

  /**
   * Make a snapshot of data that lies on a server and leave it there. Reads no data, unless its statistics are asked for.
   * @param url such as `s3://bucket/prefix`, `gs://bucket/prefix` or `ssh://host/folder`; of a table of Delta Lake or Iceberg, the files
   * that its version has
   * @throws VarveError `path-taken`, `key-unsupported`, `path-missing`, `dvc-unsupported`, `table-damaged`, `table-feature-unsupported`,
   * `table-version-missing`, `usage` for an engine beside statistics that none computes, and what the bucket meets
   */
  async addInPlace(url: string, options: AddInPlaceOptions & InPlaceProfiling & Watch): Promise<AddResult> {
    checkArgument('addInPlace', 'the URL', url, TEXT);
    const kinds = {
      to: TEXT,
      at: TEXT,
      endpoint: TEXT,
      region: TEXT,
      profile: TEXT,
      addressing: TEXT,
      anonymous: FLAG,
      requesterPays: FLAG,
      statistics: oneOf(...IN_PLACE_STATISTICS),
      engine: oneOf('local', 'spark', 'ray'),
      master: TEXT,
      parts: COUNT,
      memory: TEXT,
      threads: COUNT,
    };
    const call = this.#session.begin('addInPlace', options, kinds);
    checkArgument('addInPlace', 'the option to', call.options.to, TEXT);
    return addInPlace(await this.#context(call.watch), url, call.options);
  }

  /**
   * Compare the data with its pointers. Reads only files that look changed.
   * @example
   * ```ts
   * import { openRepository } from 'varve';
   *
   * const repo = await openRepository();
   * const { datasets } = await repo.status({ paths: ['data'], signal: AbortSignal.timeout(60_000) });
   * console.log(datasets.filter(({ state }) => state !== 'unchanged').map(({ path }) => path));
   * ```
   */
  async status(options: PathOptions & Watch = {}): Promise<StatusResult> {
    const call = this.#session.begin('status', options, PATHS);
    return status(await this.#context(call.watch), call.options.paths);
  }

  /**
   * Show what changed in the datasets between two revisions, or up to the data as it lies here.
   * @throws VarveError `revision-unknown`, `dataset-missing`
   * @example
   * ```ts
   * import { openRepository } from 'varve';
   *
   * const repo = await openRepository();
   * const { datasets } = await repo.diff({ before: 'v1', after: 'v2' });
   * for (const { path, change, statistics } of datasets) console.log(path, change, statistics?.verdict);
   * ```
   */
  async diff(options: DiffOptions = {}): Promise<DiffResult> {
    const call = this.#session.begin('diff', options, { ...PATHS, before: TEXT, after: TEXT });
    const { paths = [], ...revisions } = call.options;
    const { compareStatistics } = await import('../operations/statistics/compare.ts');
    return diffRevisions(await this.#context(call.watch), revisions, paths, { compareStatistics });
  }

  /**
   * The versions of one dataset over Git's history, newest first.
   * @throws VarveError `dataset-missing`, `revision-unknown`
   * @example
   * ```ts
   * import { openRepository } from 'varve';
   *
   * const repo = await openRepository();
   * const { versions } = await repo.log('data/flights.csv');
   * for (const { commit, date, snapshot } of versions) console.log(commit.slice(0, 12), date, snapshot?.rows);
   * ```
   */
  async log(dataset: string, options: LogOptions = {}): Promise<LogResult> {
    checkArgument('log', 'the dataset', dataset, TEXT);
    const call = this.#session.begin('log', options, { revision: TEXT });
    return log(await this.#context(call.watch), dataset, call.options.revision);
  }

  /**
   * Find what in the history has a digest: datasets, their statistics and, where no dataset has it, files within folders. Asks no
   * remote.
   * @param digest `sha256:…`, or of DVC `md5:…`; with or without the algorithm, whole or its first 4 digits or more
   * @throws VarveError `digest-invalid`, `digest-unknown`
   * @example
   * ```ts
   * import { openRepository } from 'varve';
   *
   * const repo = await openRepository();
   * const [{ digest }] = (await repo.status({ paths: ['data/flights.csv'] })).datasets;
   * const { found } = await repo.which(digest);
   * for (const { path, tags, commits } of found) console.log(path, tags, commits[0]?.commit);
   * ```
   */
  async which(digest: string, options: WhichOptions & Watch = {}): Promise<WhichResult> {
    checkArgument('which', 'the digest', digest, TEXT);
    const call = this.#session.begin('which', options, { files: FLAG });
    return which(await this.#context(call.watch), digest, call.options);
  }

  /**
   * The facts of a version of a dataset: its digest and size, the commit that brought it, its features, and what people say of it. Reads no
   * data.
   * @param dataset `path` for the version that the pointer here names, or `path@REV`
   * @throws VarveError `dataset-missing`, `revision-unknown`
   * @example
   * ```ts
   * import { openRepository } from 'varve';
   *
   * const repo = await openRepository();
   * const { digest, commit, meta, tables } = await repo.describe('data/flights.csv@v1');
   * console.log(digest, commit?.date, meta.license, tables?.[0].features.length);
   * ```
   */
  async describe(dataset: string, options: Watch = {}): Promise<Description> {
    checkArgument('describe', 'the dataset', dataset, TEXT);
    const { watch } = this.#session.begin('describe', options, NO_OPTIONS);
    return describe(await this.#context(watch), dataset);
  }

  /**
   * As describe, in the form of a standard: a document of OpenLineage, Croissant or MLflow as JSON, an MLTable file as YAML.
   * @throws VarveError `dataset-missing`, `revision-unknown`, `object-missing`
   * @example
   * ```ts
   * import { openRepository } from 'varve';
   *
   * const repo = await openRepository();
   * console.log(await repo.describeAs('data/flights.csv@v1', 'croissant'));
   * ```
   */
  async describeAs(
    dataset: string,
    format: DescriptionFormat,
    options: DescribeAsOptions & Watch = {},
  ): Promise<string> {
    checkArgument('describeAs', 'the dataset', dataset, TEXT);
    checkArgument('describeAs', 'the format', format, oneOf(...DESCRIPTION_FORMATS));
    const call = this.#session.begin('describeAs', options, { baseUrl: TEXT });
    return describeAs(await this.#context(call.watch), dataset, format, call.options);
  }

  /**
   * Say something of a dataset in its pointer, such as its license. Its data need not be here, and stays the same.
   * @param options.set a value by its key; null says nothing any more. Without it, what is said is told
   * @returns all that is said
   * @throws VarveError `dataset-missing`, `meta-invalid`, `dvc-unsupported`
   * @example
   * ```ts
   * import { openRepository } from 'varve';
   *
   * const repo = await openRepository();
   * const { meta } = await repo.meta('data/flights.csv', { set: { license: 'CC-BY-4.0' } });
   * console.log(meta.license);
   * ```
   */
  async meta(dataset: string, options: MetaOptions = {}): Promise<MetaResult> {
    checkArgument('meta', 'the dataset', dataset, TEXT);
    const call = this.#session.begin('meta', options, { set: TEXT_OR_NULL_BY_NAME });
    return meta(await this.#context(call.watch), dataset, call.options.set);
  }

  /**
   * Make the data match the pointers. Without `force`, nothing unsaved is lost: files that were edited here stay, and one that the
   * version to come changed too stops it, unless `prefer` says which of both it is to be.
   * @throws VarveError `changes-unsaved`, `changes-conflicting`, `object-missing`, `name-collision`
   */
  async checkout(options: PathOptions & CheckoutOptions & Watch = {}): Promise<CheckoutResult> {
    const call = this.#session.begin('checkout', options, { ...PATHS, force: FLAG, prefer: SIDE });
    const { paths = [], ...own } = call.options;
    return checkout(await this.#context(call.watch), paths, own);
  }

  /**
   * Say which versions the data here is, for what is made of it; `formatLock` writes that as the file that checkoutLocked reads.
   * @param options `paths` are datasets, each perhaps `path@REV`
   * @throws VarveError `dataset-missing`, `revision-unknown`, `changes-unsaved` if data here is not what its pointer names
   * @example
   * ```ts
   * import { writeFileSync } from 'node:fs';
   * import { formatLock, openRepository } from 'varve';
   *
   * const repo = await openRepository();
   * writeFileSync('data.lock', formatLock(await repo.lock({ paths: ['data/flights.csv@v1'] })));
   * const { differing } = await repo.checkoutLocked('data.lock', { force: true });
   * console.log(differing.length === 0);
   * ```
   */
  async lock(options: PathOptions & Watch = {}): Promise<Lock> {
    const call = this.#session.begin('lock', options, PATHS);
    return lock(await this.#context(call.watch), call.options.paths ?? []);
  }

  /**
   * Make data and pointers the versions that a lock names, and no others.
   * @param file path of the lock
   * @throws VarveError `lock-damaged`, `lock-too-new`, `version-missing`, `changes-unsaved`, `object-missing`
   */
  async checkoutLocked(
    file: string,
    options: Pick<CheckoutOptions, 'force'> & Watch = {},
  ): Promise<LockedCheckout> {
    checkArgument('checkoutLocked', 'the file', file, TEXT);
    const call = this.#session.begin('checkoutLocked', options, { force: FLAG });
    return checkoutLocked(await this.#context(call.watch), file, call.options);
  }

  /**
   * Put the data of a version in place of that here. The pointers stay, so that what differs from them counts as changed.
   * @param paths datasets, files and folders within, or folders that hold datasets; each may be `path@REV`
   * @throws VarveError `dataset-missing`, `path-missing`, `changes-unsaved`, `object-missing`
   * @example
   * ```ts
   * import { openRepository } from 'varve';
   *
   * const repo = await openRepository();
   * await repo.restore('data/flights.csv@v1', { force: true });
   * await repo.addChanged();
   * ```
   */
  async restore(
    paths: string | readonly string[],
    options: RestoreDataOptions = {},
  ): Promise<CheckoutResult> {
    checkArgument('restore', 'the paths', paths, TEXT_OR_TEXTS);
    const call = this.#session.begin('restore', options, { source: TEXT, force: FLAG });
    return restore(await this.#context(call.watch), [paths].flat(), call.options);
  }

  /**
   * Move datasets with pointer, schema and line in .gitignore. No byte is copied, and no version is made.
   * @param target the new path, or a folder that is there, into which they go
   * @throws VarveError `dataset-missing`, `path-taken`, `dataset-nested`, `dvc-unsupported`
   */
  async move(paths: string | readonly string[], target: string, options: Watch = {}): Promise<MoveResult> {
    checkArgument('move', 'the paths', paths, TEXT_OR_TEXTS);
    checkArgument('move', 'the target', target, TEXT);
    const { watch } = this.#session.begin('move', options, NO_OPTIONS);
    return move(await this.#context(watch), [paths].flat(), target);
  }

  /**
   * Take datasets out of version control: pointer, schema and line in .gitignore. The data stays unless `data` is set, and so do committed versions.
   * @throws VarveError `dataset-missing`, `changes-unsaved`, `dvc-unsupported`
   */
  async remove(
    paths: string | readonly string[],
    options: RemoveOptions & Watch = {},
  ): Promise<RemoveResult> {
    checkArgument('remove', 'the paths', paths, TEXT_OR_TEXTS);
    const call = this.#session.begin('remove', options, { data: FLAG, force: FLAG });
    return remove(await this.#context(call.watch), [paths].flat(), call.options);
  }

  /**
   * Send what the remote lacks. What was interrupted is not sent again.
   * @throws VarveError `remote-unset`, `remote-unknown`, `settings-untrusted`, `object-missing`, and what the remote meets
   * @example
   * ```ts
   * import { openRepository } from 'varve';
   *
   * const repo = await openRepository();
   * const { objects, bytes } = await repo.push({
   *   remote: 'origin',
   *   onProgress: ({ phase, done, total }) => console.error(phase, done, total),
   * });
   * console.log(`${objects} objects, ${bytes} bytes`);
   * ```
   */
  async push(options: PathOptions & TransferChoice & Watch = {}): Promise<PushResult> {
    const call = this.#session.begin('push', options, TRANSFER);
    const { paths = [], ...choice } = call.options;
    return push(await this.#context(call.watch), paths, choice);
  }

  /**
   * Tell which versions the remote lacks, of the working tree and of all commits that a branch or tag reaches.
   * @throws VarveError `remote-unset`, `remote-unknown`, `settings-untrusted`
   * @example
   * ```ts
   * import { openRepository } from 'varve';
   *
   * const repo = await openRepository();
   * const { lacking } = await repo.remoteStatus({ remote: 'origin' });
   * console.log(lacking.map(({ path, commit }) => `${path} of ${commit}`));
   * ```
   */
  async remoteStatus(
    options: PathOptions & Pick<TransferChoice, 'remote'> & Watch = {},
  ): Promise<RemoteStatus> {
    const call = this.#session.begin('remoteStatus', options, { paths: TEXTS, remote: TEXT });
    return remoteStatus(await this.#context(call.watch), call.options.paths, call.options.remote);
  }

  /** Bring what the cache lacks; the data itself is not touched. @throws VarveError as push */
  async fetch(options: PathOptions & TransferChoice & Watch = {}): Promise<TransferResult> {
    const call = this.#session.begin('fetch', options, TRANSFER);
    const { paths = [], ...choice } = call.options;
    return fetch(await this.#context(call.watch), paths, choice);
  }

  /** Fetch, then check out. @throws VarveError as push and checkout */
  async pull(options: PathOptions & TransferChoice & CheckoutOptions & Watch = {}): Promise<PullResult> {
    const call = this.#session.begin('pull', options, { ...TRANSFER, force: FLAG, prefer: SIDE });
    const { paths = [], ...choice } = call.options;
    return pull(await this.#context(call.watch), paths, choice);
  }

  /**
   * Read every byte of the cache, or of a remote, and check it. Damage is in the result, and is no error.
   * @throws VarveError `remote-unknown`, `settings-untrusted`
   * @example
   * ```ts
   * import { openRepository } from 'varve';
   *
   * const repo = await openRepository();
   * const { damage, checkedBytes } = await repo.verify();
   * console.log(damage.length === 0 ? `whole: ${checkedBytes} bytes` : damage);
   * ```
   */
  async verify(options: VerifyOptions = {}): Promise<VerifyResult> {
    const call = this.#session.begin('verify', options, { remote: TEXT });
    return verify(await this.#context(call.watch), call.options);
  }

  /**
   * Measure what the datasets take up in the cache, or on a remote, in all their versions; and what no version needs.
   * @throws VarveError `dvc-unsupported`, `remote-unknown`, `settings-untrusted`, `dataset-missing`
   * @example
   * ```ts
   * import { openRepository } from 'varve';
   *
   * const repo = await openRepository();
   * const { datasets, unneeded } = await repo.usage();
   * for (const { path, bytes, ownBytes } of datasets) console.log(path, bytes, ownBytes);
   * console.log(unneeded.bytes);
   * ```
   */
  async usage(options: PathOptions & VerifyOptions = {}): Promise<UsageResult> {
    const call = this.#session.begin('usage', options, { ...PATHS, remote: TEXT });
    const { paths, remote } = call.options;
    return usage(await this.#context(call.watch), paths, remote);
  }

  /** Drop what no pointer in any commit names, after a time of grace. @throws VarveError `dvc-unsupported`, `settings-untrusted` */
  async gc(options: GcOptions & Watch = {}): Promise<GcResult> {
    const kinds = { remote: TEXT, dryRun: FLAG, graceMs: MILLISECONDS, cloneExpiryMs: EXPIRY };
    const call = this.#session.begin('gc', options, kinds);
    return gc(await this.#context(call.watch), call.options);
  }

  /**
   * Remove the bytes of files from the cache and a remote for good, and the statistics of all versions that hold one. Everything else
   * stays readable.
   * @param files digests, or `path@REV`: a dataset that is a file, a file within one, or a folder with all files in it
   * @throws VarveError `purge-in-use`, `dataset-missing`, `path-missing`, `remote-unset`, `settings-untrusted`, `dvc-unsupported`
   * @example
   * ```ts
   * import { openRepository } from 'varve';
   *
   * const repo = await openRepository();
   * const { versions, places } = await repo.purge('data/flights.csv@v1', { dryRun: true });
   * console.log(versions.length, places.map(({ remote, keys }) => `${remote?.name ?? 'cache'} ${keys.length}`));
   * ```
   */
  async purge(files: string | readonly string[], options: PurgeOptions & Watch = {}): Promise<PurgeResult> {
    checkArgument('purge', 'the files', files, TEXT_OR_TEXTS);
    const kinds = { remote: TEXT, cacheOnly: FLAG, force: FLAG, dryRun: FLAG };
    const call = this.#session.begin('purge', options, kinds);
    return purge(await this.#context(call.watch), [files].flat(), call.options);
  }

  /**
   * Validate every dataset that changed since a base, and compare it with the base. Reads statistics, and rows only where they are here.
   * @param base a revision
   * @throws VarveError `revision-unknown`, `profile-not-fetched`
   * @example
   * ```ts
   * import { openRepository, renderCheck } from 'varve';
   *
   * const repo = await openRepository();
   * const result = await repo.check('v1');
   * console.log(renderCheck(result, 'markdown', { color: false, width: 100 }));
   * ```
   */
  async check(base: string, options: CheckOptions & Watch = {}): Promise<CheckResult> {
    checkArgument('check', 'the base', base, TEXT);
    const call = this.#session.begin('check', options, { ...PATHS, strict: FLAG });
    const { check } = await import('../operations/check.ts');
    return check(this.path, base, call.options, call.watch);
  }

  /**
   * Compare every committed version of a dataset with the one before it, from their statistics.
   * @param dataset of `path@REV`, the versions up to that revision
   * @throws VarveError `history-missing`, `profile-not-fetched`
   * @example
   * ```ts
   * import { openRepository } from 'varve';
   *
   * const repo = await openRepository();
   * const { steps } = await repo.driftHistory('data/flights.csv');
   * for (const { verdict } of steps) console.log(verdict);
   * ```
   */
  async driftHistory(dataset: string, options: DriftHistoryOptions = {}): Promise<DriftSeries> {
    checkArgument('driftHistory', 'the dataset', dataset, TEXT);
    const call = this.#session.begin('driftHistory', options, { schema: TEXT });
    const { driftHistory } = await import('../operations/drift-history.ts');
    return driftHistory(this.path, dataset, call.options, call.watch);
  }

  /**
   * The bytes of a dataset, or of a file within one, as a version has it, from the cache, else from the default remote (of DVC, after
   * it was fetched). None is handed out before it is verified; the cache and the data here are not touched.
   * @param dataset `path` for the version that the pointer here names, or `path@REV`; a file within a folder is a path too, or is named by
   *   the option `file`
   * @returns a stream that fails with a VarveError: `dataset-missing`, `path-missing`, `object-missing`, `digest-mismatch`
   * @example
   * ```ts
   * import { createWriteStream } from 'node:fs';
   * import { pipeline } from 'node:stream/promises';
   * import { openRepository } from 'varve';
   *
   * const repo = await openRepository();
   * await pipeline(repo.open('data/flights.csv@v1'), createWriteStream('flights-v1.csv'));
   *
   * let bytes = 0;
   * for await (const piece of repo.open('data/photos@v1', { file: '2024/a.jpg' })) bytes += piece.length;
   * console.log(bytes);
   * ```
   */
  open(dataset: string, options: OpenOptions = {}): Readable {
    checkArgument('open', 'the dataset', dataset, TEXT);
    const { options: own, watch } = this.#session.begin('open', options, { file: TEXT });
    const stream = Readable.from(this.#bytesOf(dataset, own.file, watch), { objectMode: false });
    return stoppedBy(watch.signal, stream);
  }

  /**
   * The files of a version of a dataset, in the order of their paths. A million of them take no more memory than ten.
   * @param dataset `path` for the version that the pointer here names, or `path@REV`
   * @throws VarveError `dataset-missing`, `object-missing`, `manifest-damaged`
   * @example
   * ```ts
   * import { openRepository } from 'varve';
   *
   * const repo = await openRepository();
   * for await (const { path, size, digest } of repo.files('data/photos@v1')) console.log(path, size, digest);
   * ```
   */
  files(dataset: string, options: Watch = {}): AsyncGenerator<SnapshotFile> {
    checkArgument('files', 'the dataset', dataset, TEXT);
    const { watch } = this.#session.begin('files', options, NO_OPTIONS);
    return this.#filesOf(dataset, watch);
  }

  /**
   * The statistics that travel with a version; undefined where it was added without any. Reads no data, and computes nothing.
   * @param dataset `path` for the version that the pointer here names, or `path@REV`
   * @throws VarveError `dataset-missing`, `profile-not-fetched`
   * @example
   * ```ts
   * import { openRepository } from 'varve';
   *
   * const repo = await openRepository();
   * const before = await repo.readProfile('data/flights.csv@v1');
   * console.log(before?.tables[0].features.map(({ name }) => name));
   * ```
   */
  async readProfile(dataset: string, options: Watch = {}): Promise<Profile | undefined> {
    checkArgument('readProfile', 'the dataset', dataset, TEXT);
    const { watch } = this.#session.begin('readProfile', options, NO_OPTIONS);
    return readProfile(await this.#context(watch), dataset);
  }

  /**
   * What the footers of the files of a version in place say, or the table that it is, where it was added with such statistics: how many rows,
   * of which columns, within which bounds. Undefined where nothing of the kind travels with it. Reads no data, and computes nothing.
   * @param dataset `path` for the version that the pointer here names, or `path@REV`
   * @throws VarveError `dataset-missing`, `profile-not-fetched`
   * @example
   * ```ts
   * import { openRepository } from 'varve';
   *
   * const repo = await openRepository();
   * const known = await repo.readFooters('data/flights.csv@v1');
   * console.log(known?.by ?? 'footers', known?.tables.map(({ name, rows }) => [name, rows]));
   * ```
   */
  async readFooters(dataset: string, options: Watch = {}): Promise<FooterStatistics | undefined> {
    checkArgument('readFooters', 'the dataset', dataset, TEXT);
    const { watch } = this.#session.begin('readFooters', options, NO_OPTIONS);
    return readFooters(await this.#context(watch), dataset);
  }

  /**
   * Make a dataset of one of another repository. Its data comes from the remote of that, and the pointer says where it is from and
   * which commit is pinned.
   * @param address what `git clone` takes, or the path of a working tree
   * @param dataset `path` or `path@REV` there
   * @throws VarveError `address-invalid`, `repository-unreachable`, `dataset-missing`, `path-taken`, `settings-untrusted`, `dvc-unsupported`
   */
  async import(
    address: string,
    dataset: string,
    options: ImportOptions & Watch = {},
  ): Promise<ImportedDataset> {
    checkArgument('import', 'the address', address, TEXT);
    checkArgument('import', 'the dataset', dataset, TEXT);
    const call = this.#session.begin('import', options, { to: TEXT });
    return importDataset(await this.#context(call.watch), address, dataset, call.options);
  }

  /**
   * Bring imported datasets to what the revision that they follow has now, copies of rows to what their database has, messages of topics to
   * their ends, and tables in place to their newest version. Each is brought by itself: it resolves if at least one could be, or if there is
   * none, and lists what the others met in `problems`; it rejects with what the first met, and the others in `details`, if all failed.
   * @throws VarveError `import-missing`, `settings-untrusted`, `repository-unreachable`, `changes-unsaved`, `dvc-unsupported`, and those of `add` for
   * what a database or a topic is refused with
   * @example
   * const { datasets, problems = [] } = await repository.update();
   * for (const { path, message } of problems) console.warn(`${path}: ${message}`);
   */
  async update(options: PathOptions & UpdateOptions & Watch = {}): Promise<UpdateResult> {
    const kinds = { ...PATHS, revision: TEXT, force: FLAG, prefer: SIDE };
    const call = this.#session.begin('update', options, kinds);
    const { paths = [], ...own } = call.options;
    return update(await this.#context(call.watch), paths, own);
  }

  /** Take the history of a repository of DVC into varve's format, on new branches. @throws VarveError `dvc-missing`, `branch-moved` */
  async importDvc(options: Watch = {}): Promise<ImportDvcResult> {
    const { watch } = this.#session.begin('importDvc', options, NO_OPTIONS);
    return importDvc(await this.#context(watch));
  }

  /** Turn the history into DVC's format, on new branches. @throws VarveError `dvc-exists`, `branch-moved` */
  async exportDvc(options: Watch = {}): Promise<ExportDvcResult> {
    const { watch } = this.#session.begin('exportDvc', options, NO_OPTIONS);
    return exportDvc(await this.#context(watch));
  }

  /**
   * Write the versions of a dataset as a table that engines read in place, on the remote that has the data: its files are those that lie
   * there. Adds the versions that the table lacks, each whole or not at all.
   * @param path folder of the table, from that of the remote
   * @param dataset its path, or that of a folder within it
   * @throws VarveError `table-path-invalid`, `table-unsupported`, `table-foreign`, `table-place-unsupported`, `object-missing`, `dvc-unsupported`
   */
  async exportTable(
    path: string,
    dataset: string,
    options: ExportTableOptions & Watch,
  ): Promise<ExportTableResult> {
    checkArgument('exportTable', 'the path on the remote', path, TEXT);
    checkArgument('exportTable', 'the dataset', dataset, TEXT);
    const kinds = { format: oneOf(...TABLE_FORMATS), revisions: TEXTS, remote: TEXT, onPush: FLAG };
    const call = this.#session.begin('exportTable', options, kinds);
    checkArgument('exportTable', 'the option format', call.options.format, kinds.format);
    return exportTable(await this.#context(call.watch), path, dataset, call.options);
  }

  /**
   * Tell where each file of a version lies on a remote, for programs that read whole files there; signed, where that is asked for.
   * @param dataset `path` or `path@REV`, or a file or folder within one
   * @throws VarveError `dataset-missing`, `object-missing`, `presign-unsupported`, `table-place-unsupported`, `dvc-unsupported`
   */
  async locate(dataset: string, options: LocateOptions & Watch = {}): Promise<LocateResult> {
    checkArgument('locate', 'the dataset', dataset, TEXT);
    const call = this.#session.begin('locate', options, { remote: TEXT, presignSeconds: COUNT });
    return locate(await this.#context(call.watch), dataset, call.options);
  }

  #context(watch: Watch): Promise<Context> {
    return openContext(this.path, watch);
  }

  async *#bytesOf(dataset: string, file: string | undefined, watch: Watch): AsyncGenerator<Uint8Array> {
    yield* openFile(await this.#context(watch), dataset, file);
  }

  async *#filesOf(dataset: string, watch: Watch): AsyncGenerator<SnapshotFile> {
    yield* listFiles(await this.#context(watch), dataset);
  }
}

function addOptions(
  context: Context,
  { profiles = true, replace, toRemote, remote, ...machine }: Omit<AddOptions, keyof Watch>,
): BackendAddOptions {
  const options = { replace, toRemote, remote };
  if (!profiles) return options;
  return { ...options, profiler: profilerOnDemand(context, warnOfUnread(context), machine) };
}

/** End the stream with the reason of the signal, also while it waits for bytes. */
function stoppedBy(signal: AbortSignal | undefined, stream: Readable): Readable {
  const stop = (): void => {
    stream.destroy(signal!.reason);
  };
  signal?.addEventListener('abort', stop, { once: true });
  return stream.once('close', () => signal?.removeEventListener('abort', stop));
}
