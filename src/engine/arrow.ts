import { createReadStream } from 'node:fs';
import { RecordBatchReader, type Schema } from 'apache-arrow';
import { VarveError } from '../errors.ts';
import { openAppender } from './append.ts';
import { arrowColumn } from './arrow-values.ts';
import { type Engine, readError } from './duckdb.ts';
import { identifier } from './quote.ts';
import type { SourceFile } from './source-file.ts';

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
      throw compressed(error) ? compressionError(error, file) : readError(error, file.path);
    }
  }
}

async function loadFile(engine: Engine, file: SourceFile, relation: string, create: boolean): Promise<void> {
  const reader = await RecordBatchReader.from(createReadStream(file.absolutePath));
  await reader.open();
  const columns = (reader.schema as Schema).fields.map((field) => ({
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
  for await (const batch of reader) {
    const readers = batch.data.children.map((data, index) => columns[index]!.reader(data));
    appender.append(batch.numRows, (row, column) => readers[column]!(row));
  }
  appender.close();
}

function compressed(error: unknown): boolean {
  return error instanceof Error && /compress|codec/i.test(error.message);
}

function compressionError(cause: unknown, { path }: SourceFile): VarveError {
  return new VarveError('unreadable-table', `${path}: its record batches are compressed, which is not read`, {
    remedy: "Write it uncompressed (compression='uncompressed' in pyarrow.feather), or as Parquet.",
    path,
    cause,
  });
}
