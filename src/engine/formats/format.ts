/**
 * Formats: which files can be read as tables, and what each takes to be read safely. They may not know profiles, nor
 * what the columns are for.
 */

/** The formats that a file's name tells. Compression is told apart: `a.csv.gz` is CSV. */
export type Format = 'csv' | 'tsv' | 'json' | 'jsonl' | 'parquet' | 'arrow' | 'tfrecord' | 'avro';

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
  tfrecord: 'tfrecord',
  tfrecords: 'tfrecord',
  tfrec: 'tfrecord',
  avro: 'avro',
};

/** Formats that compress inside: no `.gz` there. */
const COMPRESSED_INSIDE: readonly Format[] = ['parquet', 'arrow', 'avro'];

/** Formats whose records need not have all columns: files of them beside each other are one table, whichever columns they have. */
const SPARSE: readonly (Format | undefined)[] = ['json', 'jsonl', 'tfrecord'];

/** Tells whether files of this name are of a format whose records need not have all columns. */
export function isSparse(path: string): boolean {
  return SPARSE.includes(formatOf(path));
}

/** What Beam, Spark and TensorFlow put at the end of a name where they write in parts: `-00000-of-00010`. */
const PART = /-\d{5,}-of-\d{5,}$/;

/** Files of TFX, whose names have the format in place of an extension: `data_tfrecord-00000-of-00001.gz`. */
const TFX_NAME = /(^|_)tfrecord$/;

/** Tells the format by the name; undefined if the name is not that of a table. */
export function formatOf(path: string): Format | undefined {
  const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase();
  const bare = name.replace(/\.(gz|zst)$/, '');
  const whole = bare.replace(PART, '');
  if (TFX_NAME.test(whole)) return 'tfrecord';
  const dot = whole.lastIndexOf('.');
  if (dot < 0) return undefined;
  const format = FORMAT_OF_EXTENSION[whole.slice(dot + 1)];
  return bare !== name && format !== undefined && COMPRESSED_INSIDE.includes(format) ? undefined : format;
}

/** What is left of a name for `formatOf` to tell the format and how it is compressed: `.csv.gz` of `a/b.csv.gz`. */
export function extensionsOf(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const [, part = '', compression = ''] = /(-\d{5,}-of-\d{5,})?(\.(?:gz|zst))?$/i.exec(name) ?? [];
  const bare = name.slice(0, name.length - part.length - compression.length);
  const dot = bare.lastIndexOf('.');
  return `${dot < 0 ? '' : bare.slice(dot)}${TFX_NAME.test(bare.toLowerCase()) ? '.tfrecord' : ''}${compression}`;
}

/** Tells whether the engine reads rows from a file of this name. */
export function isTabular(path: string): boolean {
  return formatOf(path) !== undefined;
}

/**
 * Folders that table formats and engines keep for themselves beside the data. Spark passes over every name that begins with `_` or `.`; a person
 * may keep data in one, which is not to vanish from statistics.
 */
const OWN_FOLDER =
  /(?:^|\/)(?:_delta_log|_delta_index|_change_data|_temporary|_spark_metadata|\.hoodie|\.spark-staging[^/]*)\//;
/** What Iceberg knows of a table, which lies beside its data. Source: https://iceberg.apache.org/spec/ */
const ICEBERG_METADATA =
  /(?:^|\/)metadata\/(?:[^/]+\.metadata\.json(?:\.gz)?|snap-[^/]+\.avro|[^/]+-m\d+\.avro)$/;

/**
 * Tells whether a file of a folder has rows of its data: it is of a format that the engine reads, and is not what a table format or an engine
 * notes for itself.
 * @param path POSIX, from the folder
 */
export function holdsRows(path: string): boolean {
  return isTabular(path) && !OWN_FOLDER.test(path) && !ICEBERG_METADATA.test(path);
}
