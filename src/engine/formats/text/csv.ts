/**
 * Text: delimited text and JSON as people write them, and what types their columns have. It may not know formats of bytes, nor what the columns are for.
 */

import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { VarveError } from '../../../errors.ts';
import type { Engine } from '../../duckdb.ts';
import { fileLiteral, identifier, literal } from '../../quote.ts';
import { compressionOf, type SourceFile } from '../../source-file.ts';
import { type EngineColumn, plainScalar } from '../../types.ts';
import { assertNameable } from '../names.ts';
import { refuseAligned } from './aligned.ts';
import { csvError, isLineTooLong, wordsOf } from './csv-error.ts';
import { emptyFieldMore } from './empty-field-more.ts';
import { cutUtf16, encodingOf, notUtf8 } from './encoding.ts';
import { delimiterIn, fieldsOf, isSentence, outsideQuotes, tableWithin } from './fields.ts';
import { type FirstRows, lookAtFirstRows } from './first-rows.ts';
import { copyWithLineFeeds, hasMixedLineEnds } from './line-ends.ts';
import { firstLines, MAX_LINE_BYTES } from './lines.ts';
import { NULL_TEXTS } from './null-texts.ts';
import { haveYearsFirst } from './years-first.ts';

const MIXED_TIMES = /Error when converting column "(.*?)"\. .* is being converted as type (?:DATE|TIME)/s;

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

/** The types of the reader that end at microseconds. */
const OF_MICROSECONDS = new Set(['TIME', 'TIMESTAMP', ZONED]);
/** Digits of a second beyond microseconds, in what is written. */
const NANOSECONDS = /:\d\d[.,]\d{7}/;

