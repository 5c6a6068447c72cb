import { problemOfColumns, type ShownColumn, type ShownColumns } from '../../engine/shown-columns.ts';
import type { TableColumn } from '../model.ts';
import { sqlOf } from '../sql-types.ts';
import { unsupportedTable } from './snapshot.ts';

/** Of the text of a type, in characters. */
const MAX_TYPE_TEXT = 8000;

/** A column of a table, and where files have it. */
export interface ProjectedColumn extends TableColumn, Omit<ShownColumn, 'name' | 'type'> {}

/**
 * Tell how readers show the columns of a table whose files have others.
 * @throws VarveError `table-feature-unsupported` where two columns would be one, or one has a type that varve has no name for
 */
export function projectionOf(url: string, columns: readonly ProjectedColumn[]): ShownColumns {
  const shown = columns.map(({ type, ...column }): ShownColumn => {
    const text = sqlOf(type);
    if (text !== undefined && text.length <= MAX_TYPE_TEXT) return { ...column, type: text };
    throw unsupportedTable(
      url,
      `has renamed or dropped columns, and its column ${JSON.stringify(column.name.slice(0, 200))} is of a type that varve has no short name for`,
      ANEW,
    );
  });
  const problem = problemOfColumns(shown);
  if (problem === undefined) return shown;
  throw unsupportedTable(url, problem, ANEW);
}

const ANEW = 'Write its rows to a new table, or export it with an engine.';
