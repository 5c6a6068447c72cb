/**
 * What the footers of Parquet files say of a dataset of which nobody has read the rows: how many there are, of which columns, how many of
 * them have no value, and between which bounds the values lie. It is no profile, and nothing may take it for one: it knows no value.
 */
export interface FooterStatistics {
  /** The version of this document. */
  readonly varveFooters: 1;
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
  /** Rows without a value, those of files included that have no such column. Absent where a footer does not count them. */
  readonly nulls?: number;
  /**
   * No value is less, or greater: as a profile writes values. Of numbers and times they are values, unless their writer says otherwise; of texts they may
   * be cut. NaN lies outside. Absent where a footer has none, where files differ in the type, and where there is no value.
   */
  readonly min?: string;
  readonly max?: string;
}
