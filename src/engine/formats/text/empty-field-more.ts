import { readFileSync } from 'node:fs';
import type { SourceFile } from '../../source-file.ts';
import { fieldsOf } from './fields.ts';
import { firstLines, lookAt } from './lines.ts';

const DELIMITERS = [',', ';', '|', '\t', '^', ':'];

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
 * @param header the line of it, counted from 0
 * @param isSmall whether the text fits into memory with ease
 */
export async function emptyFieldMore(
  file: SourceFile,
  columns: number,
  header: number,
  isSmall: boolean,
): Promise<LongLine | undefined> {
  const head = (await firstLines(file, header + 1))[header] ?? '';
  const delimiter = DELIMITERS.find((mark) => fieldsOf(head, mark) === columns);
  if (delimiter === undefined) return undefined;
  const visit = (look: (piece: Buffer) => boolean) =>
    isSmall ? Promise.resolve(void look(readFileSync(file.absolutePath))) : lookAt(file, look);
  if (!(await hasLineThatEndsWith(delimiter, visit))) return undefined;
  const records = new Records(delimiter, columns, header);
  await visit((piece) => records.add(piece.toString('latin1')));
  return records.found();
}

type Visit = (look: (piece: Buffer) => boolean) => Promise<void>;

/** Nearly no file has such a line, which is soon seen. */
async function hasLineThatEndsWith(delimiter: string, visit: Visit): Promise<boolean> {
  let last = '';
  let found = false;
  await visit((piece) => {
    const edge = last + String.fromCharCode(piece[0] ?? 0);
    found = ['\n', '\r'].some(
      (end) => edge === delimiter + end || piece.includes(delimiter + end, 0, 'latin1'),
    );
    if (piece.length > 0) last = String.fromCharCode(piece.at(-1)!);
    return !found;
  });
  return found || last === delimiter;
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
