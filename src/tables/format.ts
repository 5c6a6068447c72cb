import type { Origin, TableVersion } from './model.ts';

/** The files of one table, wherever they lie. Names are those within its folder. */
export interface TableFolder {
  /** By which engines find the table, without a slash at its end. */
  readonly url: string;
  list(folder: string): Promise<string[]>;
  read(name: string): Promise<Uint8Array>;
  /** Write a file unless there is one of this name. */
  create(name: string, bytes: Uint8Array): Promise<'written' | 'exists'>;
  /** Write a file, over what is there. */
  replace(name: string, bytes: Uint8Array): Promise<void>;
}

/** What a commit did. */
export interface Committed {
  readonly version: number;
  readonly added: number;
  readonly removed: number;
  /** Columns that the format has no type for, with the names of their types. */
  readonly left: readonly string[];
}

/** A table in one of the formats, as it is now: each of its versions, and those that are committed, from 0 on. */
export interface OpenTable {
  readonly versions: readonly Origin[];
  /** Every URL of a file that some version names. */
  readonly urls: ReadonlySet<string>;
  /** Write the next version, whole or not at all; undefined where somebody else wrote one meanwhile. */
  commit(next: TableVersion): Promise<Committed | undefined>;
}

export const TABLE_FORMATS = ['delta', 'iceberg'] as const;
export type TableFormat = (typeof TABLE_FORMATS)[number];
