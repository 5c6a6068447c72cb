/**
 * The version of a table of Delta Lake or Iceberg that data in place is, and what `varve update` makes of it: the newest version of the
 * table, or of `branch`; where there is `at`, it leaves it as it is.
 */
export interface TableOrigin {
  readonly format: 'delta' | 'iceberg';
  /** The number of a version of Delta Lake, or the id of a snapshot of Iceberg. */
  readonly version: string;
  /** The branch of Iceberg that was named, other than the main one. */
  readonly branch?: string;
  /** What was named that stays: a version, a snapshot or a tag. */
  readonly at?: string;
}

/** Both count in 64 bits. */
const VERSION = /^(?:0|[1-9]\d{0,18})$/;

/** A branch, a tag or a number, in up to 1,024 characters of one line. */
const NAME = /^[^\x00-\x1f\x7f-\x9f\u2028\u2029]{1,1024}$/;

/** Tell which fact of a table is not one that it can have, as the rest of a sentence; undefined if all are. */
export function problemOfTable({
  format,
  version,
  branch,
  at,
}: Omit<TableOrigin, 'format'> & { readonly format: string }): string | undefined {
  if (format !== 'delta' && format !== 'iceberg') return '`table` is neither delta nor iceberg';
  if (!VERSION.test(version)) return '`table-version` is no version of a table';
  if (branch !== undefined && (format !== 'iceberg' || !NAME.test(branch)))
    return '`table-branch` is no name of a branch of Iceberg';
  if (at !== undefined && !NAME.test(at)) return '`table-at` names neither a version nor a tag';
  return branch !== undefined && at !== undefined
    ? '`table-branch` and `table-at` do not go together'
    : undefined;
}
