/**
 * Arrow: IPC files and streams, and Feather 2, as tables. It may not know other formats, nor what the columns are for.
 */

import { createReadStream } from 'node:fs';
import {
  CompressionType,
  compressionRegistry,
  DataType,
  type Field,
  type RecordBatch,
  type RecordBatchFileReader,
  RecordBatchReader,
  type Schema,
} from 'apache-arrow';
import { decompress as decompressZstd } from 'fzstd';
import lz4 from 'lz4js';
import { VarveError } from '../../../errors.ts';
import { openAppender } from '../../chunks/append.ts';
import { type Engine, readError } from '../../duckdb.ts';
import { identifier } from '../../quote.ts';
import { firstBytes, type SourceFile, shownPath } from '../../source-file.ts';
import type { EngineColumn } from '../../types.ts';
import { BinaryFault, MAX_DECIMAL_DIGITS, NO_COLUMNS, tooManyDigits } from '../binary-fault.ts';
import { assertNameable, uniqueNames } from '../names.ts';
import { assertBacked } from './bounds.ts';
import { isBigEndian } from './endianness.ts';
import { type ArrowColumn, arrowColumn } from './values.ts';
import { vectorWriter } from './vectors.ts';

compressionRegistry.set(CompressionType.LZ4_FRAME, { decode: (bytes) => lz4.decompress(bytes) });
// A copy of their own, since vectors want their bytes at a multiple of eight.
compressionRegistry.set(CompressionType.ZSTD, { decode: (bytes) => decompressZstd(bytes).slice() });

/** Gives the types of columns from those that DuckDB tells of them. */
export type Retype = (columns: readonly EngineColumn[]) => readonly EngineColumn[];

/** Loads Arrow IPC, file or stream, and Feather 2 (which is the same) into the table `relation`, batch by batch. */
export async function loadArrow(
  engine: Engine,
  files: readonly SourceFile[],
  relation: string,
): Promise<Retype> {
  let first: readonly ArrowColumn[] = [];
  for (const [index, file] of files.entries()) {
    try {
      const columns = await loadFile(engine, file, relation, index === 0);
      if (index === 0) first = columns;
    } catch (error) {
      throw error instanceof VarveError ? error : readError(error, file);
    }
  }
  return (columns) =>
    columns.map(({ name, type }, index) => ({ name, type: first[index]?.retype?.(type) ?? type }));
}

async function loadFile(
  engine: Engine,
  file: SourceFile,
  relation: string,
  create: boolean,
): Promise<readonly ArrowColumn[]> {
  assertArrow(file);
  const reader = await RecordBatchReader.from(createReadStream(file.absolutePath));
  await openReader(reader);
  const { fields } = reader.schema as Schema;
  assertNameable(
    namesOf(fields).filter((name) => name.includes('\0')),
    file,
  );
  if (fields.length === 0) throw NO_COLUMNS;
  for (const field of fields) assertReadable(field.type, field.name);
  const columns = fields.map(({ type }) => arrowColumn(type));
  if (create) {
    const names = uniqueNames(
      fields.map(({ name }) => name),
      'column',
    );
    const definitions = columns.map(({ sql }, index) => `${identifier(names[index]!)} ${sql}`);
    await engine.query(`CREATE TABLE ${identifier(relation)} (${definitions.join(', ')})`);
  }
  const appender = await openAppender(engine, relation);
  for await (const batch of batchesOf(reader)) {
    assertBacked(batch.data);
    const writers = batch.data.children.map(vectorWriter);
    const readers = batch.data.children.map((data, index) =>
      writers[index] === undefined ? columns[index]!.reader(data) : undefined,
    );
    appender.append(batch.numRows, (row, column) => readers[column]!(row), writers);
  }
  appender.close();
  return columns;
}

/** What apache-arrow says of a type that it does not know, with the name of the type. */
const UNKNOWN_TYPE = /^Unrecognized type: "(\w*)" \((\d+)\)/;
/** Names that it does not know either. @see https://github.com/apache/arrow/blob/main/format/Schema.fbs */
const TYPE_NAMES: Readonly<Record<string, string>> = {
  22: 'RunEndEncoded',
  25: 'ListView',
  26: 'LargeListView',
};

async function openReader(reader: RecordBatchReader): Promise<void> {
  try {
    await reader.open();
  } catch (error) {
    const [, name, id = ''] = UNKNOWN_TYPE.exec((error as Error).message) ?? [];
    if (name === undefined) throw error;
    throw new BinaryFault(
      `a column is of Arrow's type ${TYPE_NAMES[id] ?? (name || id)}, which is not read`,
      'Write the column as a plain list or array, or the table as Parquet.',
    );
  }
}

function assertReadable(type: DataType, column: string): void {
  if (DataType.isDecimal(type) && type.precision > MAX_DECIMAL_DIGITS)
    throw tooManyDigits(column, type.precision);
  if (DataType.isStruct(type) && type.children.length === 0)
    throw new BinaryFault(
      `the column ${JSON.stringify(column)} has a struct without fields`,
      'Leave the struct out, or give it a field.',
    );
  if (DataType.isDictionary(type)) assertReadable(type.dictionary, column);
  for (const child of type.children ?? []) assertReadable(child.type, column);
}

/**
 * The batches of a file by its footer, one after the other. The iterator of a file's reader reads a place that holds something else again,
 * without end.
 */
async function* batchesOf(reader: RecordBatchReader): AsyncGenerator<RecordBatch> {
  if (!reader.isFile()) return yield* reader;
  for (let index = 0; index < reader.numRecordBatches; index++) {
    const batch = await (reader as RecordBatchFileReader).readRecordBatch(index);
    if (batch === null) throw new BinaryFault('its footer tells of a batch where none is');
    yield batch;
  }
}

function namesOf(fields: readonly Field[]): string[] {
  return fields.flatMap(({ name, type }) => [name, ...namesOf((type as DataType).children ?? [])]);
}

/** The first bytes of Feather 1, which is another format than Arrow's. */
const FEATHER_1_MAGIC = 'FEA1';

function assertArrow(file: SourceFile): void {
  const { absolutePath } = file;
  if (isBigEndian(absolutePath))
    throw new BinaryFault(
      'its numbers are in big-endian byte order, which is not read',
      'Write it in little-endian order, or as Parquet.',
    );
  if (firstBytes(absolutePath, FEATHER_1_MAGIC.length).toString('latin1') !== FEATHER_1_MAGIC) return;
  throw new VarveError('table-unreadable', `${shownPath(file)}: Feather version 1, which is not read`, {
    remedy: 'Write it as version 2, as pandas and pyarrow have done since 2020, or as Parquet.',
    path: shownPath(file),
  });
}
