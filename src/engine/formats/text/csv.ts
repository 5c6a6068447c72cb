/**
 * Text: delimited text and JSON as people write them, and what types their columns have. It may not know formats of bytes, nor what the columns are for.
 */

import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type ErrorCode, VarveError } from '../../../errors.ts';
import { type Engine, readError } from '../../duckdb.ts';
import { fileLiteral, identifier, literal } from '../../quote.ts';
import { compressionOf, placeIn, type SourceFile, shownPath } from '../../source-file.ts';
import { type EngineColumn, plainScalar } from '../../types.ts';
import { assertNameable } from '../names.ts';
import { encodingOf, notUtf8 } from './encoding.ts';
import { type FirstRows, lookAtFirstRows } from './first-rows.ts';
import { copyWithLineFeeds, hasMixedLineEnds } from './line-ends.ts';
import { firstLines, lineTooLong, MAX_LINE_BYTES } from './lines.ts';
import { NULL_TEXTS } from './null-texts.ts';
import { haveYearsFirst } from './years-first.ts';

const MIXED_TIMES = /Error when converting column "(.*?)"\. .* is being converted as type (?:DATE|TIME)/s;

const LINE_TOO_LONG = /Maximum line size of \d+ bytes exceeded/;

const COLUMNS_PER_QUERY = 256;

/** Lines in which one is looked for that has other fields: as many as the reader looks at. */
const SAMPLED_LINES = 20_480;

/** Lines in which the first is looked for that is neither blank nor a comment. */
const MAX_HEAD_LINES = 100;

/**
 * What the reader tells apart. Truth values are not among it, since it takes `NO` and `t` for such: what columns of text hold is told when
 * they are loaded.
 */
const READER_TYPES = ['BIGINT', 'DOUBLE', 'TIME', 'DATE', 'TIMESTAMP', 'TIMESTAMPTZ', 'VARCHAR'];
const ZONED = 'TIMESTAMP WITH TIME ZONE';
const TIMES = new Set(['DATE', 'TIMESTAMP', ZONED]);

/** Delimiters that the reader does not look for. They are taken if the header and every line have the same number of them. */
const RARE_DELIMITERS = ['^', ':'];

/** Text of up to so many bytes is a small table: a result of all its values fits into memory with ease. */
const MAX_SMALL_BYTES = 4 * 1024 * 1024;

/** Tells of columns whose values are loaded as they are written. */
type IsAsWritten = (column: string) => boolean;

/** A table of delimited text. */
export interface LoadedText {
  readonly columns: readonly EngineColumn[];
  readonly firstRows: FirstRows;
  /** Lines before the header that were left out. */
  readonly skippedLines: number;
  readonly isSmall: boolean;
}

/**
 * Loads delimited text into the table `relation`. Types, delimiter, quotes and header are told from the first 20,480
 * rows, and, where a later row contradicts them, from all rows. Lines before the header are left out if they have no delimiter or begin
 * with `#`; no other line is.
 */
export async function loadCsv(
  engine: Engine,
  file: SourceFile,
  tabs: boolean,
  relation: string,
  isAsWritten: IsAsWritten,
): Promise<LoadedText> {
  const reading = new Reading(engine, file, tabs, relation, isAsWritten);
  try {
    return await reading.load();
  } catch (error) {
    throw error instanceof VarveError ? error : csvError(error, file);
  }
}

/** Reads a file again and again, with what was learnt of it, until it is read or clearly cannot be. */
class Reading {
  readonly #engine: Engine;
  readonly #file: SourceFile;
  readonly #relation: string;
  readonly #table: string;
  #path: string;
  readonly #isAsWritten: IsAsWritten;
  readonly #options: Map<string, string>;
  readonly #types = new Map<string, string>();
  readonly #isSmall: boolean;
  /** The columns of the table as it is now, once they were asked for. */
  #known: Promise<readonly EngineColumn[]> | undefined;
  /** The first rows of the table as it is now, once they were asked for. */
  #seen: Promise<FirstRows> | undefined;

