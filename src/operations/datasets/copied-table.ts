import type { DatabaseAddress } from '../../database/address.ts';
import { describeDatabase } from '../../database/errors.ts';
import { openResultSet } from '../../database/open.ts';
import type { Continuation, DatabaseQuery, LeftOut, ResultSet, RowSink } from '../../database/query.ts';
import { type ExportedRows, type ExportFormat, exportRows } from '../../engine/export-rows.ts';
import { VarveError } from '../../errors.ts';
import { neutral } from '../../wording/neutral.ts';
import { counted } from '../../wording/numbers.ts';
import type { FileColumn } from '../../workspace/database-origin.ts';
import type { Watch } from '../context/context.ts';

/** What is asked of which database. */
export interface AskedTable {
  readonly address: DatabaseAddress;
  readonly wanted: DatabaseQuery;
  /** Asks only for rows behind those that were taken. */
  readonly next?: Continuation | undefined;
}

/** A file of rows, and what else the database said in the same transaction. */
export interface CopiedTable {
  readonly path: string;
  readonly rows: number;
  /** Of a continuation: the value of the last row in its column, as the database wrote it; undefined if there is no row. */
  readonly last?: string | undefined;
  readonly leftOut?: LeftOut | undefined;
  /** Of a continuation. */
  readonly order?: string | undefined;
  /** As the file has them. */
  readonly columns: readonly FileColumn[];
  /** Columns that are text since some values are none of their type. */
  readonly text: readonly string[];
}

export interface CopiedTableOptions {
  readonly format: ExportFormat;
  /** In place of the one that variables or files of the database's own clients have. */
  readonly password?: string | undefined;
  /** Set where the rows join others: the columns that are text there for the sake of values. All other columns have to keep their types. */
  readonly text?: readonly string[] | undefined;
  /** The command that takes all rows anew, to another place: for messages. Goes with `text`. */
  readonly anew?: string;
}

/**
 * Have a table of a database as a file for as long as `use` runs. All rows are read in one transaction, and wait on the disk.
 * @throws VarveError `types-differ`, and those of openResultSet
 */
export async function withCopiedTable<T>(
  { address, wanted, next }: AskedTable,
  { format, password, text, anew }: CopiedTableOptions,
  { onProgress, onWarning, signal }: Watch,
  use: (exported: CopiedTable) => Promise<T>,
): Promise<T> {
  const name = wanted.table ?? describeDatabase(address);
  const results = await openResultSet(address, wanted, { password, next, signal, onWaiting: onWarning });
  try {
    if (wanted.table !== undefined && next === undefined && results.key.length === 0)
      onWarning?.(withoutKey(wanted.table));
    const onRows = (done: number): void => onProgress?.({ phase: `read ${name}`, unit: 'rows', done });
    const how = { format, key: results.key, onRows, ...(text && { text }), ...(signal && { signal }) };
    const read = (sink: RowSink): Promise<void> => results.read(sink);
    return await exportRows(columnsOf(results, name), read, how, (exported) => {
      // What is made of the rows may take long, and needs no server.
      results.close();
      const { path, rows, asText } = exported;
      if (text !== undefined && asText.length > 0) throw typesDiffer(asText[0]!, anew!);
      for (const column of asText) onWarning?.(keptAsText(column));
      const names = text ?? asText.map((column) => column.name);
      const { leftOut, order } = results;
      const types = results.columns.map(
        ({ name: own, type }): FileColumn => [own, names.includes(own) ? 'VARCHAR' : type],
      );
      return use({
        ...{ path, rows, last: results.last(), leftOut, order: order?.name },
        ...{ columns: types, text: names },
      });
    });
  } finally {
    results.close();
  }
}

/** @throws VarveError `database-error` where no table could have these columns */
function columnsOf({ columns }: ResultSet, path: string): ResultSet['columns'] {
  const problem = columns.length === 0 ? 'The query gives no columns' : problemOfNames(columns);
  if (problem === undefined) return columns;
  throw new VarveError('database-error', problem, {
    path,
    remedy: 'Write a query that selects columns, each `AS` a name of its own.',
  });
}

function problemOfNames(columns: ResultSet['columns']): string | undefined {
  const seen = new Map<string, string>();
  for (const { name } of columns) {
    if (name === '') return 'A column has no name';
    const before = seen.get(name.toLowerCase());
    if (before === name) return `Two columns have the name ${JSON.stringify(name)}`;
    if (before !== undefined)
      return `The columns ${JSON.stringify(before)} and ${JSON.stringify(name)} differ in case only, which a table cannot have`;
    seen.set(name.toLowerCase(), name);
  }
  return undefined;
}

function withoutKey(table: string): string {
  return `${table} has no primary key, so its rows come in any order, and equal data may be another version: \`--query "SELECT … ORDER BY …"\` gives them one.`;
}

type ColumnAsText = ExportedRows['asText'][number];

function keptAsText(column: ColumnAsText): string {
  return `${column.name} is kept as text: ${unfit(column)}.`;
}

function unfit({ type, values }: ColumnAsText): string {
  return `${counted(values, 'value')} of it ${values === 1 ? 'is' : 'are'} no ${type}`;
}

function typesDiffer(column: ColumnAsText, anew: string): VarveError {
  const path = neutral(column.name);
  return new VarveError('types-differ', `${path} was no text so far, and would be now: ${unfit(column)}`, {
    path,
    remedy: `Correct these values in the database, or take all rows anew, with the column as text: \`${anew}\`.`,
  });
}
