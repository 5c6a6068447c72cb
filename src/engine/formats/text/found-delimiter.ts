import type { SourceFile } from '../../source-file.ts';
import { DELIMITERS, fieldsOf } from './fields.ts';
import { firstLines } from './lines.ts';

const LINES = 20;

/**
 * Tell by the first lines of a text what separates its fields.
 * @param columns how many the reader found in it
 * @returns undefined where no single mark, or more than one, gives most lines so many fields
 */
export async function foundDelimiter(file: SourceFile, columns: number): Promise<string | undefined> {
  if (columns < 2) return undefined;
  const lines = (await firstLines(file, LINES)).filter((line) => line !== '');
  const fitting = DELIMITERS.filter(
    (mark) => lines.filter((line) => fieldsOf(line, mark) === columns).length * 2 > lines.length,
  );
  return fitting.length === 1 ? fitting[0] : undefined;
}
