/**
 * Tables as engines read them: columns, and the Parquet files that hold their rows, in one version after the other. This room may not
 * know where files lie, nor how a version came to be.
 */

/** Types that both formats of tables have in some form; `null` stands for a column that has no value in any row. */
export type PrimitiveName =
  | 'boolean'
  | 'byte'
  | 'short'
  | 'integer'
  | 'long'
  | 'float'
  | 'double'
  | 'string'
  | 'binary'
  | 'date'
  | 'time'
  | 'timestamp'
  | 'timestamp_ntz'
  | 'uuid';

export type ColumnType =
  | { readonly is: PrimitiveName }
  | { readonly is: 'decimal'; readonly precision: number; readonly scale: number }
  | { readonly is: 'struct'; readonly fields: readonly TableColumn[] }
  | { readonly is: 'list'; readonly element: ColumnType }
  | { readonly is: 'map'; readonly key: ColumnType; readonly value: ColumnType }
  /** What neither format has a type for, by the name that Parquet gives it. */
  | { readonly is: 'other'; readonly name: string };

export interface TableColumn {
  readonly name: string;
  readonly type: ColumnType;
}

/** What is known of a column of one file. Bounds are text, as a profile writes values; absent where they are not known. NaN lies outside. */
export interface ColumnBounds {
  /** The column, then fields of structs. */
  readonly path: readonly string[];
  readonly type: ColumnType;
  readonly nulls?: number;
  readonly min?: string;
  readonly max?: string;
}

/** What is known of a file without reading its rows. */
export interface UnreadFile {
  readonly rows: number;
  readonly columns: readonly TableColumn[];
  readonly bounds: readonly ColumnBounds[];
}

/** What the footer of a Parquet file says. */
export interface ParquetFile extends UnreadFile {
  /** Whether its writer gave the columns numbers, by which readers of Iceberg find them, rather than by their names. */
  readonly hasFieldIds: boolean;
  /** The numbers of its columns, in their order; undefined where one has none. Absent if none has. */
  readonly ids?: readonly (number | undefined)[];
}

/** A file of a version of a table. */
export interface TableDataFile {
  /** Absolute. */
  readonly url: string;
  /** In bytes. */
  readonly size: number;
  readonly rows: number;
  /** By column; null where Hive writes that there is no value. */
  readonly partition: ReadonlyMap<string, string | null>;
  readonly bounds: readonly ColumnBounds[];
}

/** What one version of a dataset is as a table. */
export interface TableVersion {
  readonly columns: readonly TableColumn[];
  /** Names of those columns whose values stand in the paths of the files. */
  readonly partitionColumns: readonly string[];
  readonly files: readonly TableDataFile[];
  readonly origin: Origin;
}

/** Where a version of a table comes from. */
export interface Origin {
  /** Path of the dataset, or of the folder within it, from the root. */
  readonly dataset: string;
  /** What names the data: `sha256:…`. */
  readonly digest: string;
  /** The commit of Git that brought it. */
  readonly commit: string;
  /** Of the commit, in ms since 1970. */
  readonly time: number;
}
