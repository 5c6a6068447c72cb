import {
  type ColumnOrder,
  type FollowedColumns,
  isNumeric,
  NUMBERS,
  type QueryColumn,
} from '../../database/query.ts';
import { VarveError } from '../../errors.ts';
import { neutral } from '../../wording/neutral.ts';
import { counted } from '../../wording/numbers.ts';
import type { FileColumn, Incremental } from '../../workspace/database-origin.ts';
import type { Watch } from '../context/context.ts';

/** Where rows are appended, for messages. */
interface Appended extends Pick<Watch, 'onWarning'> {
  readonly target: string;
  /** The command that takes all rows anew, to another place. */
  readonly anew: string;
}

/**
 * Hold what a database has now against the rows that were taken of it, before more are. A pointer of an older varve does not say in which
 * order they were, nor what columns they had: it is believed that they are those of now.
 * @returns the names of the columns that are taken: those of the first rows, in their order
 * @throws VarveError `order-changed`, `types-differ`
 */
export function columnsToTake(
  { columns, order }: FollowedColumns,
  before: Incremental | undefined,
  appended: Appended,
): readonly string[] {
  if (before?.last !== undefined && isOtherOrder(order, before)) throw orderChanged(order, before, appended);
  const known = before !== undefined && before.rows > 0 ? before.columns : undefined;
  if (known === undefined) return columns.map(({ name }) => name);
  const names = known.map(([name]) => name);
  const added = columns.filter(({ name }) => !names.includes(name));
  refuseOtherTypes(known, columns, { before: before!, added, appended });
  if (added.length > 0) appended.onWarning?.(addedWords(added, appended));
  return names;
}

/** Values of the order of numbers, as servers write them. */
const NUMBER = /^-?(\d+(\.\d+)?|NaN|Infinity)$/;

function isOtherOrder({ name, digits }: ColumnOrder, { last, order }: Incremental): boolean {
  if (order !== undefined && order !== name) return true;
  if (name === NUMBERS && !NUMBER.test(last!)) return true;
  // A value with more digits than the column has now was rounded, and may be greater than itself.
  const [, fraction = ''] = name === NUMBERS || digits !== undefined ? (/\.(\d*?)0*$/.exec(last!) ?? []) : [];
  return digits !== undefined && fraction.length > digits;
}

function orderChanged(
  { name, digits }: ColumnOrder,
  { column, last, order = 'another order' }: Incremental,
  { target, anew }: Appended,
): VarveError {
  const path = neutral(column);
  const after = JSON.stringify(last);
  const problem =
    order === name
      ? `its values are rounded to ${counted(digits ?? 0, 'digit')} behind the point by now`
      : `values of ${path} were compared as ${neutral(order)}, and are as ${neutral(name)} by now`;
  return new VarveError(
    'order-changed',
    `Rows cannot be appended to ${target} behind ${after} in ${path}: ${problem}`,
    {
      path,
      remedy: `Take all rows anew, in the order of now: \`${anew}\`. What was taken before stays as it is.`,
    },
  );
}

/** @throws VarveError `types-differ` for a column that is gone, or would have another type than that of the first rows */
function refuseOtherTypes(
  known: readonly FileColumn[],
  columns: readonly QueryColumn[],
  {
    before,
    added,
    appended: { target, anew },
  }: { before: Incremental; added: readonly QueryColumn[]; appended: Appended },
): void {
  const remedy = `Give the table the columns that it had, or take all rows anew, with those of now: \`${anew}\`. What was taken before stays as it is.`;
  for (const [name, type] of known) {
    const path = neutral(name);
    const now = columns.find((one) => one.name === name);
    if (now === undefined) {
      const instead = added.length === 0 ? '' : `; ${listOf(added)} came since`;
      throw new VarveError(
        'types-differ',
        `${path} is a column of ${target}, and there is none any more${instead}`,
        {
          ...{ path, remedy },
        },
      );
    }
    const own = before.text?.includes(name) ? 'VARCHAR' : now.type;
    if (own === type || (isNumeric(own) && isNumeric(type))) continue;
    throw new VarveError(
      'types-differ',
      `${path} is ${neutral(type)} in ${target}, and would be ${own} by now`,
      {
        ...{ path, remedy },
      },
    );
  }
}

function addedWords(added: readonly QueryColumn[], { target, anew }: Appended): string {
  const are = added.length === 1 ? 'is' : 'are';
  return `${listOf(added)} ${are} not in ${target}, whose first rows had no such ${added.length === 1 ? 'column' : 'columns'}: \`${anew}\` takes all rows anew, with ${added.length === 1 ? 'it' : 'them'}.`;
}

function listOf(columns: readonly QueryColumn[]): string {
  return neutral(columns.map(({ name }) => name).join(', '));
}
