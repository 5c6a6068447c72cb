import { VarveError } from '../../errors.ts';
import { firstBytes } from '../source-file.ts';
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

function namedOtherwise(format: string, extension: string): Refusal {
  return { what: `${format} by another name`, remedy: `Give it a name that ends with ${extension}.` };
}

/** By how the file begins. */
const BY_START: readonly (readonly [start: string, refusal: Refusal])[] = [
  ['ORC', ORC],
  ['SEQ', { what: 'a SequenceFile of Hadoop', remedy: HADOOP_REMEDY }],
  ['RCF', { what: 'an RCFile of Hive', remedy: HADOOP_REMEDY }],
  ['Obj\x01', namedOtherwise('Avro', '.avro')],
  ['PAR1', namedOtherwise('Parquet', '.parquet')],
  ['ARROW1', namedOtherwise('Arrow', '.arrow')],
];

/** Says that a file is no table that is read, and, where it is one of a known kind, which, and how it becomes one. */
export function notTabular(path: string, absolutePath?: string): VarveError {
  const found = refusalOf(path, absolutePath);
  if (found !== undefined) {
    const { what, remedy } = found;
    return new VarveError('data-not-tabular', `${path} is ${what}, which varve does not read`, {
      path,
      remedy,
    });
  }
  return new VarveError('data-not-tabular', `${path} is not a table, so there are no statistics of it`, {
    path,
    remedy: 'Name a CSV, TSV, JSON, JSON Lines, Parquet, Arrow, Feather, Avro or TFRecord file, or a folder.',
  });
}

function refusalOf(path: string, absolutePath: string | undefined): Refusal | undefined {
  const [, extension = ''] = /\.(\w+)$/.exec(path.toLowerCase()) ?? [];
  const byName = Object.hasOwn(BY_NAME, extension) ? BY_NAME[extension] : undefined;
  if (byName !== undefined || absolutePath === undefined) return byName;
  const start = startOf(absolutePath);
  if (isRecordHead(start)) return namedOtherwise('TFRecords', '.tfrecord');
  const text = start.toString('latin1');
  return BY_START.find(([beginning]) => text.startsWith(beginning))?.[1];
}

/** Enough for the head of a TFRecord. */
const START_BYTES = 12;

function startOf(absolutePath: string): Buffer {
  try {
    return firstBytes(absolutePath, START_BYTES);
  } catch {
    // It may be gone, or not to be read: then it is of no known kind.
    return Buffer.alloc(0);
  }
}
