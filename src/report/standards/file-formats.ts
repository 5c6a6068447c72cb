/** The media types of files of tables, by the ends of their names: as IANA has them, and as Croissant's reader does where that is none. */
export const MEDIA_TYPES: Readonly<Record<string, string>> = {
  csv: 'text/csv',
  tsv: 'text/tab-separated-values',
  tab: 'text/tab-separated-values',
  json: 'application/json',
  jsonl: 'application/jsonlines',
  ndjson: 'application/jsonlines',
  parquet: 'application/x-parquet',
  pq: 'application/x-parquet',
  arrow: 'application/vnd.apache.arrow.file',
  feather: 'application/vnd.apache.arrow.file',
  avro: 'application/avro',
  tfrecord: 'application/x-tfrecord',
};

/** The end of a name, in small letters, without that of compression: `csv` of `a.csv.gz`. */
export function fileFormatOf(path: string): string {
  const name = path
    .slice(path.lastIndexOf('/') + 1)
    .toLowerCase()
    .replace(/\.(gz|zst)$/, '');
  return name.slice(name.lastIndexOf('.') + 1);
}
