import { readFileSync } from 'node:fs';
import type { SourceFile } from '../../source-file.ts';
import { fieldsOf } from './fields.ts';
import { firstLines, lookAt } from './lines.ts';

const DELIMITERS = [',', ';', '|', '\t', '^', ':'];

/** Lines in which the header is looked for. */
const MAX_BLANK_LINES = 100;

/** A line with one field more than the header, which is empty. */
export interface LongLine {
  /** Counted from 1. */
  readonly line: number;
  readonly fields: number;
}

/**
 * Finds the first record that ends with an empty field too many, which the reader passes over without a word. Undefined if there is none,
 * and also if every record ends so: there a delimiter ends a record. Lines with marks that may be quotes or escapes are passed over.
 * @param columns more than one
 * @param header lines before it that were left out; blank lines may follow them
 * @param isSmall whether the text fits into memory with ease
 */
export async function emptyFieldMore(
  file: SourceFile,
  columns: number,
  header: number,
  isSmall: boolean,
): Promise<LongLine | undefined> {
  const all = isSmall ? readFileSync(file.absolutePath) : undefined;
  // Nearly no file has such a line, and of a small one that is seen before anything else.
  if (all !== undefined && !DELIMITERS.some((mark) => endsLines(all, mark))) return undefined;
  const lines = await firstLines(file, header + MAX_BLANK_LINES);
  const at = lines.findIndex((line, index) => index >= header && line.trim() !== '');
  const delimiter = DELIMITERS.find((mark) => fieldsOf(lines[at] ?? '', mark) === columns);
  if (delimiter === undefined) return undefined;
  const visit = (look: (piece: Buffer) => boolean) =>
    all === undefined ? lookAt(file, look) : Promise.resolve(void look(all));
  if (!(await mayHaveLongLine(delimiter, columns, visit))) return undefined;
  const records = new Records(delimiter, columns, at);
  await visit((piece) => records.add(piece.toString('latin1')));
  return records.found();
}

type Visit = (look: (piece: Buffer) => boolean) => Promise<void>;

function endsLines(bytes: Buffer, delimiter: string): boolean {
  const ends = ['\n', '\r'].some((end) => bytes.includes(delimiter + end, 0, 'latin1'));
  return ends || bytes.at(-1) === delimiter.charCodeAt(0);
}

/** Whether a line that ends with a delimiter has too many fields, if no line break stands in quotes. This looks at no other line. */
async function mayHaveLongLine(delimiter: string, columns: number, visit: Visit): Promise<boolean> {
  let rest = '';
  let found = false;
  const isLong = (line: string) => fieldsOf(line, delimiter) > columns;
  await visit((piece) => {
    const text = rest + piece.toString('latin1');
    const ends = ['\n', '\r'].filter((end) => text.includes(end));
    const startOf = (at: number) => Math.max(...ends.map((end) => text.lastIndexOf(end, at)), -1) + 1;
    for (const end of ends) {
      const mark = delimiter + end;
      for (let at = text.indexOf(mark); at >= 0 && !found; at = text.indexOf(mark, at + 1))
        found = isLong(text.slice(startOf(at), at + 1));
    }
    rest = text.slice(startOf(text.length));
    return !found;
  });
  return found || (rest.endsWith(delimiter) && isLong(rest));
}

/** Lines as they come, piece by piece. */
class Records {
  readonly #delimiter: string;
  readonly #columns: number;
  readonly #header: number;
  #rest = '';
  #line = 0;
  #records = 0;
  #long = 0;
  #isQuoted = false;
  #first: LongLine | undefined;

  constructor(delimiter: string, columns: number, header: number) {
    this.#delimiter = delimiter;
    this.#columns = columns;
    this.#header = header;
  }

  /** @returns whether more is to be seen: no longer, once two records differ */
  add(text: string): boolean {
    const lines = (this.#rest + text).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop()!;
    for (const line of lines) this.#look(line);
    return this.#first === undefined || this.#long === this.#records;
  }

  found(): LongLine | undefined {
    if (this.#rest !== '') this.#look(this.#rest.replace(/\r$/, ''));
    this.#rest = '';
    return this.#long === this.#records ? undefined : this.#first;
  }

  #look(line: string): void {
    this.#line++;
    const isWithin = this.#isQuoted;
    if (line.includes('"') && line.split('"').length % 2 === 0) this.#isQuoted = !this.#isQuoted;
    if (this.#line - 1 <= this.#header || isWithin || line === '') return;
    this.#records++;
    if (!line.endsWith(this.#delimiter) || this.#isQuoted || /['\\]/.test(line)) return;
    const fields = fieldsOf(line, this.#delimiter);
    if (fields <= this.#columns) return;
    this.#long++;
    this.#first ??= { line: this.#line, fields };
  }
}
