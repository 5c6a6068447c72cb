import type { Continuation, DatabaseQuery } from './query.ts';

/** How a kind of database quotes names: the mark itself is doubled within, as the standard has it. */
export type QuoteMark = '"' | '`';

/** A part of a name: in quotes of either kind, or up to a dot. */
const PART = /"((?:[^"]|"")+)"|`((?:[^`]|``)+)`|([^.]+)/y;

/** Quote the name of a table, which may have that of its schema before it: `shop.orders`, or `shop."or.ders"` where a dot is part of a name. */
export function quotedTable(name: string, mark: QuoteMark): string {
  return partsOf(name)
    .map((part) => quoted(part, mark))
    .join('.');
}

/** What is no name of such parts, such as one with a quote within, is divided at its dots. */
function partsOf(name: string): string[] {
  const parts: string[] = [];
  for (let at = 0; at <= name.length; at++) {
    PART.lastIndex = at;
    const [whole = '', standard, ticked, plain] = PART.exec(name) ?? [];
    at += whole.length;
    if (whole === '' || (at < name.length && name[at] !== '.')) return name.split('.');
    parts.push(standard?.replaceAll('""', '"') ?? ticked?.replaceAll('``', '`') ?? plain!);
  }
  return parts;
}

/** Ask for all of a table, in the order of its key if it has one. */
export function selectAll(table: string, key: readonly string[], mark: QuoteMark): string {
  const order = key.map((column) => quoted(column, mark)).join(', ');
  return `SELECT * FROM ${quotedTable(table, mark)}${order === '' ? '' : ` ORDER BY ${order}`}`;
}

/** A statement, and the value of its one parameter if it has one. */
export interface Statement {
  readonly sql: string;
  readonly values: readonly string[];
}

/** How rows behind a value are asked for. */
export interface NextStatement {
  readonly mark: QuoteMark;
  /** What stands for the value. */
  readonly parameter: string;
  /** Whether values of the column are numbers, which some servers round where they come as parameters. */
  readonly isNumber: boolean;
  /** Names of those that are taken; all unless given. */
  readonly columns: readonly string[] | undefined;
}

/** Ask for rows behind a value, in the order of its column and then of the key, and for the numbers of those that are left out. */
export function selectNext(
  { table, query }: DatabaseQuery,
  { column, after }: Continuation,
  key: readonly string[],
  { mark, parameter, isNumber, columns }: NextStatement,
): { readonly rows: Statement; readonly empty: Statement; readonly before: Statement | undefined } {
  const from = sourceOf({ table, query } as DatabaseQuery, mark);
  const name = quoted(column, mark);
  // What stands in a pointer may be anything: only digits are written into the statement.
  const isLiteral = after !== undefined && isNumber && /^-?\d+(\.\d+)?$/.test(after);
  const values = after === undefined || isLiteral ? [] : [after];
  const bound = isLiteral ? after : parameter;
  const order = [name, ...key.filter((other) => other !== column).map((other) => quoted(other, mark))];
  const behind = after === undefined ? `${name} IS NOT NULL` : `${name} > ${bound}`;
  const count = `SELECT COUNT(*) FROM ${from} WHERE ${name}`;
  const taken = columns?.map((one) => quoted(one, mark)).join(', ') ?? '*';
  return {
    rows: { sql: `SELECT ${taken} FROM ${from} WHERE ${behind} ORDER BY ${order.join(', ')}`, values },
    empty: { sql: `${count} IS NULL`, values: [] },
    before: after === undefined ? undefined : { sql: `${count} <= ${bound}`, values },
  };
}

/** Ask for no row, which tells the types of columns. */
export function selectNone(wanted: DatabaseQuery, mark: QuoteMark): string {
  return `SELECT * FROM ${sourceOf(wanted, mark)} LIMIT 0`;
}

/**
 * Ask for something that a server says of a column by a function of its values, whether there are any or not: a row of one text.
 * @param name of the function
 */
export function selectOf(wanted: DatabaseQuery, name: string, column: string, mark: QuoteMark): string {
  return `SELECT ${name}(MAX(${quoted(column, mark)})) FROM ${sourceOf(wanted, mark)} WHERE 1 = 0`;
}

function sourceOf({ table, query }: DatabaseQuery, mark: QuoteMark): string {
  // A line of its own, since the last one of a query may end in a comment.
  return table === undefined ? `(${query!.replace(/;\s*$/, '')}\n) AS asked` : quotedTable(table, mark);
}

function quoted(name: string, mark: QuoteMark): string {
  return `${mark}${name.replaceAll(mark, mark + mark)}${mark}`;
}
