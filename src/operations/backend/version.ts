import type { DataFile, TableFile } from '../../profile/dataset/profile-files.ts';
import type { Digest } from '../../store/format/digest.ts';
import type { UnreadFile } from '../../tables/model.ts';
import type { Meta } from '../../workspace/meta.ts';

declare const contentKey: unique symbol;

/**
 * Stands for the content of a file or dataset: equal for equal content, which is all that it promises. The digest of varve's own
 * data is one. Another, such as DVC's, is no SHA-256 of bytes: it names nothing in a store, and the compiler keeps it out of one.
 */
export type ContentKey = Digest | (string & { readonly [contentKey]: true });

/** The facts that a pointer states about a version of a dataset, in whichever format it is written. */
export interface VersionFacts {
  readonly kind: 'file' | 'directory';
  readonly content: ContentKey;
  /** How people and other tools name the data: `sha256:…`, or of DVC `md5:…`. */
  readonly name: string;
  readonly bytes: number;
  readonly files: number;
  /** Of all tables; absent if there is none. */
  readonly rows?: number;
  /** Statistics that travel with the data. */
  readonly profile?: Digest;
  /** Of data in place without a profile: what the footers of its files say. */
  readonly footers?: Digest;
  /** Where the table that the data is says it in their place. */
  readonly footersBy?: 'table';
  /** URL of data that lies in a bucket and stays there, without credentials. */
  readonly source?: string;
  /** Where the data comes from, in words and without secrets; absent for what was only ever added here. */
  readonly origin?: string;
  /** Set where the data is a table that shows other columns than its files have: Backend.columns has them. */
  readonly columns?: 'listed';
  /** What people say of the data. */
  readonly meta?: Meta;
}

/** One version of a dataset. */
export interface DatasetVersion extends VersionFacts {
  /** From the root, POSIX. */
  readonly path: string;
  /** The commit that has it; undefined for the version that the working tree's pointer names. */
  readonly commit: string | undefined;
}

/** Hears of the files of a table while they are listed. */
export interface FileListener {
  /** @param described what the table says of its rows; undefined if it does not count them */
  take(path: string, described: UnreadFile | undefined): void;
}

/** A version of a dataset, or a file or folder within one. */
export interface VersionPart {
  readonly version: DatasetVersion;
  /** The path within the dataset; undefined if the whole is meant. */
  readonly part: string | undefined;
}

/** One commit that changed a dataset. */
export interface HistoryEntry {
  readonly commit: string;
  /** Of the author: ISO 8601, with its zone. */
  readonly date: string;
  readonly author: string;
  readonly subject: string;
  /** Undefined if this commit took the dataset out. */
  readonly version: VersionFacts | undefined;
}

/**
 * The files of a dataset, readable as long as the work on them lasts: all files of a directory, or only its tables if the
 * version is not checked out.
 */
export type DatasetFiles =
  | { readonly kind: 'file'; readonly files: readonly TableFile[] }
  | { readonly kind: 'directory'; readonly files: readonly DataFile[] };

/** A commit that changed a dataset, of which nobody has read what it brought. */
export interface VersionChange extends Omit<HistoryEntry, 'version'> {
  /** Of the dataset, from the root. */
  readonly path: string;
  /** Stands for what the pointer says: equal for equal content. */
  readonly pointer: string;
}

/** A version, and a commit that brought it. */
export interface CommittedVersion extends Omit<HistoryEntry, 'version'>, DatasetVersion {
  readonly commit: string;
}
