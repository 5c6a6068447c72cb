/** What a file holds, told by its name. Compression is told apart: `a.csv.gz` is CSV. */
export type Format = 'csv' | 'tsv' | 'json' | 'jsonl' | 'parquet' | 'arrow';

const formatOfExtension: Readonly<Record<string, Format>> = {
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

/** Undefined if the name does not say that the file is a table. Parquet and Arrow compress inside: no `.gz` there. */
export function formatOf(path: string): Format | undefined {
  const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase();
  const bare = name.replace(/\.(gz|zst)$/, '');
  const dot = bare.lastIndexOf('.');
  if (dot < 0) return undefined;
  const format = formatOfExtension[bare.slice(dot + 1)];
  return bare !== name && (format === 'parquet' || format === 'arrow') ? undefined : format;
}

/** Whether the engine reads rows from a file of this name. */
export function isTabular(path: string): boolean {
  return formatOf(path) !== undefined;
}
