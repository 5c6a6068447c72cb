/** What the operations that a backend does itself are asked, and what they answer: the same whichever backend does them. */

import type { DriftReport } from '../../drift/model.ts';
import type { ErrorCode } from '../../errors.ts';
import type { FooterDifference } from '../../profile/footers/compare.ts';
import type { KnownBy } from '../../profile/footers/model.ts';
import type { Digest } from '../../store/format/digest.ts';
import type { Collected } from '../../store/gc/collect.ts';
import type { Evicted } from '../../store/gc/evict.ts';
import type { PurgedFromStore } from '../../store/gc/purge.ts';
import type { RootsUsage, StoredAmount } from '../../store/gc/usage.ts';
import type { StoreCheck } from '../../store/repair/verify.ts';
import type { Access, RemoteConfig } from '../../workspace/config.ts';
import type { Imported } from '../../workspace/imported.ts';
import type { Pointer } from '../../workspace/pointer.ts';
import type { TableOrigin } from '../../workspace/table-origin.ts';
import type { PartitionOffsets } from '../../workspace/topic-origin.ts';
import type { FileChange } from '../../workspace/tree/data-state.ts';
import type { ContentKey, VersionFacts } from './version.ts';

export interface AddResult {
  /** Where the data was sent to in place of the cache; absent if the cache has it. */
  readonly remote?: { readonly name: string; readonly url: string };
  readonly datasets: readonly AddedDataset[];
}

export interface AddedDataset extends Omit<Pointer, 'path' | 'digest'> {
  /** From the root. */
  readonly path: string;
  readonly digest: ContentKey;
  readonly change: 'new' | 'changed' | 'unchanged';
  /** Files of the version that are not here, and are as the version before has them; absent if there are none. */
  readonly notHere?: number;
  /** What a topic deleted before it was taken; absent for nothing. */
  readonly deleted?: readonly PartitionOffsets[];
}

export interface AddInPlaceOptions extends Access {
  /** Where the dataset is to lie when it is pulled. */
  readonly to: string;
  /** Of a table of Delta Lake, a version; of one of Iceberg, a snapshot, a branch or a tag. The newest version unless given. */
  readonly at?: string | undefined;
}

/**
 * - `unchanged`: the data is the snapshot that the pointer names (or the chosen parts of it, where `only` is set)
 * - `modified`: the data has changes that no snapshot has; `varve add` saves them
 * - `outdated`: the data is another snapshot, unchanged; `varve checkout` brings the one that the pointer names
 * - `missing`: there is no data; `varve checkout` or `varve pull` brings it
 */
export type DatasetState = 'unchanged' | 'modified' | 'outdated' | 'missing';

export interface DatasetStatus {
  readonly path: string;
  readonly kind: 'file' | 'directory';
  readonly state: DatasetState;
  /** The snapshot that the pointer names: `sha256:…`, or of DVC `md5:…`; null if the pointer names none yet. */
  readonly digest: string | null;
  /**
   * The snapshot that lies here, be it saved or not; null if nothing does. Data that is here in part and unchanged counts as the snapshot
   * that it is a part of.
   */
  readonly dataDigest: string | null;
  /** Against what varve last recorded of the data; empty if nothing was recorded, as in a copied repository. */
  readonly changes: readonly FileChange[];
  /** The changes were made to another version than the pointer names. */
  readonly pointerMoved?: true;
  /** Where the data lies of a dataset whose pointer was moved without it: the next checkout moves it. */
  readonly dataAt?: string;
  /** Objects of the recorded version that the cache lacks; absent if that is not looked at, or there are none. */
  readonly notCached?: number;
  readonly only?: readonly string[];
}

/** A dataset with something odd in it, such as a pointer that cannot be read or a socket among its files. */
export interface DatasetProblem {
  readonly path: string;
  readonly code: ErrorCode;
  readonly message: string;
  readonly remedy: string;
}

export interface WithProblems {
  /** Datasets that this could not be done for; it was done for all others. Absent if there are none. */
  readonly problems?: readonly DatasetProblem[];
}

export interface StatusResult extends WithProblems {
  readonly datasets: readonly DatasetStatus[];
  /**
   * Data that varve put there for another commit, that no pointer of this one names, and that Git does not track: `git add -A` would put
   * it into Git. Absent if there is none, or if datasets were named.
   */
  readonly withoutPointer?: readonly string[];
  /** Datasets whose data lies here and is not ignored by Git: `git add -A` would put it into Git. Absent if there are none. */
  readonly notIgnored?: readonly string[];
  /** Files that a killed command left in or beside the data, from the root: no data, and the next checkout removes them. */
  readonly unfinished?: readonly string[];
}

