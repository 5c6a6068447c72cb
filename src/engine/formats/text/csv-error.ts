import { type ErrorCode, VarveError } from '../../../errors.ts';
import { readError } from '../../duckdb.ts';
import { filePattern } from '../../quote.ts';
import { placeIn, type SourceFile, shownPath } from '../../source-file.ts';
import { notUtf8 } from './encoding.ts';
import { lineTooLong } from './lines.ts';

/** Before the line at fault, which the reader quotes whole. */
const QUOTED_LINE = '\nOriginal Line: ';

/** What the reader says of a line, behind that line. */
const REASON =
  /^(?:Expected Number of Columns|Invalid unicode|Maximum line size|.*(?:unterminated|quoted) ).*$/gim;

/**
 * What the reader says of a file, without the paths of it and the line that it quotes: either may hold any of its words.
 * @param paths by which it knows the file
 */
export function wordsOf(error: unknown, paths: readonly string[]): string {
  let text = error instanceof Error ? error.message : String(error);
  for (const path of paths) text = text.replaceAll(filePattern(path), '').replaceAll(path, '');
  const at = text.indexOf(QUOTED_LINE);
  if (at < 0) return text;
  const head = text.slice(0, at);
  // What could not be made of a value is told with the value, line by line.
  if (head.startsWith('Conversion Error')) return head;
  const reason = [...text.slice(at + QUOTED_LINE.length).matchAll(REASON)].at(-1)?.[0] ?? '';
  return `${head}\n${reason}`;
}

export function isLineTooLong(words: string): boolean {
  return /Maximum line size of \d+ bytes exceeded/.test(words);
}

/** Makes an error of the reader one about the file and, where it is known, the line. */
export function csvError(error: unknown, file: SourceFile): VarveError {
  const text = wordsOf(error, [file.absolutePath]);
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
  if (isLineTooLong(text)) return lineTooLong(file, line, error);
  if (/when sniffing|^Conversion Error/i.test(text))
    return refused(
      'table-unreadable',
      'no delimiter, quotes and header make a table of its lines',
      'Check that the file is whole, that it is text, and that each quote is closed.',
    );
  return readError(error, file, line);
}
