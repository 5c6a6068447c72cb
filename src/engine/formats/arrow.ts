import { createReadStream } from 'node:fs';
import {
  CompressionType,
  compressionRegistry,
  type DataType,
  type Field,
  type RecordBatch,
  type RecordBatchFileReader,
  RecordBatchReader,
  type Schema,
} from 'apache-arrow';
import { decompress as decompressZstd } from 'fzstd';
import lz4 from 'lz4js';
import { VarveError } from '../../errors.ts';
import { openAppender } from '../chunks/append.ts';
import { type Engine, readError } from '../duckdb.ts';
import { identifier } from '../quote.ts';
import { firstBytes, type SourceFile } from '../source-file.ts';
import { assertBacked } from './arrow-bounds.ts';
import { arrowColumn } from './arrow-values.ts';
import { BinaryFault } from './binary-fault.ts';
import { assertNameable } from './names.ts';

compressionRegistry.set(CompressionType.LZ4_FRAME, { decode: (bytes) => lz4.decompress(bytes) });
// A copy of their own, since vectors want their bytes at a multiple of eight.
compressionRegistry.set(CompressionType.ZSTD, { decode: (bytes) => decompressZstd(bytes).slice() });

/** Loads Arrow IPC, file or stream, and Feather 2 (which is the same) into the table `relation`, batch by batch. */
export async function loadArrow(
  engine: Engine,
  files: readonly SourceFile[],
  relation: string,
): Promise<void> {
  for (const [index, file] of files.entries()) {
    try {
      await loadFile(engine, file, relation, index === 0);
    } catch (error) {
      throw error instanceof VarveError ? error : readError(error, file);
    }
  }
}

async function loadFile(engine: Engine, file: SourceFile, relation: string, create: boolean): Promise<void> {
  assertArrow(file);
  const reader = await RecordBatchReader.from(createReadStream(file.absolutePath));
  await reader.open();
  const { fields } = reader.schema as Schema;
  assertNameable(
    namesOf(fields).filter((name) => name.includes('\0')),
    file,
  );
  const columns = fields.map((field) => ({
    name: field.name,
    ...arrowColumn(field.type),
  }));
  if (create) {
    const definitions = columns.map(
      ({ name, sql }, index) => `${identifier(name || `column${index}`)} ${sql}`,
    );
    await engine.query(`CREATE TABLE ${identifier(relation)} (${definitions.join(', ')})`);
  }
  const appender = await openAppender(engine, relation);
  for await (const batch of batchesOf(reader)) {
    assertBacked(batch.data);
    const readers = batch.data.children.map((data, index) => columns[index]!.reader(data));
    appender.append(batch.numRows, (row, column) => readers[column]!(row));
  }
  appender.close();
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

function assertArrow({ absolutePath, path }: SourceFile): void {
  if (firstBytes(absolutePath, FEATHER_1_MAGIC.length).toString('latin1') !== FEATHER_1_MAGIC) return;
  throw new VarveError('table-unreadable', `${path}: Feather version 1, which is not read`, {
    remedy: 'Write it as version 2, as pandas and pyarrow have done since 2020, or as Parquet.',
    path,
  });
}