export interface DiffResult extends WithProblems {
  /** Commit ids; `after` is null for the data of the working tree. */
  readonly before: string;
  readonly after: string | null;
  /** Those that differ only. */
  readonly datasets: readonly DatasetDiff[];
}

export interface DatasetDiff {
  readonly path: string;
  /** `renamed` if the same data lies at another path. */
  readonly change: 'added' | 'removed' | 'modified' | 'renamed';
  /** Where the same data lay before. Set if it was renamed. */
  readonly renamedFrom?: string;
  /** Of the whole dataset, also if only a part of it was asked for. */
  readonly before: Totals | null;
  readonly after: Totals | null;
  /** Of what was asked for. Undefined if a manifest is not in the cache: `varve fetch` brings it. */
  readonly files?: readonly FileChange[];
  /** What changed in the distributions, if both versions have a profile in the cache. */
  readonly statistics?: DriftReport;
  /** What the footers say differently of columns, nulls and bounds, if that is all that is known of both versions. */
  readonly footers?: readonly FooterDifference[];
  /** Set where the data comes from elsewhere than before; the data itself may be the same. */
  readonly origins?: Origins;
}

/** Where the data of two versions comes from, in words and without secrets; null for a version that was added here, or is not there. */
export interface Origins {
  readonly before: string | null;
  readonly after: string | null;
}

/** A dataset that differs, and its two versions if both sides are versions, so that their statistics can be compared. */
export interface ComparedDataset {
  readonly diff: DatasetDiff;
  /** Of the version that was added or removed; undefined for data that nobody saved. */
  readonly content?: ContentKey;
  readonly versions?: readonly [before: VersionFacts, after: VersionFacts];
}

export interface Totals {
  readonly bytes: number;
  readonly files: number;
  readonly rows?: number;
  /** Who tells the statistics, if nobody has read the rows. */
  readonly statistics?: KnownBy;
}

/** A file of a version of a dataset. */
export interface SnapshotFile {
  /** Within the dataset, POSIX; the name of a dataset that is a file itself. */
  readonly path: string;
  /** In bytes; absent in a repository of DVC, which keeps no sizes. */
  readonly size?: number;
  /** `sha256:…`, or of DVC `md5:…`; absent where the file lies in a bucket and nobody has read it. */
  readonly digest?: string;
  readonly executable?: boolean;
}

export interface CheckoutOptions {
  /** Gives up unsaved changes, and files that only the working tree has. */
  readonly force?: boolean | undefined;
  /** Where a file was changed here and in the version to come: `ours` keeps the one that lies here, `theirs` takes the other. */
  readonly prefer?: 'ours' | 'theirs' | undefined;
}

export interface CheckoutResult extends WithProblems {
  readonly datasets: readonly CheckedOutDataset[];
  /** Datasets whose pointer was moved without its data, which followed. Absent if there are none. */
  readonly moved?: readonly MovedDataset[];
  /** Datasets of other branches whose data was taken away: saved, and unchanged here. Absent if there are none. */
  readonly takenAway?: readonly string[];
}

export interface CheckedOutDataset {
  readonly path: string;
  readonly written: number;
  readonly writtenBytes: number;
  readonly removed: number;
  /** Files that the snapshot does not have, and nobody saved: they stay. */
  readonly kept: readonly string[];
  /** Files of the snapshot that were edited or removed here since they were checked out: that stays, for `varve add` to save. */
  readonly edited: readonly string[];
  readonly only?: readonly string[];
}

export interface RestoreVersionsOptions extends CheckoutOptions {
  /** Whether the pointers are to name these versions from now on. */
  readonly isPointed: boolean;
}

/** What was copied out of a version. */
export interface CopiedFiles {
  readonly files: number;
  readonly bytes: number;
}

export interface RemoveOptions {
  /** Removes the data too, if a snapshot has it. */
  readonly data?: boolean | undefined;
  /** Gives up data and schemas that nobody saved. */
  readonly force?: boolean | undefined;
}

export interface RemoveResult {
  readonly datasets: readonly RemovedDataset[];
}

export interface RemovedDataset {
  /** From the root. */
  readonly path: string;
  /** Whether data still lies at the path: Git ignores it no longer. */
  readonly hasData: boolean;
  /** Schemas that were removed, from the root. */
  readonly schemas: readonly string[];
}