  constructor(engine: Engine, file: SourceFile, tabs: boolean, relation: string, isAsWritten: IsAsWritten) {
    this.#engine = engine;
    this.#file = file;
    this.#path = file.absolutePath;
    this.#relation = relation;
    this.#table = identifier(relation);
    this.#isAsWritten = isAsWritten;
    const compression = compressionOf(file);
    this.#isSmall = compression === 'uncompressed' && statSync(file.absolutePath).size <= MAX_SMALL_BYTES;
    this.#options = new Map([
      ['nullstr', textList(NULL_TEXTS)],
      ['encoding', literal(readableEncoding(file))],
      ['compression', literal(compression)],
      ['auto_type_candidates', textList(READER_TYPES)],
      ['hive_partitioning', 'false'],
      ['skip', '0'],
      ['comment', "''"],
      ...(tabs ? [['delim', literal('\t')] as const] : []),
    ]);
  }

  async load(): Promise<LoadedText> {
    const skippedLines = await this.#createBehindTitle();
    const columns = await this.#columns();
    await this.#assertOneColumn(columns, skippedLines);
    if (columns.length === 1) await this.#createByRareDelimiter(columns[0]!.name);
    else if (await this.#keepsQuotes()) await this.#createQuoted(columns);
    await this.#createAsWritten();
    await this.#widen();
    const [known, firstRows] = [await this.#columns(), await this.#firstRows()];
    return { columns: known, firstRows, skippedLines, isSmall: this.#isSmall };
  }

  #columns(): Promise<readonly EngineColumn[]> {
    this.#known ??= this.#described();
    return this.#known;
  }

  /** The reader gives plain types alone; and in what SQL tells, a name goes on behind a NUL. */
  async #described(): Promise<readonly EngineColumn[]> {
    const [names, types] = (await this.#engine.query(
      `SELECT column_name, column_type FROM (DESCRIBE ${this.#table})`,
    )) as [readonly string[], readonly string[]];
    const withNul = names.filter((name) => name.includes('\0'));
    assertNameable(withNul, this.#file);
    return names.map((name, index) => ({ name, type: plainScalar(types[index]!) }));
  }

  #firstRows(): Promise<FirstRows> {
    this.#seen ??= this.#columns().then((columns) =>
      lookAtFirstRows(this.#engine, this.#relation, columns, this.#isSmall),
    );
    return this.#seen;
  }

  /** What `read_csv` and `sniff_csv` take. */
  #arguments(more: Readonly<Record<string, string>>): string {
    const types = [...this.#types].map(([name, type]) => `${literal(name)}: '${type}'`);
    const options = new Map([
      ...this.#options,
      ...(types.length > 0 ? [['types', `{${types.join(', ')}}`] as const] : []),
      ...Object.entries(more),
    ]);
    const given = [...options].map(([key, value]) => `${key} = ${value}`);
    return [fileLiteral(this.#path), ...given].join(', ');
  }

  async #create(more: Readonly<Record<string, string>> = {}): Promise<void> {
    const rows = `read_csv(${this.#arguments(more)})`;
    this.#known = undefined;
    this.#seen = undefined;
    try {
      await this.#engine.query(`CREATE OR REPLACE TABLE ${this.#table} AS FROM ${rows}`);
    } catch (error) {
      // Where values are times of several forms, the reader settles for one and then meets another.
      const [, column] = MIXED_TIMES.exec(messageOf(error)) ?? [];
      if (column === undefined || this.#types.get(column) === 'VARCHAR' || 'auto_detect' in more) throw error;
      this.#types.set(column, 'VARCHAR');
      await this.#create(more);
    }
  }

  async #sniff(more: Readonly<Record<string, string>> = {}): Promise<Sniffed> {
    const [[delimiter], [skip], [hasHeader], [columns], [date], [timestamp]] = (await this.#engine.query(
      `SELECT Delimiter, SkipRows::INTEGER, HasHeader, len(Columns)::INTEGER, DateFormat, TimestampFormat
       FROM sniff_csv(${this.#arguments(more)})`,
    )) as [[string], [number], [boolean], [number], [string | null], [string | null]];
    return { delimiter, skip, hasHeader, columns, dateFormats: [date, timestamp] };
  }

  /** Loads with double quotes if that gives a table. Left to itself, the reader takes a lone apostrophe in the header for a quote. */
  async #createInOneWay(): Promise<void> {
    this.#options.set('quote', `'"'`);
    if (this.#isSmall && hasNoQuotes(this.#file)) this.#options.set('escape', `'"'`);
    try {
      await this.#create();
      if (!(await this.#isOtherwiseQuoted())) return;
    } catch (error) {
      if (error instanceof VarveError) throw error;
    }
    this.#options.delete('quote');
    this.#options.delete('escape');
    await this.#create().catch((error) => this.#createOtherwise(error));
  }

  async #isOtherwiseQuoted(): Promise<boolean> {
    const found = await this.#columns();
    if (found.length === 1 && delimiterIn(found[0]!.name) !== undefined) return true;
    const { columns } = await this.#firstRows();
    return [...columns.values()].some(({ areSingleQuoted }) => areSingleQuoted);
  }

  async #createOtherwise(error: unknown): Promise<void> {
    const text = messageOf(error);
    if (LINE_TOO_LONG.test(text)) {
      this.#options.set('max_line_size', String(MAX_LINE_BYTES));
      this.#options.set('buffer_size', String(2 * MAX_LINE_BYTES));
    }
    // MySQL's way of quoting: a backslash then cannot begin a null.
    if (/ESCAPE must not appear in the NULL/i.test(text))
      this.#options.set('nullstr', textList(NULL_TEXTS.filter((spelling) => spelling !== '\\N')));
    const isFirst = this.#path === this.#file.absolutePath;
    if (isFirst && /when sniffing|invalid state/i.test(text) && (await hasMixedLineEnds(this.#file)))
      return this.#createFromCopy();
    this.#options.set('sample_size', '-1');
    await this.#create().catch((second) => {
      if (!/when sniffing/i.test(messageOf(second))) throw second;
      if (/Expected Number of Columns/.test(text)) throw error;
      return this.#refuse();
    });
  }

  /** Loads a copy whose lines all end in the same way. */
  async #createFromCopy(): Promise<void> {
    this.#path = join(this.#engine.folder, `${this.#relation}.csv`);
    await copyWithLineFeeds(this.#file, this.#path);
    this.#options.set('compression', literal('uncompressed'));
    await this.#createInOneWay();
  }

  /**
   * Loads without lines before the header, if all lines make no table, or one of a single column, and those behind them one of several.
   * @returns how many lines were left out
   */
  async #createBehindTitle(): Promise<number> {
    const failure = await this.#createInOneWay().then(
      () => undefined,
      (error: unknown) => ({ error }),
    );
    const isDoubtful = failure !== undefined || (await this.#mayHaveTitle());
    const skipped = isDoubtful ? await this.#titleLines() : 0;
    if (skipped === 0 && failure !== undefined) throw failure.error;
    if (skipped === 0) return 0;
    this.#options.set('skip', String(skipped));
    await this.#createInOneWay();
    return skipped;
  }

  async #mayHaveTitle(): Promise<boolean> {
    const columns = await this.#columns();
    return columns.length === 1 || columns[0]!.name.startsWith('#');
  }

  async #titleLines(): Promise<number> {
    if (this.#options.get('encoding') !== literal('utf-8')) return 0;
    const skip = this.#options.get('skip')!;
    this.#options.delete('skip');
    const found = await this.#sniff().catch(() => undefined);
    this.#options.set('skip', skip);
    return found?.hasHeader && found.columns > 1 && (await this.#isBefore(found)) ? found.skip : 0;
  }

  /** Whether the lines that the reader would leave out hold no fields. */
  async #isBefore({ skip, delimiter }: Sniffed): Promise<boolean> {
    const lines = await firstLines(this.#file, skip);
    return lines.length === skip && lines.every((line) => line.startsWith('#') || !line.includes(delimiter));
  }

  async #createByRareDelimiter(header: string): Promise<void> {
    const delimiter = RARE_DELIMITERS.find((mark) => header.includes(mark));
    if (delimiter === undefined) return;
    const more = { delim: literal(delimiter) };
    const found = await this.#sniff(more).catch(() => undefined);
    if (found?.columns !== header.split(delimiter).length) return;
    await this.#create(more).then(
      () => this.#options.set('delim', more.delim),
      () => undefined,
    );
  }

  /**
   * Loads columns once more as they are written: those that were asked for, and all dates if the reader guessed a format that does not
   * begin with the year. It has one such format for a whole file, and takes the first number for the day where none exceeds 12. Also what
   * may be no time: the reader takes `1-2-3` for one, `inf` too, and in a column of times with a zone whatever is none for missing.
   */
  async #createAsWritten(): Promise<void> {
    const columns = await this.#columns();
    const asked = columns.filter(({ name, type }) => type.text !== 'VARCHAR' && this.#isAsWritten(name));
    const times = columns.filter(({ type }) => TIMES.has(type.text));
    const isGuess = times.length > 0 && (await this.#isGuess(times));
    const wanted = [...asked, ...(isGuess ? times : await this.#doubtful(times))];
    if (wanted.length === 0) return;
    for (const { name } of wanted) this.#types.set(name, 'VARCHAR');
    await this.#create();
  }

  /** Whether the reader may have guessed the format of times. Most files show in their first lines that it need not, which is sooner seen than told by it. */
  async #isGuess(times: readonly EngineColumn[]): Promise<boolean> {
    if (await haveYearsFirst(this.#file, await this.#columns(), times)) return false;
    const { dateFormats } = await this.#sniff();
    return dateFormats.some((format) => format !== null && !format.startsWith('%Y'));
  }

  async #doubtful(times: readonly EngineColumn[]): Promise<EngineColumn[]> {
    const names = times.map(({ name }) => name);
    const zoned = times.filter(({ type }) => type.text === ZONED).map(({ name }) => name);
    const odd = (column: string) =>
      `bool_or(NOT isfinite(${column}) OR year(${column}) NOT BETWEEN 1000 AND 9999)`;
    const found = new Set([
      ...(await this.#where(names, odd)),
      ...(await this.#where(zoned, (column) => `bool_or(${column} IS NULL)`)),
    ]);
    return times.filter(({ name }) => found.has(name));
  }

  /** Finds which lines are at fault if the reader finds no way to read every line. */
  async #refuse(): Promise<never> {
    const { delimiter, columns } = await this.#sniff({ ignore_errors: 'true' });
    return this.#refuseBy(delimiter, columns);
  }

  /** @throws always: about the first line that has other fields, or else about the whole */
  async #refuseBy(delimiter: string, columns: number): Promise<never> {
    await this.#createPlainly(delimiter, columns);
    // The reader passes over an empty field too many.
    const lines = await firstLines(this.#file, SAMPLED_LINES);
    const more = lines.findIndex((each) => fieldsOf(each, delimiter) > columns);
    if (more < 0) throw new Error('Error when sniffing file');
    const found = `Expected Number of Columns: ${columns} Found: ${fieldsOf(lines[more]!, delimiter)}`;
    throw new Error(`CSV Error on Line: ${more + 1} ${found}`);
  }

  /**
   * Refuses what the reader takes for one column of whole lines, since they disagree on the number of fields: the first line that is neither
   * blank nor a comment has a delimiter outside of quotes.
   */
  async #assertOneColumn(columns: readonly EngineColumn[], skipped: number): Promise<void> {
    if (columns.length !== 1) return;
    const isUtf8 = this.#options.get('encoding') === literal('utf-8');
    const lines = isUtf8 ? await firstLines(this.#file, MAX_HEAD_LINES) : [columns[0]!.name];
    const at = lines.findIndex((line, index) => index >= skipped && !/^(#|\s*$)/.test(line));
    const head = lines[at] ?? '';
    const delimiter = delimiterIn(outsideQuotes(head));
    if (delimiter === undefined) return;
    if (at > skipped) this.#options.set('skip', String(at));
    await this.#refuseBy(delimiter, fieldsOf(head, delimiter));
  }

  /** Loads text fields by a known delimiter, under the names 0, 1, …: what this refuses is named by its line. */
  async #createPlainly(delimiter: string, columns: number): Promise<void> {
    await this.#create(plainly(delimiter, columns));
    const [[rows]] = (await this.#engine.query(`SELECT count(*)::INTEGER FROM ${this.#table}`)) as [[number]];
    if (rows > 0) return;
    // Where a quote ends within a field of the header, the reader comes to the end of the file without a word.
    throw new Error(`CSV Error on Line: ${Number(this.#options.get('skip')) + 1} unterminated quote`);
  }

  /**
   * Whether values keep double quotes around them, as they do where one that is not closed made the reader take quotes
   * for text.
   */
  async #keepsQuotes(): Promise<boolean> {
    const { columns } = await this.#firstRows();
    return [...columns.values()].some(({ hasDoubleQuoted }) => hasDoubleQuoted);
  }

  async #createQuoted(columns: readonly EngineColumn[]): Promise<void> {
    const path = fileLiteral(this.#path);
    const [[delimiter]] = (await this.#engine.query(
      `SELECT Delimiter FROM sniff_csv(${path}, compression = ${this.#options.get('compression')}, ignore_errors = true)`,
    )) as [[string]];
    await this.#createPlainly(delimiter, columns.length);
    await this.#create({ quote: `'"'` });
  }

  /** The columns for which an aggregate is true. The engine plans many of them in more than linear time, so they are asked in parts. */
  async #where(columns: readonly string[], holds: (column: string) => string): Promise<string[]> {
    const found: string[] = [];
    for (let start = 0; start < columns.length; start += COLUMNS_PER_QUERY) {
      const part = columns.slice(start, start + COLUMNS_PER_QUERY);
      const asked = part.map((name) => `coalesce(${holds(identifier(name))}, false)`);
      const answers = await this.#engine.query(`SELECT ${asked.join(', ')} FROM ${this.#table}`);
      found.push(...part.filter((_, index) => answers[index]?.[0] === true));
    }
    return found;
  }

  /** Loads whole numbers beyond 64 bits, which the reader takes for floats, as integers of 128. */
  async #widen(): Promise<void> {
    const floats = (await this.#columns()).filter(({ type }) => type.text === 'DOUBLE');
    const large = await this.#beyondInt64(floats.map(({ name }) => name));
    const wide = await this.#where(large, (column) => `bool_and(trunc(${column}) = ${column})`);
    for (const name of wide) {
      this.#types.set(name, 'HUGEINT');
      // Where one of its numbers is written as a float, or is longer, the column stays one of floats.
      await this.#create().catch(() => void this.#types.delete(name));
    }
  }

  async #beyondInt64(floats: readonly string[]): Promise<string[]> {
    const { columns, rows } = await this.#firstRows();
    if (rows !== undefined) return floats.filter((name) => columns.get(name)!.isBeyondInt64);
    return this.#where(floats, (column) => `max(abs(${column})) >= 9223372036854775807`);
  }
}

/** Without any, it makes no difference which mark escapes another, and the reader need not try all: that is half of what a small file takes. */
function hasNoQuotes({ absolutePath }: SourceFile): boolean {
  const bytes = readFileSync(absolutePath);
  return !['"', "'", '\\'].some((mark) => bytes.includes(mark));
}

/** What the reader makes of a file. */
interface Sniffed {
  readonly delimiter: string;
  /** Lines before the header. */
  readonly skip: number;
  readonly hasHeader: boolean;
  readonly columns: number;
  /** The formats of dates and of timestamps that it guessed. */
  readonly dateFormats: readonly (string | null)[];
}

function outsideQuotes(line: string): string {
  return line.replace(/"(?:[^"]|"")*("|$)/g, '');
}

function fieldsOf(line: string, delimiter: string): number {
  return outsideQuotes(line).split(delimiter).length;
}

function delimiterIn(text: string): string | undefined {
  return [',', ';', '|', '\t'].find((mark) => text.includes(mark));
}

function plainly(delimiter: string, columns: number): Record<string, string> {
  const names = Array.from({ length: columns }, (_, index) => `'${index}': 'VARCHAR'`);
  return {
    delim: literal(delimiter),
    auto_detect: 'false',
    header: 'true',
    quote: `'"'`,
    escape: `'"'`,
    columns: `{${names.join(', ')}}`,
  };
}

function textList(texts: readonly string[]): string {
  return `[${texts.map(literal).join(', ')}]`;
}

/** DuckDB reads UTF-8, and UTF-16 in the order of bytes that Windows writes. It handles UTF-8's byte order mark by itself. */
function readableEncoding(file: SourceFile): string {
  const found = encodingOf(file);
  if (found === 'utf-16le') return 'utf-16';
  if (found === 'utf-8' || found === 'utf-16') return found;
  throw notUtf8(file, found);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function csvError(error: unknown, file: SourceFile): VarveError {
  const text = messageOf(error);
  const [, number] = /CSV Error on Line: (\d+)/.exec(text) ?? [];
  const line = number === undefined ? undefined : Number(number);
  if (/unicode/i.test(text)) return notUtf8(file, 'windows-1252', line, error);
  const refused = (code: ErrorCode, what: string, remedy: string) =>
    new VarveError(code, `${placeIn(file, line)}: ${what}`, { remedy, path: shownPath(file), cause: error });
  const counts = /Expected Number of Columns: (\d+) Found: (\d+)/.exec(text);
  if (counts !== null) {
    const than = `${Number(counts[2]) > Number(counts[1]) ? 'more' : 'fewer'} fields than the ${counts[1]} of the header`;
    return refused('line-ragged', than, 'Correct that line, or quote the field that contains the delimiter.');
  }
  if (/unterminated quote|quoted value/i.test(text))
    return refused(
      'line-ragged',
      'a quote that is not closed',
      'Close it, or double the quotes within the field.',
    );
  if (LINE_TOO_LONG.test(text)) return lineTooLong(file, line, error);
  if (/when sniffing/i.test(text))
    return refused(
      'table-unreadable',
      'no delimiter, quotes and header make a table of its lines',
      'Check that the file is whole, that it is text, and that each quote is closed.',
    );
  return readError(error, file, line);
}
