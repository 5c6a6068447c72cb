import { VarveError } from '../errors.ts';
import { loadCsv } from './csv.ts';
import { type Engine, readError } from './duckdb.ts';
import { formatOf } from './formats.ts';
import { compressionOf, pathList, type SourceFile } from './source-file.ts';
import type { EngineColumn } from './types.ts';

/** A table in the engine, ready for queries: `SELECT … FROM ${relation}`. */
export interface Source {
  readonly relation: string;
  readonly columns: readonly EngineColumn[];
}

/**
 * Opens the rows of files of one format and the same columns as one relation. Parquet is read in place, as often as
 * asked; text and Arrow are read once, into a table that the engine spills to its private folder when memory is short.
 *
 * Throws `VarveError` `unreadable-table`, `ragged-line` or `not-utf-8`, naming the file and, where known, the line.
 */
export async function openSource(
  engine: Engine,
  files: readonly SourceFile[],
  relation = 'source',
): Promise<Source> {
  const first = files[0];
  const format = first === undefined ? undefined : formatOf(first.path);
  if (first === undefined || format === undefined) {
    throw new VarveError('not-tabular', `${first?.path ?? 'no file'} is not a table`, {
      remedy: 'Name a CSV, TSV, JSON, JSON Lines, Parquet, Arrow or Feather file.',
    });
  }
  if (format === 'csv' || format === 'tsv') await loadCsv(engine, files, format === 'tsv', relation);
  else if (format === 'arrow') await (await import('./arrow.ts')).loadArrow(engine, files, relation);
  else await loadByDuckDb(engine, files, format, relation);
  return { relation, columns: await engine.describe(relation) };
}

/** The longest JSON value that is read: a record of JSON Lines, or a whole JSON file of another shape than an array. */
const longestJson = 64 * 1024 * 1024;

async function loadByDuckDb(
  engine: Engine,
  files: readonly SourceFile[],
  format: 'json' | 'jsonl' | 'parquet',
  relation: string,
): Promise<void> {
  const common = `${pathList(files)}, hive_partitioning = false, union_by_name = ${files.length > 1}`;
  const shape = format === 'jsonl' ? 'newline_delimited' : 'auto';
  const json = `format = '${shape}', compression = '${compressionOf(files)}', sample_size = -1, maximum_object_size = ${longestJson}`;
  try {
    if (format === 'parquet') await engine.query(`CREATE VIEW ${relation} AS FROM read_parquet(${common})`);
    else await engine.query(`CREATE TABLE ${relation} AS FROM read_json(${common}, ${json})`);
  } catch (error) {
    throw readError(error, files.map((file) => file.path).join(', '));
  }
}