export interface MoveResult {
  readonly datasets: readonly MovedDataset[];
}

export interface MovedDataset {
  /** Where it lay, from the root. */
  readonly from: string;
  /** Where it lies now. */
  readonly path: string;
}

/** What push, fetch and pull have in common. */
export interface TransferChoice {
  /** Name of a remote; the default one if it is not given. */
  readonly remote?: string | undefined;
  /** Every version that a branch or tag reaches, not only the working tree's. */
  readonly allCommits?: boolean | undefined;
  /** Statistics and no data. */
  readonly profilesOnly?: boolean | undefined;
  /** Requests at a time. */
  readonly jobs?: number | undefined;
}

export interface TransferResult {
  /** Null if everything is in place and its lists are here already, so that no remote had to be asked. */
  readonly remote: { readonly name: string; readonly url: string } | null;
  /** Versions of datasets that were asked for. */
  readonly snapshots: number;
  /** What really had to be sent. */
  readonly objects: number;
  readonly bytes: number;
  /** Datasets whose data lies in a bucket. Of them, the remote has the lists; a push copies nothing more. */
  readonly inPlace?: readonly InPlace[];
  /** Of a push: what was dropped from the cache, since the remote has it; absent unless the setting `cache.keep` asks for it. */
  readonly evicted?: Evicted;
  /** Of a push: versions of other commits that the remote lacks, and that were not asked for; absent if there are none. */
  readonly unsent?: number;
  /**
   * Of transfers of all commits, and of the hooks of Git: what was left out, since it was purged from the remote; absent if that is
   * nothing. Of others, that is an error, or `lacking` says so.
   */
  readonly purged?: readonly PurgedFile[];
  /**
   * Of a fetch: versions of which the remote lacks something, while others came. Of a push: those of which something is neither here nor
   * there. Absent if there are none.
   */
  readonly lacking?: readonly LackingVersion[];
}

/** What a remote has of the versions that branches, tags and the working tree name. */
export interface RemoteStatus {
  readonly remote: { readonly name: string; readonly url: string };
  /** How many versions were looked for. */
  readonly versions: number;
  /** Those of which the remote lacks something; none if everything is pushed. */
  readonly lacking: readonly LackingVersion[];
}

/** A version that is not where it should be, with the first commit that has it, if one has. */
export interface LackingVersion {
  readonly path: string;
  /** As the pointer names it: `sha256:…`, or of DVC `md5:…`. */
  readonly digest: string;
  readonly commit?: string;
  readonly author?: string;
  /** Of the author, ISO 8601. */
  readonly date?: string;
  readonly subject?: string;
  /** Set if what it lacks was purged, so that nobody can bring it. */
  readonly purged?: true;
  /** Set if the place that it is to come from has it, and bytes of it are damaged. */
  readonly damaged?: true;
}

/** Something that was purged from a remote. */
export interface PurgedFile {
  /** From the root: a dataset, or a file within one. */
  readonly path: string;
  readonly digest: string;
}

export interface PurgeOptions {
  /** A remote other than the default. */
  readonly remote?: string | undefined;
  /** Purge the cache of this clone, and no remote. */
  readonly cacheOnly?: boolean | undefined;
  /** Purge also what branches, the index or working trees still name. */
  readonly force?: boolean | undefined;
  /** Say what would be removed, and remove nothing. */
  readonly dryRun?: boolean | undefined;
}

/** What a purge removed, or would remove. */
export interface PurgeResult {
  readonly dryRun: boolean;
  /** What had to go: the files that were named, and the statistics of each version that holds one of them. `sha256:…` */
  readonly digests: readonly string[];
  /** Versions that hold one of them. What else is in them stays. */
  readonly versions: readonly PurgedVersion[];
  readonly places: readonly PurgedPlace[];
}

export interface PurgedVersion {
  readonly path: string;
  readonly digest: string;
}

/** A cache or a remote that was purged. */
export interface PurgedPlace extends PurgedFromStore {
  /** Null for the cache of this clone. */
  readonly remote: { readonly name: string; readonly url: string } | null;
  /** Set if the bucket keeps what is removed as old versions: the bytes stay in those of `keys` until they are removed too. */
  readonly keepsVersions?: true;
}

/** A dataset whose data lies in a bucket, and what was read of it there. */
export interface InPlace {
  readonly path: string;
  readonly url: string;
  readonly objects: number;
  readonly bytes: number;
}

