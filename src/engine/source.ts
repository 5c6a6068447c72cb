import { appendFileSync, constants, copyFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { VarveError } from '../errors.ts';
import { shellWord } from '../wording/quote.ts';
import { type ColumnReading, type ColumnReadings, NO_READINGS } from './column-readings.ts';
import { type Engine, readError } from './duckdb.ts';
import { assertShallow } from './formats/depth.ts';
import { type Format, formatOf } from './formats/format.ts';
import { assertNameable, namesWithNul } from './formats/names.ts';
import { openParquet } from './formats/parquet/open.ts';
import { notTabular } from './formats/refused.ts';
import { type LoadedText, loadCsv } from './formats/text/csv.ts';
import { withoutNameless } from './formats/text/empty-objects.ts';
import { encodingOf, notUtf8 } from './formats/text/encoding.ts';
import { assertJsonStructure } from './formats/text/json-structure.ts';
import { assertLines, firstBadJsonLine } from './formats/text/lines.ts';
import { type DateFormats, typeTextColumns } from './formats/text/text-columns.ts';
import { MAX_TYPICAL_LINE, typicalRows } from './formats/text/typical-rows.ts';
import { assertWhole } from './formats/whole.ts';
import { fileLiteral, identifier, literal } from './quote.ts';
import {
  compressionOf,
  endOfFile,
  fileNamedBy,
  firstBytes,
  pathList,
  type SourceFile,
  shownPath,
} from './source-file.ts';
import type { EngineColumn } from './types.ts';

/** A table in the engine, ready for queries: `SELECT … FROM ${relation}`. */
export interface TableSource {
  readonly relation: string;
  readonly columns: readonly EngineColumn[];
  /** Set if the rows are those of a lone Parquet file. */
  readonly parquet?: SourceFile;
  /** Columns of Parquet that are, or hold, times of the old type INT96. */
  readonly int96?: ReadonlySet<string>;
  /** Of columns of text. */
  readonly dateFormats?: DateFormats;
  /** Lines before the headers of text files that were left out. */
  readonly skippedLines?: number;
  /** Set if a result of all values fits into memory with ease. */
  readonly isSmall?: boolean;
  /** How many there are, where it is known. */
  readonly rows?: number | undefined;
}

/**
 * Opens the rows of files of one format as one relation: columns meet by name, and a file that lacks one has nulls there. Parquet is read
 * in place, as often as asked; text and Arrow are read once, into a table that the engine spills to its private folder when memory is short.
 * @throws VarveError `table-unreadable`, `line-ragged`, `text-not-utf-8` or `data-too-deep`, with the file and, if known, the line;
 * `date-format-unfit`, `date-format-invalid`
 */
export async function openTableSource(
  engine: Engine,
  files: readonly SourceFile[],
  readings: ColumnReadings = NO_READINGS,
  relation = 'source',
): Promise<TableSource> {
  const first = files[0];
  const format = first === undefined ? undefined : formatOf(first.path);
  if (first === undefined || format === undefined) {
    throw notTabular(first === undefined ? 'no file' : shownPath(first), first?.absolutePath);
  }
  if (!READ_ONE_BY_ONE.includes(format) || files.length === 1)
    return openTogether(engine, files, format, readings, relation);
  const parts: TableOfMany[] = [];
  for (const [index, file] of files.entries()) {
    const table = `${relation}_${index}`;
    const opened = await openTogether(engine, [file], format, readings, table);
    parts.push({ table, rows: `FROM ${opened.relation}` });
  }
  await uniteByName(engine, parts, relation);
  return {
    relation,
    columns: await engine.describe(relation),
  };
}

/** Take away what openTableSource made of one file without readings: a view of Parquet, a table of all else, or nothing where it failed. */
export async function dropTableSource(engine: Engine, file: SourceFile, relation: string): Promise<void> {
  const kind = formatOf(file.path) === 'parquet' ? 'VIEW' : 'TABLE';
  await engine.query(`DROP ${kind} IF EXISTS ${relation}`);
}

/** Formats of which each file is read by itself, and their tables are put together; of the others, one reader takes all files. */
const READ_ONE_BY_ONE: readonly Format[] = ['csv', 'tsv', 'arrow'];

/** Tables that one query puts together. */
export const TABLES_PER_QUERY = 32;

/** A table, and what is taken of it, in SQL. */
interface TableOfMany {
  readonly table: string;
  readonly rows: string;
}

/** Makes one table of many, a few at a time; these go. */
export async function uniteByName(
  engine: Engine,
  tables: readonly TableOfMany[],
  relation: string,
): Promise<void> {
  const united: TableOfMany[] = [];
  for (let start = 0; start < tables.length; start += TABLES_PER_QUERY) {
    const part = tables.slice(start, start + TABLES_PER_QUERY);
    const name =
      tables.length <= TABLES_PER_QUERY ? relation : `${relation}_of_${tables.length}_${united.length}`;
    await engine.query(`CREATE TABLE ${name} AS ${part.map(({ rows }) => rows).join(' UNION ALL BY NAME ')}`);
    for (const { table } of part) await engine.query(`DROP TABLE ${table}`);
    united.push({ table: name, rows: `FROM ${name}` });
  }
  if (tables.length > TABLES_PER_QUERY) await uniteByName(engine, united, relation);
}

async function openTogether(
  engine: Engine,
  files: readonly SourceFile[],
  format: Format,
  readings: ColumnReadings,
  relation: string,
): Promise<TableSource> {
  const [first] = files as [SourceFile];
  if (first.columns !== undefined && format !== 'parquet') throw notOfTable(first);
  const stop = new AbortController();
  let loaded: Loaded | LoadedText;
  const isText = format === 'csv' || format === 'tsv';
  if (isText) files.forEach(assertNotZip);
  // What is decompressed here itself is found to be whole on the way.
  const checks = files.flatMap((file) => [
    ...(format === 'tfrecord' ? [] : [assertWhole(file, stop.signal)]),
    ...(isText ? [assertLines(file, stop.signal)] : []),
  ]);
  try {
    const loading: Promise<Loaded | LoadedText> = isText
      ? loadCsv(engine, first, format === 'tsv', relation, (name) => isAsWritten(readings.get(name)))
      : load(engine, files, format, relation, stop.signal);
    [loaded] = await Promise.all([loading, ...checks]);
  } finally {
    stop.abort();
  }
  const columns = 'columns' in loaded ? loaded.columns : loaded.retype(await engine.describe(relation));
  assertShallow(columns, first);
  try {
    await assertUnicode(engine, relation, columns);
    if ('columns' in loaded) {
      const typed = await typeTextColumns(engine, relation, loaded, first, readings);
      const { skippedLines, isSmall, firstRows } = loaded;
      return { relation, ...typed, skippedLines, isSmall, rows: firstRows.rows };
    }
    assertNameable(await namesWithNul(engine, relation), first);
  } catch (error) {
    throw error instanceof VarveError ? error : readError(error, fileNamedBy(error, files));
  }
  const rows = await withTimestamps(engine, relation, columns, readings);
  const { retype, int96 } = loaded;
  const odd = int96 && { int96 };
  if (rows !== relation) return { relation: rows, columns: retype(await engine.describe(rows)), ...odd };
  const [parquet] = format === 'parquet' && files.length === 1 ? loaded.files : [];
  return { relation, columns, ...(parquet && { parquet }), ...odd };
}

interface Loaded {
  /** The files that rows are read from: copies, where a file has to be read otherwise than it says. */
  readonly files: readonly SourceFile[];
  /** Gives the types of columns from those that DuckDB tells of them. */
  readonly retype: (columns: readonly EngineColumn[]) => readonly EngineColumn[];
  readonly int96?: ReadonlySet<string>;
}

function isAsWritten(reading: ColumnReading | undefined): boolean {
  return reading?.format !== undefined || reading?.as === 'text';
}

/** The relation with dates as timestamps where `readings` says so. */
async function withTimestamps(
  engine: Engine,
  relation: string,
  columns: readonly EngineColumn[],
  readings: ColumnReadings,
): Promise<string> {
  const dates = columns.filter(
    ({ name, type }) => type.text === 'DATE' && readings.get(name)?.as === 'timestamp',
  );
  if (dates.length === 0) return relation;
  const values = dates
    .map(({ name }) => identifier(name))
    .map((name) => `CAST(${name} AS TIMESTAMP) AS ${name}`);
  const view = `${relation}_as_read`;
  await engine.query(`CREATE VIEW ${view} AS SELECT * REPLACE (${values.join(', ')}) FROM ${relation}`);
  return view;
}

async function load(
  engine: Engine,
  files: readonly SourceFile[],
  format: Exclude<Format, 'csv' | 'tsv'>,
  relation: string,
  signal: AbortSignal,
): Promise<Loaded> {
  if (format === 'tfrecord' || format === 'avro') {
    const hasColumns = await loadRecords(engine, files, format, relation, signal);
    // The engine has no table without columns, so that one stands there for nothing.
    return { files, retype: (columns) => (hasColumns ? columns : []) };
  }
  if (format === 'parquet') return openParquet(engine, files, relation);
  if (format === 'arrow')
    return {
      files,
      retype: await (await import('./formats/arrow/load.ts')).loadArrow(engine, files, relation),
    };
  files.forEach(assertBareUtf8);
  const [first, second] = files as [SourceFile, SourceFile?];
  const isLoaded = format === 'jsonl' && !second && (await loadPlainRows(engine, first, relation, signal));
  if (!isLoaded) {
    for (const file of files) await assertJsonStructure(file, format === 'jsonl', signal);
    await loadJson(engine, files, format, relation);
  }
  return { files, retype: await withoutNameless(engine, relation) };
}

/** Tables name their files by what their engines read; which columns those of other formats have, varve does not know. */
function notOfTable(file: SourceFile): VarveError {
  const path = shownPath(file);
  return new VarveError(
    'table-unreadable',
    `${path}: it is no Parquet, and its table has renamed or dropped columns`,
    {
      path,
      remedy:
        'Have the owner of the table write its files anew as Parquet, and add the version that has them.',
    },
  );
}

function assertNotZip(file: SourceFile): void {
  if (!firstBytes(file.absolutePath, 4).equals(Buffer.from('PK\x03\x04'))) return;
  throw new VarveError('table-unreadable', `${shownPath(file)}: it is a ZIP archive, not text`, {
    path: shownPath(file),
    remedy: 'Unpack it, and name the file that is in it. What gzip compressed is read as it is.',
  });
}

/** @returns whether there are any columns */
async function loadRecords(
  engine: Engine,
  files: readonly SourceFile[],
  format: 'tfrecord' | 'avro',
  relation: string,
  signal: AbortSignal,
): Promise<boolean> {
  if (format === 'avro')
    return (await import('./formats/avro/load.ts')).loadAvro(engine, files, relation, signal);
  return (await import('./formats/tfrecord/load.ts')).loadTfRecords(engine, files, relation, signal);
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

/**
 * The largest JSON value that is read, in bytes: a record of JSON Lines, or a whole JSON file of another shape than an
 * array.
 */
const MAX_JSON_BYTES = 64 * 1024 * 1024;

/** JSON Lines of which the engine looks at each row to tell the types of columns: it takes twice as long as reading them. */
const MIN_TYPICAL_BYTES = 1024 * 1024;

/**
 * Load rows of plain values, of which some say of which types all are.
 * @returns whether that could be done: what is wrong with other rows, or else they are, is told by loadJson
 */
async function loadPlainRows(
  engine: Engine,
  file: SourceFile,
  relation: string,
  signal: AbortSignal,
): Promise<boolean> {
  if (statSync(file.absolutePath).size < MIN_TYPICAL_BYTES) return false;
  const typical = await typicalRows(file, signal);
  if (typical === undefined) return false;
  const path = join(engine.folder, `${relation}-typical.jsonl`);
  writeFileSync(path, typical.text, 'latin1');
  // The engine's threads share a file by pieces of twice this size: of one piece, all but one wait, and take the processor while they do.
  const options = `format = 'newline_delimited', hive_partitioning = false, maximum_object_size = ${MAX_TYPICAL_LINE}`;
  try {
    const [names, types] = (await engine.query(
      `DESCRIBE FROM read_json(${fileLiteral(path)}, ${options}, sample_size = -1)`,
    )) as [string[], string[]];
    const isSure = names.every((name, at) => name === typical.names[at] && typical.isSure(name, types[at]!));
    if (!isSure || names.length !== typical.names.length) return false;
    const columns = names.map((name, at) => `${literal(name)}: ${literal(types[at]!)}`).join(', ');
    const rest = `compression = '${compressionOf(file)}', columns = {${columns}}`;
    await engine.query(
      `CREATE TABLE ${relation} AS FROM read_json(${fileLiteral(file.absolutePath)}, ${options}, ${rest})`,
    );
    return true;
  } catch {
    signal.throwIfAborted();
    return false;
  } finally {
    rmSync(path, { force: true });
  }
}

async function loadJson(
  engine: Engine,
  files: readonly SourceFile[],
  format: 'json' | 'jsonl',
  relation: string,
): Promise<void> {
  let sources = files;
  const shape = format === 'jsonl' ? 'newline_delimited' : 'auto';
  const json = `format = '${shape}', compression = '${compressionOf(files[0]!)}', sample_size = -1, maximum_object_size = ${MAX_JSON_BYTES}`;
  const common = `hive_partitioning = false, union_by_name = ${files.length > 1}`;
  const create = (more: string) =>
    engine.query(
      `CREATE OR REPLACE TABLE ${relation} AS FROM read_json(${pathList(sources)}, ${common}, ${json}${more})`,
    );
  try {
    await create('').catch(async (error: unknown) => {
      const ended = format === 'jsonl' ? withLineEnds(engine, files) : undefined;
      if (ended === undefined) throw error;
      sources = ended;
      await create('').catch(() => {
        throw error;
      });
    });
    const types = await typesWithNanoseconds(engine, relation);
    if (types !== undefined) await create(`, columns = {${types}}`);
  } catch (error) {
    const file = fileNamedBy(error, files);
    throw readError(error, file, format === 'jsonl' ? await firstBadJsonLine(file) : undefined);
  }
}

/**
 * Files of which each ends its last line; undefined if they do already. The reader looks behind a last value that no line end follows, and may
 * take it for what it is not.
 */
function withLineEnds(engine: Engine, files: readonly SourceFile[]): readonly SourceFile[] | undefined {
  const ended = files.map((file, index) => {
    if (compressionOf(file) !== 'uncompressed' || endOfFile(file.absolutePath, 1).toString() === '\n')
      return file;
    const absolutePath = join(engine.folder, `ended-${index}.jsonl`);
    copyFileSync(file.absolutePath, absolutePath, constants.COPYFILE_FICLONE);
    appendFileSync(absolutePath, '\n');
    return { ...file, absolutePath };
  });
  return ended.some((file, index) => file !== files[index]) ? ended : undefined;
}

/** In the text of a type: that of times of the day, or the name of a field. */
const TIME_OR_NAME = /"(?:[^"]|"")*"|\bTIME\b(?! ZONE)/g;

