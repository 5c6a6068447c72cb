/**
 * Formats: which files can be read as tables, and what each takes to be read safely. They may not know profiles, nor
 * what the columns are for.
 */

/** The formats that a file's name tells. Compression is told apart: `a.csv.gz` is CSV. */
export type Format = 'csv' | 'tsv' | 'json' | 'jsonl' | 'parquet' | 'arrow';

const FORMAT_OF_EXTENSION: Readonly<Record<string, Format>> = {
  csv: 'csv',
  tsv: 'tsv',
  tab: 'tsv',
  json: 'json',
  jsonl: 'jsonl',
  ndjson: 'jsonl',
  parquet: 'parquet',
  pq: 'parquet',
  arrow: 'arrow',
  arrows: 'arrow',
  feather: 'arrow',
  ipc: 'arrow',
};

/**
 * Tells the format by the name; undefined if the name is not that of a table. Parquet and Arrow compress inside: no `.gz`
 * there.
 */
export function formatOf(path: string): Format | undefined {
  const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase();
  const bare = name.replace(/\.(gz|zst)$/, '');
  const dot = bare.lastIndexOf('.');
  if (dot < 0) return undefined;
  const format = FORMAT_OF_EXTENSION[bare.slice(dot + 1)];
  return bare !== name && (format === 'parquet' || format === 'arrow') ? undefined : format;
}

/** Tells whether the engine reads rows from a file of this name. */
export function isTabular(path: string): boolean {
  return formatOf(path) !== undefined;
}