export interface PullResult extends CheckoutResult {
  readonly fetched: TransferResult;
  /** Large files that came straight into place, past the cache; absent unless the setting `cache.keep` asks for it. */
  readonly direct?: { readonly remote: string; readonly objects: number; readonly bytes: number };
  /** What was dropped from the cache again, since the remote has it; absent unless the setting `cache.keep` asks for it. */
  readonly evicted?: Evicted;
}

export interface VerifyResult extends StoreCheck {
  /** What was checked: null for the cache of this clone. */
  readonly remote: { readonly name: string; readonly url: string } | null;
  /** Datasets of the working tree whose data lies in a bucket: only a pull looks there, and checks what it reads. */
  readonly inPlace?: readonly { readonly path: string; readonly url: string }[];
}

export interface GcOptions {
  /** Clean this remote, not the cache. */
  readonly remote?: string | undefined;
  /** Say what would be freed, and free nothing. */
  readonly dryRun?: boolean | undefined;
  /** How long what nothing names is still kept, in milliseconds. */
  readonly graceMs?: number | undefined;
  /**
   * For a remote: the time in milliseconds, a day at least, after which a clone that was not seen holds nothing any more; Infinity for
   * never. By default what the setting `cloneExpiry` says, else 90 days.
   */
  readonly cloneExpiryMs?: number | undefined;
}

export interface GcResult extends Omit<Collected, 'expired'> {
  readonly remote: { readonly name: string; readonly url: string } | null;
  readonly dryRun: boolean;
  readonly graceMs: number;
  /** After how many milliseconds a clone holds nothing any more; null for never, as in a cache. */
  readonly cloneExpiryMs: number | null;
  /** The clones of which that is so. */
  readonly expiredClones: readonly KnownClone[];
  /**
   * Of the cache: what was dropped since a remote has it, or would be, beside what nothing needs; absent unless the setting `cache.keep`
   * asks for it. `freed` counts nothing of it.
   */
  readonly evicted?: Evicted & { readonly remote: string };
  /** Set if the bucket keeps what is removed as old versions, which still take room there. */
  readonly keepsVersions?: true;
}

/** A dataset that was imported, or looked at for an update. */
export interface ImportedDataset extends Imported {
  /** The dataset here, from the root. */
  readonly to: string;
  /** `sha256:…` */
  readonly digest: string;
  readonly bytes: number;
  readonly files: number;
  readonly change: 'new' | 'changed' | 'unchanged';
}

/** A copy of rows of a database, looked at for an update. */
export interface CopiedDataset {
  /** Its URL, without a password. */
  readonly database: string;
  readonly table?: string;
  readonly query?: string;
  /** The dataset here, from the root. */
  readonly to: string;
  /** `sha256:…` */
  readonly digest: string;
  readonly bytes: number;
  readonly files: number;
  readonly rows?: number;
  readonly change: 'new' | 'changed' | 'unchanged';
}

/** A version of a table in place, looked at for an update. */
export interface UpdatedTable {
  /** URL of the table. */
  readonly source: string;
  /** The version that the dataset is now; of one that was named for good (`at`), nobody was asked for another. */
  readonly table: TableOrigin;
  /** The version that it was. */
  readonly before: string;
  /** The dataset here, from the root. */
  readonly to: string;
  /** `sha256:…` */
  readonly digest: string;
  readonly bytes: number;
  readonly files: number;
  /** Where the footers of its files tell, or the table does. */
  readonly rows?: number;
  /** Who tells; absent where nobody does. */
  readonly statistics?: KnownBy;
  /** Of a version that was left as it is: the statistics of every row that it has. */
  readonly profile?: Digest;
  /** Files that came, and files that went; absent where this clone does not have the list of those that there were. */
  readonly added?: number;
  readonly removed?: number;
  readonly change: 'new' | 'changed' | 'unchanged';
}

/** Messages of a topic, looked at for an update. */
export interface TakenDataset {
  /** Its URL. */
  readonly topic: string;
  /** Those that the version has, by partition: `0:0-5000,1:0-4980`; absent where only names of files have them. */
  readonly offsets?: string;
  /** The registry that was named for their schemas. */
  readonly registry?: string;
  /** Where they end, as `--until` takes it; absent where they go on with the topic. */
  readonly until?: string;
  /** Set where the version has all up to that end: nobody was asked. */
  readonly complete?: true;
  /** What the topic deleted before it was taken; absent for nothing. */
  readonly deleted?: readonly PartitionOffsets[];
  /** The dataset here, from the root. */
  readonly to: string;
  /** `sha256:…` */
  readonly digest: string;
  readonly bytes: number;
  readonly files: number;
  readonly rows?: number;
  readonly change: 'new' | 'changed' | 'unchanged';
}

