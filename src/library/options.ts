/** Options of the library's methods that no operation has a type for. */
import type { CheckoutOptions } from '../operations/backend/results.ts';
import type { Watch } from '../operations/context/context.ts';
import type { SourceOptions } from '../operations/get.ts';
import type { ListOptions } from '../operations/list.ts';
import type { ShownSchemaFormat } from '../operations/schema-show.ts';
import type { SchemaUpdateChoice } from '../operations/schema-update.ts';
import type { ProfilingOptions } from '../operations/statistics/profiling-options.ts';

/** Which datasets are meant. */
export interface PathOptions {
  /** Datasets, folders that hold some, or files within one. All datasets of the working tree where it is left out; an empty list is refused. */
  readonly paths?: readonly string[] | undefined;
}

export interface AddOptions extends Pick<ProfilingOptions, 'memory' | 'threads'>, Watch {
  /** What lies here is all of the dataset, whichever version it was made from. */
  readonly replace?: boolean | undefined;
  /** Sends the data to a remote while it is read, and keeps none of it in the cache. */
  readonly toRemote?: boolean | undefined;
  /** With `toRemote`, the name of a remote other than the default. */
  readonly remote?: string | undefined;
  /** `false` adds data without its statistics. They are computed unless that is said. */
  readonly profiles?: boolean | undefined;
}

export interface AddDatabaseOptions extends AddStreamOptions {
  /** A table, read whole in the order of its primary key; the name of its schema may stand before it. Either this or `query`. */
  readonly table?: string | undefined;
  /** What to read in place of a table. */
  readonly query?: string | undefined;
  /**
   * Take only rows whose value in this column is greater than that of the last row that was taken, into a file of their own: `to` is a
   * folder then.
   */
  readonly incremental?: string | undefined;
  /** In place of what the variables and files of the database's own clients say. It is kept nowhere. */
  readonly password?: string | undefined;
}

export interface AddKafkaOptions extends AddOptions {
  /** Path of the folder that the files are to lie in. */
  readonly to: string;
  /** Where to begin: `earliest`, `latest`, a time, an offset, or one by partition, such as `0:120,1:90`. Unless given, behind what `to` has. */
  readonly from?: string | undefined;
  /** Where to end, likewise; `latest` unless given, which is what the topic has when it begins. */
  readonly until?: string | undefined;
  /** The URL of a registry that has the schemas of values. */
  readonly registry?: string | undefined;
}

export interface AddStreamOptions extends AddOptions {
  /** Path of the file: a dataset, or a file within one that is a folder. */
  readonly to: string;
}

export interface DiffOptions extends PathOptions, Watch {
  /** A revision; HEAD unless given. */
  readonly before?: string | undefined;
  /** A revision; the data of the working tree unless given. */
  readonly after?: string | undefined;
}

export interface RestoreDataOptions extends Pick<CheckoutOptions, 'force'>, Watch {
  /** The revision that has the data; of paths that name none, the version that the pointer here names unless given. */
  readonly source?: string | undefined;
}

export interface ListDataOptions extends PathOptions, ListOptions, SourceOptions, Watch {
  /** A revision; the pointers of the working tree unless given. */
  readonly revision?: string | undefined;
}

export interface LogOptions extends Watch {
  /** The revision whose history is told; HEAD unless given. */
  readonly revision?: string | undefined;
}

export interface MetaOptions extends Watch {
  /** A value by its key; null says nothing any more. */
  readonly set?: Readonly<Record<string, string | null>> | undefined;
}

export interface VerifyOptions extends Watch {
  /** Check this remote, not the cache. */
  readonly remote?: string | undefined;
}

export interface OpenOptions extends Watch {
  /** The path of a file within a dataset that is a folder. */
  readonly file?: string | undefined;
}

export interface DriftHistoryOptions extends Watch {
  /** Settings from another schema than that of the dataset. */
  readonly schema?: string | undefined;
}

export interface SchemaShowOptions extends Watch {
  /** Another schema than the dataset's own. */
  readonly schema?: string | undefined;
  readonly format?: ShownSchemaFormat | undefined;
}

export interface SchemaUpdateOptions extends SchemaUpdateChoice, Watch {}

export interface OfRemoteOptions extends Watch {
  /** A remote other than the default. */
  readonly remote?: string | undefined;
}

export interface RemoteDefaultOptions extends Watch {
  /** Into config.local.yaml, which is not in Git. */
  readonly local?: boolean | undefined;
}

export interface TrustOptions extends SourceOptions, Watch {}

export interface TrustRevokeOptions extends TrustOptions {
  /** Of the consents that are taken back; all of them unless given. */
  readonly fingerprints?: readonly string[] | undefined;
}
