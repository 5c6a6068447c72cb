import type { SourceFile } from '../../source-file.ts';
import type { EngineColumn } from '../../types.ts';
import { firstLines } from './lines.ts';
import { NULL_TEXTS } from './null-texts.ts';

/** Four digits and a mark: no format that begins with a day, a month or a year of two digits takes these. */
const YEAR_FIRST = /^\d{4}[-/.]\d/;

const MAX_LINES = 100;

/**
 * Whether the first lines of a delimited text show that each of `times` is written with its year first. One value of each is enough, since
 * the reader takes a column's times all by one format. Says no where lines are not plain enough to be split here.
 * @param columns of the table that the reader made of the file
 * @param times some of them
 */
export async function haveYearsFirst(
  file: SourceFile,
  columns: readonly EngineColumn[],
  times: readonly EngineColumn[],
): Promise<boolean> {
  const [header = '', ...lines] = await firstLines(file, MAX_LINES);
  const names = columns.map(({ name }) => Buffer.from(name).toString('latin1'));
  const delimiter = [',', ';', '\t', '|'].find((mark) => names.join(mark) === header);
  if (delimiter === undefined || header.includes('"')) return false;
  let open = times.map((time) => columns.indexOf(time));
  for (const line of lines) {
    const fields = line.split(delimiter);
    if (open.length === 0 || fields.length !== names.length || line.includes('"')) break;
    open = open.filter((at) => !YEAR_FIRST.test(fields[at]!));
    if (open.some((at) => !NULL_TEXTS.includes(fields[at]!))) return false;
  }
  return open.length === 0;
}
