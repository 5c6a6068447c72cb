import { closeSync, openSync, readSync } from 'node:fs';
import { VarveError } from '../errors.ts';
import { type Engine, readError } from './duckdb.ts';
import { identifier, literal } from './quote.ts';
import { compressionOf, pathList, type SourceFile } from './source-file.ts';
import type { EngineColumn } from './types.ts';

/** How a missing value is spelled in the wild. `NaN` is not among them: in a float column it is a number's state. */
const nulls = ['', 'NA', 'N/A', 'n/a', '#N/A', 'NULL', 'Null', 'null', 'None', 'none', '<NA>', '\\N'];

/**
 * Loads delimited text into the table `relation`. Types, delimiter, quotes and header are told from the first 20,480
 * rows, and, where a later row contradicts them, from all rows. No line is skipped or taken for a comment.
 */
export async function loadCsv(
  engine: Engine,
  files: readonly SourceFile[],
  tabs: boolean,
  relation: string,
): Promise<void> {
  const options = [
    `nullstr = [${nulls.map(literal).join(', ')}]`,
    `encoding = '${encodingOf(files[0]!.absolutePath)}'`,
    `compression = '${compressionOf(files)}'`,
    'hive_partitioning = false',
    `union_by_name = ${files.length > 1}`,
    'skip = 0',
    "comment = ''",
  ];
  const table = identifier(relation);
  const create = (...more: readonly string[]) =>
    engine.query(
      `CREATE OR REPLACE TABLE ${table} AS FROM read_csv(${pathList(files)}, ${[...options, ...more].join(', ')})`,
    );
  const tab = tabs ? [delimitedBy('\t')] : [];
  try {
    await create(...tab).catch(() => create(...tab, 'sample_size = -1'));
    const plain = plainReading(await engine.describe(table));
    if (plain !== undefined) await create(...plain);
  } catch (error) {
    throw csvError(error, files);
  }
}

function delimitedBy(delimiter: string): string {
  return `delim = ${literal(delimiter)}`;
}

/**
 * Where lines disagree on the number of fields, DuckDB's sniffer settles for one column that holds whole lines. A lone
 * header with a delimiter in it shows that: reading text fields by that delimiter then names the line at fault.
 */
function plainReading(columns: readonly EngineColumn[]): string[] | undefined {
  const header = columns.length === 1 ? columns[0]!.name : '';
  const delimiter = [',', ';', '|', '\t'].find((mark) => header.includes(mark));
  if (delimiter === undefined) return undefined;
  const names = header.split(delimiter).map((_, index) => `'${index}': 'VARCHAR'`);
  return [
    delimitedBy(delimiter),
    'auto_detect = false',
    'header = true',
    `quote = '"'`,
    `columns = {${names.join(', ')}}`,
  ];
}

/** A file that begins with UTF-16's byte order mark is read as such; DuckDB handles UTF-8's mark by itself. */
function encodingOf(path: string): 'utf-8' | 'utf-16' {
  const start = Buffer.alloc(2);
  const file = openSync(path, 'r');
  try {
    readSync(file, start, 0, 2, 0);
  } finally {
    closeSync(file);
  }
  const mark = start.readUInt16BE(0);
  return mark === 0xfffe || mark === 0xfeff ? 'utf-16' : 'utf-8';
}

function csvError(error: unknown, files: readonly SourceFile[]): VarveError {
  const text = error instanceof Error ? error.message : String(error);
  const path = files.find((file) => text.includes(file.absolutePath))?.path ?? files[0]!.path;
  const line = /CSV Error on Line: (\d+)/.exec(text)?.[1];
  const where = line === undefined ? path : `${path}, line ${line}`;
  if (/Invalid unicode|unicode/i.test(text)) {
    return new VarveError('not-utf-8', `${where}: the bytes are not UTF-8`, {
      remedy: `Convert the file first, for example: iconv -f windows-1252 -t utf-8 ${path}`,
      path,
      cause: error,
    });
  }
  const counts = /Expected Number of Columns: (\d+) Found: (\d+)/.exec(text);
  if (counts !== null) {
    const than = `${Number(counts[2]) > Number(counts[1]) ? 'more' : 'fewer'} fields than the ${counts[1]} of the header`;
    return new VarveError('ragged-line', `${where}: ${than}`, {
      remedy: 'Correct that line, or quote the field that contains the delimiter.',
      path,
      cause: error,
    });
  }
  return readError(error, where);
}
