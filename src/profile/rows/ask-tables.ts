import { columnsTogether, type RowColumn } from '../../engine/check-rows.ts';
import type { TableRows } from '../dataset/table-rows.ts';
import { isReadOtherwise, kindsOf, type TableUnits, unitsOfTables } from './merge-answers.ts';
import type { AnsweredUnit } from './rows-part.ts';
import { planRows, type RowQuestion, type RowsPlan } from './rows-plan.ts';

/** By the names of tables. */
export type Questions = ReadonlyMap<string, readonly RowQuestion[]>;

/** Has parts of the work ask their rows, on whatever machines. */
export type AskParts = (plan: RowsPlan) => Promise<readonly AnsweredUnit[]>;

/**
 * Asks the rows of tables in parts. Where the rows of a table have different columns, they are asked once more, with the columns of all.
 * @returns the units of each table that something is asked of, with their answers
 * @throws VarveError `part-missing`, and what the parts throw
 */
export async function askTables(
  tables: readonly TableRows[],
  questions: Questions,
  options: Pick<RowsPlan, 'slice' | 'timeLimit'>,
  askParts: AskParts,
): Promise<readonly TableUnits[]> {
  const ask = async (own: readonly TableRows[], columns: ReadonlyMap<string, readonly RowColumn[]>) => {
    const perTable = own.map(({ name }) => {
      const given = columns.get(name);
      return [name, { questions: questions.get(name)!, ...(given && { columns: given }) }] as const;
    });
    return unitsOfTables(own, await askParts(planRows(tables, new Map(perTable), options)));
  };
  const asked = tables.filter(({ name }) => questions.has(name));
  if (asked.length === 0) return [];
  const found = await ask(asked, new Map());
  const columns = new Map<string, readonly RowColumn[]>();
  for (const units of found) {
    const kinds = kindsOf(units);
    if (kinds.length > 1 && !isReadOtherwise(units))
      columns.set(units.table.name, await columnsTogether(kinds));
  }
  const again = asked.filter(({ name }) => columns.has(name));
  if (again.length === 0) return found;
  return [...found.filter(({ table }) => !columns.has(table.name)), ...(await ask(again, columns))];
}
