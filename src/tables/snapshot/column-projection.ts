import { identifier } from '../../engine/quote.ts';
import { problemOfColumns, type ShownColumn, type ShownColumns } from '../../engine/shown-columns.ts';
import type { ColumnType, PrimitiveName, TableColumn } from '../model.ts';
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

const NAMES: Readonly<Record<PrimitiveName, string>> = {
  boolean: 'BOOLEAN',
  byte: 'TINYINT',
  short: 'SMALLINT',
  integer: 'INTEGER',
  long: 'BIGINT',
  float: 'FLOAT',
  double: 'DOUBLE',
  string: 'VARCHAR',
  binary: 'BLOB',
  date: 'DATE',
  time: 'TIME',
  timestamp: 'TIMESTAMP WITH TIME ZONE',
  timestamp_ntz: 'TIMESTAMP',
  uuid: 'UUID',
};

/** A type as the engine writes it; undefined where it has none. */
function sqlOf(type: ColumnType): string | undefined {
  switch (type.is) {
    case 'decimal':
      return `DECIMAL(${type.precision},${type.scale})`;
    case 'struct': {
      const fields = type.fields.map((field) => [identifier(field.name), sqlOf(field.type)]);
      const isKnown = fields.length > 0 && fields.every(([, of]) => of !== undefined);
      return isKnown ? `STRUCT(${fields.map((field) => field.join(' ')).join(', ')})` : undefined;
    }
    case 'list': {
      const element = sqlOf(type.element);
      return element && `${element}[]`;
    }
    case 'map': {
      const [key, value] = [sqlOf(type.key), sqlOf(type.value)];
      return key && value && `MAP(${key}, ${value})`;
    }
    case 'other':
      return undefined;
    default:
      return NAMES[type.is];
  }
}
