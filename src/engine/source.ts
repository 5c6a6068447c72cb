import { VarveError } from '../errors.ts';
import { shellWord } from '../wording/quote.ts';
import { type Engine, readError } from './duckdb.ts';
import { loadCsv } from './formats/csv.ts';
import { assertShallow, assertShallowJson } from './formats/depth.ts';
import { encodingOf, notUtf8 } from './formats/encoding.ts';
import { type Format, formatOf } from './formats/format.ts';
import { assertLines } from './formats/lines.ts';
import { assertNameable } from './formats/names.ts';
import { assertWhole } from './formats/whole.ts';
import { identifier } from './quote.ts';
import { compressionOf, fileNamedBy, firstBytes, pathList, type SourceFile } from './source-file.ts';
import type { EngineColumn } from './types.ts';

/** A table in the engine, ready for queries: `SELECT … FROM ${relation}`. */
export interface TableSource {
  readonly relation: string;
  readonly columns: readonly EngineColumn[];
  /** Set if the rows are those of a lone Parquet file. */
  readonly parquet?: SourceFile;
}

/**
 * Opens the rows of files of one format and the same columns as one relation. Parquet is read in place, as often as
 * asked; text and Arrow are read once, into a table that the engine spills to its private folder when memory is short.
 * @throws VarveError `table-unreadable`, `line-ragged`, `text-not-utf-8` or `data-too-deep`, with the file and, if known, the line
 */
export async function openTableSource(
  engine: Engine,
  files: readonly SourceFile[],
  relation = 'source',
): Promise<TableSource> {
  const first = files[0];
  const format = first === undefined ? undefined : formatOf(first.path);
  if (first === undefined || format === undefined) {
    throw new VarveError('data-not-tabular', `${first?.path ?? 'no file'} is not a table`, {
      remedy: 'Name a CSV, TSV, JSON, JSON Lines, Parquet, Arrow or Feather file.',
    });
  }
  const stop = new AbortController();
  const isText = format === 'csv' || format === 'tsv';
  const checks = files.flatMap((file) => [
    assertWhole(file, stop.signal),
    ...(isText ? [assertLines(file, stop.signal)] : []),
  ]);
  try {
    await Promise.all([load(engine, files, format, relation, stop.signal), ...checks]);
  } finally {
    stop.abort();
  }
  const columns = await engine.describe(relation);
  assertShallow(columns, first);
  try {
    await assertUnicode(engine, relation, columns);
    assertNameable(await namesWithNul(engine, relation), first);
  } catch (error) {
    throw error instanceof VarveError ? error : readError(error, fileNamedBy(error, files));
  }
  return { relation, columns, ...(format === 'parquet' && files.length === 1 && { parquet: first }) };
}

async function load(
  engine: Engine,
  files: readonly SourceFile[],
  format: Format,
  relation: string,
  signal: AbortSignal,
): Promise<void> {
  if (format === 'csv' || format === 'tsv') return loadCsv(engine, files, format === 'tsv', relation);
  if (format === 'arrow') return (await import('./formats/arrow.ts')).loadArrow(engine, files, relation);
  if (format !== 'parquet')
    for (const file of files) await assertShallowJson(file, format === 'jsonl', signal);
  return loadByDuckDb(engine, files, format, relation);
}

/** Asks for columns whose names may have held what is not UTF-8: the bindings show it as U+FFFD, and no query finds them by that. */
async function assertUnicode(
  engine: Engine,
  relation: string,
  columns: readonly EngineColumn[],
): Promise<void> {
  const doubtful = columns.filter(({ name }) => name.includes('\ufffd')).map(({ name }) => identifier(name));
  if (doubtful.length === 0) return;
  try {
    await engine.query(`SELECT ${doubtful.join(', ')} FROM ${relation} LIMIT 0`);
  } catch (error) {
    throw new Error('the name of a column is not UTF-8', { cause: error });
  }
}

/** Columns with a NUL in their name or in that of a field; only SQL sees it, since the bindings end names there. */
async function namesWithNul(engine: Engine, relation: string): Promise<string[]> {
  const [names] = await engine.query(
    `SELECT column_name FROM (DESCRIBE ${relation}) WHERE contains(column_name || column_type, chr(0))`,
  );
  return (names ?? []).map(String);
}

/**
 * The largest JSON value that is read, in bytes: a record of JSON Lines, or a whole JSON file of another shape than an
 * array.
 */
const MAX_JSON_BYTES = 64 * 1024 * 1024;

async function loadByDuckDb(
  engine: Engine,
  files: readonly SourceFile[],
  format: 'json' | 'jsonl' | 'parquet',
  relation: string,
): Promise<void> {
  if (format !== 'parquet') files.forEach(assertBareUtf8);
  const common = `${pathList(files)}, hive_partitioning = false, union_by_name = ${files.length > 1}`;
  const shape = format === 'jsonl' ? 'newline_delimited' : 'auto';
  const json = `format = '${shape}', compression = '${compressionOf(files)}', sample_size = -1, maximum_object_size = ${MAX_JSON_BYTES}`;
  try {
    if (format === 'parquet') await engine.query(`CREATE VIEW ${relation} AS FROM read_parquet(${common})`);
    else await engine.query(`CREATE TABLE ${relation} AS FROM read_json(${common}, ${json})`);
  } catch (error) {
    throw readError(error, fileNamedBy(error, files));
  }
}

function assertBareUtf8(file: SourceFile): void {
  const encoding = encodingOf(file);
  if (encoding !== 'utf-8') throw notUtf8(file, encoding);
  if (!firstBytes(file.absolutePath, 3).equals(Buffer.from('\ufeff'))) return;
  throw new VarveError(
    'table-unreadable',
    `${file.path}: it begins with a byte order mark, which JSON has not`,
    {
      remedy: `Take it away: \`tail -c +4 ${shellWord(file.path)}\` prints the file without it.`,
      path: file.path,
    },
  );
}
