/** The version of a table of Delta Lake or Iceberg that data in place is, by which `varve update` tells what changed. */
export interface TableOrigin {
  readonly format: 'delta' | 'iceberg';
  /** The number of a version of Delta Lake, or the id of a snapshot of Iceberg. */
  readonly version: string;
}

/** Both count in 64 bits. */
const VERSION = /^(?:0|[1-9]\d{0,18})$/;

/** Tell which fact of a table is not one that it can have, as the rest of a sentence; undefined if all are. */
export function problemOfTable({ format, version }: { format: string; version: string }): string | undefined {
  if (format !== 'delta' && format !== 'iceberg') return '`table` is neither delta nor iceberg';
  return VERSION.test(version) ? undefined : '`table-version` is no version of a table';
}