/**
 * The columns and types of a table of JSON as SQL, with times of the day to the nanosecond; undefined if none may need it. The reader's own end
 * at microseconds: what it made of more digits uses the last that it has, or is nothing.
 */
async function typesWithNanoseconds(engine: Engine, relation: string): Promise<string | undefined> {
  const columns = await engine.describe(relation);
  const fineTypeOf = ({ type }: EngineColumn) =>
    type.text.replace(TIME_OR_NAME, (found) => (found === 'TIME' ? 'TIME_NS' : found));
  const times = columns
    .filter((column) => fineTypeOf(column) !== column.type.text)
    .map(({ name }) => identifier(name));
  if (times.length === 0) return undefined;
  const fine = times.map((name) => `bool_or(regexp_matches(CAST(${name} AS VARCHAR), '\\.\\d{6}'))`);
  const found = await engine.query(`SELECT ${fine.join(', ')} FROM ${relation}`);
  if (!found.some(([isFine]) => isFine === true)) return undefined;
  return columns.map((column) => `${literal(column.name)}: ${literal(fineTypeOf(column))}`).join(', ');
}

function assertBareUtf8(file: SourceFile): void {
  const encoding = encodingOf(file);
  if (encoding !== 'utf-8') throw notUtf8(file, encoding);
  if (!firstBytes(file.absolutePath, 3).equals(Buffer.from('\ufeff'))) return;
  throw new VarveError(
    'table-unreadable',
    `${shownPath(file)}: it begins with a byte order mark, which JSON has not`,
    {
      remedy: `Take it away: \`tail -c +4 ${shellWord(shownPath(file))}\` prints the file without it.`,
      path: shownPath(file),
    },
  );
}
