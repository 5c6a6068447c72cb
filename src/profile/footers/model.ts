/**
 * What the footers of Parquet files say, or a table in their place, of a dataset of which nobody has read the rows: how many there are, of which columns, how many of
 * them have no value, and between which bounds the values lie. It is no profile, and nothing may take it for one: it knows no value.
 */
export interface FooterStatistics {
  /** The version of this document. */
  readonly varveFooters: 1;
  /** Where the log of Delta Lake or the manifests of Iceberg say it, and no file was opened. */
  readonly by?: 'table';
  /** One for each folder of files, Hive partitions apart, in the order of their first files. */
  readonly tables: readonly FooterTable[];
}

export interface FooterTable {
  /** `''` for the only table of a dataset, else the folder. */
  readonly name: string;
  readonly files: number;
  /** Exact. */
  readonly rows: number;
  /** In the order of the columns, fields of structs in place; those that stand in paths come last. */
  readonly columns: readonly FooterColumn[];
}

/** A column, or a field of a struct. What lies within lists and maps is not told apart. */
export interface FooterColumn {
  /** The column, then struct fields. */
  readonly path: readonly string[];
  /** As `long`, `decimal(10,2)` or `list<string>`; of files that differ all of them, as `integer | long`. */
  readonly type: string;
  /** Rows without a value, those of files included that have no such column. Absent where nobody counts them. */
  readonly nulls?: number;
  /**
   * No value is less, or greater: as a profile writes values. Of numbers and times they are values, unless their writer says otherwise; of texts they may
   * be cut, and of Delta Lake times too, to milliseconds. NaN lies outside. Absent where nobody says them, where files differ in the type, and where there
   * is no value.
   */
  readonly min?: string;
  readonly max?: string;
}

/** Who says what is known of a dataset of which nobody has read the rows: the footers of its files, or the table that it is. */
export type KnownBy = 'footers' | 'table';

/** Tell who says what is known of a version, if nobody has read its rows. */
export function knownBy({
  footers,
  footersBy = 'footers',
}: {
  readonly footers?: string | undefined;
  readonly footersBy?: KnownBy | undefined;
}): KnownBy | undefined {
  return footers === undefined ? undefined : footersBy;
}
