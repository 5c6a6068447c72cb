import { type ErrorCode, VarveError } from '../../errors.ts';
import { type Engine, readError } from '../duckdb.ts';
import { fileLiteral, identifier, literal } from '../quote.ts';
import { compressionOf, fileNamedBy, pathList, type SourceFile } from '../source-file.ts';
import type { EngineColumn } from '../types.ts';
import { encodingOf, notUtf8 } from './encoding.ts';
import { lineTooLong, MAX_LINE_BYTES } from './lines.ts';

/** The spellings of a missing value in the wild. `NaN` is not among them: in a float column it is a number's state. */
const NULL_TEXTS = [
  ...['', 'NA', 'N/A', 'n/a', '#N/A', '#N/A N/A', '#NA', '<NA>', '\\N'],
  ...['NULL', 'Null', 'null', '(null)', 'nil', 'None', 'none'],
];

const LINE_TOO_LONG = /Maximum line size of \d+ bytes exceeded/;

/** Rows in which the reader's choice of quotes is looked at: as many as it made it from. */
const SAMPLED_ROWS = 20_480;

const COLUMNS_PER_QUERY = 256;

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
  const reading = new Reading(engine, files, tabs, relation);
  try {
    await reading.load();
  } catch (error) {
    throw error instanceof VarveError ? error : csvError(error, files);
  }
  const columns = await engine.describe(identifier(relation));
  if (columns.some(({ name }) => name.includes('\0'))) throw notUtf8(files[0]!, 'utf-16');
}

/** Reads the files again and again, with what was learnt of them, until they are read or clearly cannot be. */
class Reading {
  readonly #engine: Engine;
  readonly #files: readonly SourceFile[];
  readonly #table: string;
  readonly #options: Map<string, string>;

  constructor(engine: Engine, files: readonly SourceFile[], tabs: boolean, relation: string) {
    this.#engine = engine;
    this.#files = files;
    this.#table = identifier(relation);
    this.#options = new Map([
      ['nullstr', textList(NULL_TEXTS)],
      ['encoding', literal(readableEncoding(files))],
      ['compression', literal(compressionOf(files))],
      ['hive_partitioning', 'false'],
      ['union_by_name', String(files.length > 1)],
      ['skip', '0'],
      ['comment', "''"],
      ...(tabs ? [['delim', literal('\t')] as const] : []),
    ]);
  }

  async load(): Promise<void> {
    await this.#create().catch((error) => this.#createOtherwise(error));
    const columns = await this.#engine.describe(this.#table);
    const [header, delimiter] = loneHeader(columns);
    if (delimiter !== undefined) return this.#createPlainly(delimiter, header.split(delimiter).length);
    if (await this.#keepsQuotes(columns)) await this.#createQuoted(columns);
    await this.#widen(columns);
  }

  #read(more: Readonly<Record<string, string>> = {}): string {
    const options = [...new Map([...this.#options, ...Object.entries(more)])];
    return `read_csv(${pathList(this.#files)}, ${options.map(([key, value]) => `${key} = ${value}`).join(', ')})`;
  }

  async #create(more: Readonly<Record<string, string>> = {}): Promise<void> {
    await this.#engine.query(`CREATE OR REPLACE TABLE ${this.#table} AS FROM ${this.#read(more)}`);
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
    await this.#create({ sample_size: '-1' }).catch((second) => {
      if (!/when sniffing/i.test(messageOf(second))) throw second;
      if (/Expected Number of Columns/.test(text)) throw error;
      return this.#createStrictly();
    });
  }

  /** Loads without the lines at fault if the reader finds no way to read every line, and so finds which they are. */
  async #createStrictly(): Promise<void> {
    const [path] = this.#files.map(({ absolutePath }) => fileLiteral(absolutePath));
    const options = [...this.#options].filter(
      ([key]) => !['union_by_name', 'hive_partitioning'].includes(key),
    );
    const given = options.map(([key, value]) => `${key} = ${value}`).join(', ');
    const [[delimiter], [columns]] = (await this.#engine.query(
      `SELECT Delimiter, len(Columns)::INTEGER FROM sniff_csv(${path}, ${given}, ignore_errors = true)`,
    )) as [[string], [number]];
    await this.#createPlainly(delimiter, columns);
  }

  /** Loads text fields by a known delimiter, under the names 0, 1, …: what this refuses is named by its line. */
  #createPlainly(delimiter: string, columns: number): Promise<void> {
    return this.#create(plainly(delimiter, columns));
  }

  /**
   * Whether values keep double quotes around them, as they do where one that is not closed made the reader take quotes
   * for text.
   */
  async #keepsQuotes(columns: readonly EngineColumn[]): Promise<boolean> {
    const texts = columns.filter(({ type }) => type.text === 'VARCHAR').map(({ name }) => identifier(name));
    if (texts.length === 0) return false;
    const quoted = texts.map((column) => `${column} LIKE '"%"'`).join(' OR ');
    const [[found]] = (await this.#engine.query(
      `SELECT count(*)::INTEGER FROM (FROM ${this.#table} LIMIT ${SAMPLED_ROWS}) WHERE ${quoted}`,
    )) as [[number]];
    return found > 0;
  }

  async #createQuoted(columns: readonly EngineColumn[]): Promise<void> {
    const [path] = this.#files.map(({ absolutePath }) => fileLiteral(absolutePath));
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
  async #widen(columns: readonly EngineColumn[]): Promise<void> {
    const floats = columns.filter(({ type }) => type.text === 'DOUBLE').map(({ name }) => name);
    const large = await this.#where(floats, (column) => `max(abs(${column})) >= 9223372036854775807`);
    const wide = await this.#where(large, (column) => `bool_and(trunc(${column}) = ${column})`);
    const types: string[] = [];
    for (const name of wide) {
      const more = [...types, `${literal(name)}: 'HUGEINT'`];
      // Where one of its numbers is written as a float, or is longer, the column stays one of floats.
      await this.#create({ types: `{${more.join(', ')}}` }).then(
        () => types.push(more.at(-1)!),
        () => undefined,
      );
    }
  }
}

/**
 * Where lines disagree on the number of fields, the reader settles for one column that holds whole lines. A lone
 * header with a delimiter in it shows that.
 */
function loneHeader(columns: readonly EngineColumn[]): [header: string, delimiter: string | undefined] {
  const header = columns.length === 1 ? columns[0]!.name : '';
  return [header, [',', ';', '|', '\t'].find((mark) => header.includes(mark))];
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

/** DuckDB reads UTF-8, and UTF-16 as Windows writes it. It handles UTF-8's byte order mark by itself. */
function readableEncoding(files: readonly SourceFile[]): string {
  const found = files.map(encodingOf);
  const [first = 'utf-8'] = found;
  const other = found.findIndex((name) => name !== first || (name !== 'utf-8' && name !== 'utf-16'));
  if (other < 0) return first;
  const wrong = found[other] === 'utf-8' ? 0 : other;
  throw notUtf8(files[wrong]!, found[wrong]!);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function csvError(error: unknown, files: readonly SourceFile[]): VarveError {
  const text = messageOf(error);
  const file = fileNamedBy(error, files);
  const [, number] = /CSV Error on Line: (\d+)/.exec(text) ?? [];
  const line = number === undefined ? undefined : Number(number);
  if (/unicode/i.test(text)) return notUtf8(file, 'windows-1252', line, error);
  const where = line === undefined ? file.path : `${file.path}, line ${line}`;
  const refused = (code: ErrorCode, what: string, remedy: string) =>
    new VarveError(code, `${where}: ${what}`, { remedy, path: file.path, cause: error });
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
  return readError(error, file, line);
}
