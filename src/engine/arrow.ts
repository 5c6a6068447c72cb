import { createReadStream } from 'node:fs';
import { DuckDBDataChunk, type DuckDBType } from '@duckdb/node-api';
import { RecordBatchReader, type Schema } from 'apache-arrow';
import { VarveError } from '../errors.ts';
import { arrowColumn, type ColumnReader } from './arrow-values.ts';
import { type Engine, readError } from './duckdb.ts';
import { identifier } from './quote.ts';
import type { SourceFile } from './source-file.ts';

/** Rows that one chunk of DuckDB holds. */
const chunkRows = 2048;

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
  const types = (await engine.connection.run(`FROM ${identifier(relation)} LIMIT 0`)).columnTypes();
  const appender = await engine.connection.createAppender(relation);
  for await (const batch of reader) {
    const readers = batch.data.children.map((data, index) => columns[index]!.reader(data));
    for (let start = 0; start < batch.numRows; start += chunkRows) {
      appender.appendDataChunk(
        await chunkOf(readers, types, start, Math.min(batch.numRows, start + chunkRows)),
      );
    }
  }
  appender.closeSync();
}

function chunkOf(
  readers: readonly ReturnType<ColumnReader>[],
  types: readonly DuckDBType[],
  start: number,
  end: number,
) {
  const chunk = DuckDBDataChunk.create(types, end - start);
  readers.forEach((read, column) => {
    chunk.setColumnValues(
      column,
      Array.from({ length: end - start }, (_, row) => read(start + row)),
    );
  });
  return chunk;
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