/** Delimiters that the reader does not look for. They are taken if the header and every line have the same number of them. */
const RARE_DELIMITERS = ['\x01', '^', ':'];

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
  await refuseAligned(file);
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
    await this.#assertNoFieldMore(columns.length, skippedLines);
    if (columns.length === 1) await this.#createByRareDelimiter(columns[0]!.name);
    else if (await this.#keepsQuotes()) await this.#createQuoted(columns);
    await this.#createAsWritten();
    await this.#keepNanoseconds();
    await this.#widen();
    const [known, firstRows] = [await this.#columns(), await this.#firstRows()];
    return { columns: known, firstRows, skippedLines, isSmall: this.#isSmall };
  }

  #columns(): Promise<readonly EngineColumn[]> {
    this.#known ??= this.#described();
    return this.#known;
  }

  /**
   * The reader gives plain types alone; and in what SQL tells, a name goes on behind a NUL. The engine keeps no order of more rows than one chunk
   * has, so that it is asked for.
   */
  async #described(): Promise<readonly EngineColumn[]> {
    const [names, types] = (await this.#engine.query(
      `SELECT name, type FROM pragma_table_info(${literal(this.#relation)}) ORDER BY cid`,
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
      const [, column] = MIXED_TIMES.exec(String(error)) ?? [];
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
    const text = this.#wordsOf(error);
    if (isLineTooLong(text)) {
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
      if (!/when sniffing/i.test(this.#wordsOf(second))) throw second;
      if (/Expected Number of Columns/.test(text)) throw error;
      return this.#refuse();
    });
  }

  #wordsOf(error: unknown): string {
    return wordsOf(error, [this.#path, this.#file.absolutePath]);
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
    this.#options.delete('sample_size');
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
    // A line at fault far behind does not hide what stands before the header.
    const found = await this.#sniff({ sample_size: String(SAMPLED_LINES) }).catch(() => undefined);
    this.#options.set('skip', skip);
    return found?.hasHeader && found.columns > 1 && (await this.#isBefore(found)) ? found.skip : 0;
  }

  /** Whether the lines that the reader would leave out hold no fields. Where comments or a blank line stand there, they may be sentences. */
  async #isBefore({ skip, delimiter, columns }: Sniffed): Promise<boolean> {
    const lines = await firstLines(this.#file, skip);
    const isMarked = lines.some((line) => line.startsWith('#') || line.trim() === '');
    const isText = (line: string) =>
      line.startsWith('#') || !line.includes(delimiter) || (isMarked && isSentence(line, delimiter, columns));
    // Two lines with equally many fields are rather a table of their own.
    const counts = lines.map((line) => (line.startsWith('#') ? 1 : line.split(delimiter).length));
    const isTable = counts.some((count, at) => count > 1 && count === counts[at + 1]);
    return lines.length === skip && !isTable && lines.every(isText);
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

  /** Loads times that are written with more digits than microseconds have once more as they are written. */
  async #keepNanoseconds(): Promise<void> {
    const times = (await this.#columns()).filter(({ type }) => OF_MICROSECONDS.has(type.text));
    const names = times.map(({ name }) => name);
    if (names.length === 0 || !(await this.#mayHaveNanoseconds(names))) return;
    for (const name of names) this.#types.set(name, 'VARCHAR');
    const asWritten = `read_csv(${this.#arguments({})})`;
    const found = await this.#where(names, hasNanoseconds, asWritten);
    for (const name of names) if (!found.includes(name)) this.#types.delete(name);
    if (found.length > 0) await this.#create();
  }

  /** Whether the first lines have such times, or what the reader made of them uses the last digit that it has. */
  async #mayHaveNanoseconds(times: readonly string[]): Promise<boolean> {
    if ((await firstLines(this.#file, MAX_HEAD_LINES)).some((line) => NANOSECONDS.test(line))) return true;
    return (await this.#where(times, (column) => `bool_or(microsecond(${column}) % 10 <> 0)`)).length > 0;
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
   * blank nor a comment has a delimiter outside of quotes, or most lines behind it are records.
   */
  async #assertOneColumn(columns: readonly EngineColumn[], skipped: number): Promise<void> {
    if (columns.length !== 1) return;
    const isUtf8 = this.#options.get('encoding') === literal('utf-8');
    const lines = isUtf8 ? await firstLines(this.#file, MAX_HEAD_LINES) : [columns[0]!.name];
    const first = lines.findIndex((line, index) => index >= skipped && !/^(#|\s*$)/.test(line));
    const delimiter = delimiterIn(outsideQuotes(lines[first] ?? ''));
    const found = delimiter === undefined ? tableWithin(lines) : { delimiter, at: first };
    if (found === undefined) return;
    if (found.at > skipped) this.#options.set('skip', String(found.at));
    await this.#refuseBy(found.delimiter, fieldsOf(lines[found.at]!, found.delimiter));
  }

  /** Refuses a record that ends with an empty field too many, of which the reader says nothing. */
  async #assertNoFieldMore(columns: number, skipped: number): Promise<void> {
    if (columns === 1 || this.#options.get('encoding') !== literal('utf-8')) return;
    const found = await emptyFieldMore(this.#file, columns, skipped, this.#isSmall);
    if (found === undefined) return;
    throw new Error(
      `CSV Error on Line: ${found.line} Expected Number of Columns: ${columns} Found: ${found.fields}`,
    );
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

  /** The columns of the table, or of `from`, for which an aggregate is true. The engine plans many of them in more than linear time, so they are asked in parts. */
  async #where(
    columns: readonly string[],
    holds: (column: string) => string,
    from = this.#table,
  ): Promise<string[]> {
    const found: string[] = [];
    for (let start = 0; start < columns.length; start += COLUMNS_PER_QUERY) {
      const part = columns.slice(start, start + COLUMNS_PER_QUERY);
      const asked = part.map((name) => `coalesce(${holds(identifier(name))}, false)`);
      const answers = await this.#engine.query(`SELECT ${asked.join(', ')} FROM ${from}`);
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

function hasNanoseconds(column: string): string {
  return `bool_or(regexp_matches(${column}, ${literal(NANOSECONDS.source)}))`;
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
  if (found === 'utf-8') return found;
  if (found !== 'utf-16le' && found !== 'utf-16') throw notUtf8(file, found);
  if (statSync(file.absolutePath).size % 2 > 0) throw cutUtf16(file);
  return 'utf-16';
}