export interface UsageResult {
  /** What was measured: null for the cache of this clone. */
  readonly remote: { readonly name: string; readonly url: string } | null;
  /** Everything that lies there. */
  readonly stored: StoredAmount;
  /** Files with data of which no dataset and no clone needs anything: `varve gc` frees them after its time of grace. */
  readonly unneeded: StoredAmount;
  /** Those that were chosen, in the order of their paths; also such as only other commits have. */
  readonly datasets: readonly DatasetUsage[];
  /** Clones that recorded what they need, the latest first. A cache has such records only if clones share it. */
  readonly clones: readonly CloneUsage[];
}

export interface DatasetUsage extends RootsUsage {
  /** Size of the data of the version here; null if the working tree has no such dataset. */
  readonly currentBytes: number | null;
}

/** A clone that wrote to a remote, or to a cache that clones share. */
export interface KnownClone {
  /** Its id. */
  readonly clone: string;
  /** `user@host:folder`, as the clone says of itself; null if it did not, as earlier versions of varve, or if its record is damaged. */
  readonly name: string | null;
  /** Whether it is this one. */
  readonly isThis: boolean;
  /** By the clock of the store: ISO 8601. */
  readonly firstSeen: string;
  /** When it last pushed, or ran a gc there, as `firstSeen`. */
  readonly lastSeen: string;
  /** Whether it was not seen for so long that it holds nothing any more. */
  readonly hasExpired: boolean;
}

/** The clones that a remote knows, the one that was seen last first. */
export interface ClonesResult {
  readonly remote: { readonly name: string; readonly url: string };
  /** After how many milliseconds a clone that was not seen holds nothing any more; null for never. */
  readonly cloneExpiryMs: number | null;
  readonly clones: readonly KnownClone[];
}

export interface ForgottenClones {
  readonly remote: { readonly name: string; readonly url: string };
  readonly forgotten: readonly KnownClone[];
}

export interface CloneUsage extends KnownClone {
  /** Distinct snapshots that it needs. */
  readonly snapshots: number;
  /** What it needs beyond all that the datasets of this clone do. */
  readonly bytes: number;
}

export interface ListedRemote extends RemoteConfig {
  readonly name: string;
  readonly isDefault: boolean;
}

export interface RemoteAddOptions extends Partial<Omit<RemoteConfig, 'url'>> {
  /** Into config.local.yaml, which is not in Git. */
  readonly local?: boolean | undefined;
}

/** What varve can do from within Git. */
export interface GitParts {
  /** `git diff` and `git log -p` show files and statistics, not pointers. */
  readonly diff?: boolean | undefined;
  /** `git merge` merges the folders that two branches changed, file by file. */
  readonly merge?: boolean | undefined;
  /** `git push` sends the data of the commits first. */
  readonly prePush?: boolean | undefined;
  /** `git switch`, `git pull` and `git rebase` bring the data along that the cache has. */
  readonly checkout?: boolean | undefined;
}

export interface GitInstallResult {
  readonly diff: boolean;
  readonly merge: boolean;
  readonly prePush: boolean;
  readonly checkout: boolean;
}

export interface ImportDvcResult {
  /** The new branches, `varve/<branch>`, which hold the same history with varve's pointers. */
  readonly branches: readonly string[];
  /** Distinct versions of outputs that were taken over. */
  readonly snapshots: number;
  /** Versions whose data is neither in DVC's cache nor on its remotes: they keep their `.dvc` files. */
  readonly missing: readonly { readonly path: string; readonly md5: string }[];
}

export interface ExportDvcResult {
  /** The new branches, `dvc/<branch>`, which hold the same history with DVC's pointers. */
  readonly branches: readonly string[];
  /** Distinct snapshots that were turned into outputs of DVC. */
  readonly outputs: number;
  /**
   * Snapshots whose data is neither in the cache nor on the default remote, and those in place of which not all has been read:
   * they keep their `.varve` pointers.
   */
  readonly missing: readonly { readonly path: string; readonly digest: string }[];
  /** Empty folders and executable bits within folders, which DVC cannot keep. */
  readonly lost: readonly string[];
}
