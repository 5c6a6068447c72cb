import { VarveError } from '../../errors.ts';
import { firstBytes } from '../source-file.ts';
import { isTabular } from './format.ts';
import { isRecordHead } from './tfrecord/records.ts';

/** What a file holds that is not read by its name, and what to do. */
interface Refusal {
  /** With its article. */
  readonly what: string;
  readonly remedy: string;
}

const WORKBOOK = {
  what: 'a workbook of a spreadsheet program',
  remedy:
    'Save the sheet as CSV there, or write it as Parquet, for example with `pandas.read_excel` and `DataFrame.to_parquet`.',
};
const ORC = {
  what: 'an ORC file',
  remedy:
    'Write it as Parquet, for example with `pyarrow.orc.read_table` and `pyarrow.parquet.write_table`, or with Spark.',
};
const HADOOP_REMEDY = 'Write its records as Avro or Parquet, for example with Spark or Hive.';

/** By the extension of the name. */
const BY_NAME: Readonly<Record<string, Refusal>> = {
  xlsx: WORKBOOK,
  xlsm: WORKBOOK,
  xlsb: WORKBOOK,
  xls: WORKBOOK,
  ods: WORKBOOK,
  orc: ORC,
};

/** What wrote it in parts gave the parts no extension: text of Sqoop, of MapReduce or of a Hive table. */
const UNNAMED_PART: Refusal = {
  what: 'a part that a job of Hadoop wrote, whose name tells no format',
  remedy:
    'Where it is delimited text, give it a name that ends with .csv or .tsv. Sqoop writes names and types of columns as well by `sqoop import --as-parquetfile`.',
};
const PART_OF_JOB = String.raw`(?:^|/)(?:part-(?:[mr]-)?\d{5}|\d{6}_\d+)`;
const ONLY_PART = new RegExp(`${PART_OF_JOB}$`);

/** Tells whether the name is one that jobs of Hadoop give to parts of any format. */
function isUnnamedPart(path: string): boolean {
  return ONLY_PART.test(path);
}

/** How to undo compression that is not read, by the extension of the name. */
const DECOMPRESSED_BY: Readonly<Record<string, string>> = {
  bz2: '`bunzip2 FILE`',
  xz: '`unxz FILE`',
  lz4: '`lz4 -d FILE`',
  snappy: 'what wrote it',
  deflate: 'what wrote it',
  lzo: '`lzop -d FILE`',
  z: '`uncompress FILE`',
  br: '`brotli -d FILE`',
};

/** A compressed file of data or of a job, not just any `.z`. */
const COMPRESSED = new RegExp(
  String.raw`(?:\.(?:csv|tsv|tab|txt|json|jsonl|ndjson|avro|parquet|tfrecords?)|${PART_OF_JOB})\.(\w+)$`,
);

function compressedOtherwise(path: string): Refusal | undefined {
  const [, extension = ''] = COMPRESSED.exec(path) ?? [];
  if (!Object.hasOwn(DECOMPRESSED_BY, extension)) return undefined;
  return {
    what: `compressed as .${extension}`,
    remedy: `Decompress it by ${DECOMPRESSED_BY[extension]}; compressed by gzip or zstd, text is read as it is.`,
  };
}

function namedOtherwise(format: string, extension: string): Refusal {
  return { what: `${format} by another name`, remedy: `Give it a name that ends with ${extension}.` };
}

/** By how the file begins: with the byte of the version, so that text that happens to begin with these letters is none. */
const BY_START: readonly (readonly [start: RegExp, refusal: Refusal])[] = [
  // ORC has no such byte there. Behind its letters comes what is no text.
  [/^ORC(?![\t\n\r\x20-\x7e]{9})/, ORC],
  [/^SEQ[\x00-\x06]/, { what: 'a SequenceFile of Hadoop', remedy: HADOOP_REMEDY }],
  [/^RCF[\x00-\x01]/, { what: 'an RCFile of Hive', remedy: HADOOP_REMEDY }],
  [/^Obj\x01/, namedOtherwise('Avro', '.avro')],
  [/^PAR1/, namedOtherwise('Parquet', '.parquet')],
  [/^ARROW1/, namedOtherwise('Arrow', '.arrow')],
];

/** Says that a file is no table that is read, and, where it is one of a known kind, which, and how it becomes one. */
export function notTabular(path: string, absolutePath?: string): VarveError {
  const found = refusalOf(path, absolutePath === undefined ? undefined : () => startOf(absolutePath));
  if (found !== undefined) return refused(path, found);
  return new VarveError('data-not-tabular', `${path} is not a table, so there are no statistics of it`, {
    path,
    remedy: 'Name a CSV, TSV, JSON, JSON Lines, Parquet, Arrow, Feather, Avro or TFRecord file, or a folder.',
  });
}

/**
 * Says what a file is that holds rows in a form that is not read, so that nobody takes it for one without rows; undefined for every other
 * file. A workbook is one of those: people keep them beside data.
 * @param shownAs how messages name it
 * @param start gives its first {@link START_BYTES} bytes; by the name alone unless given
 */
export function unreadRows(path: string, shownAs: string, start?: () => Buffer): VarveError | undefined {
  const found = isTabular(path) ? undefined : refusalOf(path, start);
  return found === undefined || found === WORKBOOK ? undefined : refused(shownAs, found);
}

function refused(path: string, { what, remedy }: Refusal): VarveError {
  return new VarveError('data-not-tabular', `${path} is ${what}, which varve does not read`, {
    path,
    remedy,
  });
}

function refusalOf(path: string, start: (() => Buffer) | undefined): Refusal | undefined {
  const [, extension = ''] = /\.(\w+)$/.exec(path.toLowerCase()) ?? [];
  const byName = Object.hasOwn(BY_NAME, extension) ? BY_NAME[extension] : undefined;
  const known = byName ?? compressedOtherwise(path.toLowerCase());
  if (known !== undefined || start === undefined) return known;
  const bytes = start();
  if (isRecordHead(bytes)) return namedOtherwise('TFRecords', '.tfrecord');
  const text = bytes.toString('latin1');
  const byStart = BY_START.find(([beginning]) => beginning.test(text))?.[1];
  return byStart ?? (isUnnamedPart(path) ? UNNAMED_PART : undefined);
}

/** Enough for the head of a TFRecord. */
export const START_BYTES = 12;

/** Read the first {@link START_BYTES} bytes; none of a file that is gone, or not to be read: then it is of no known kind. */
export function startOf(absolutePath: string): Buffer {
  try {
    return firstBytes(absolutePath, START_BYTES);
  } catch {
    return Buffer.alloc(0);
  }
}
