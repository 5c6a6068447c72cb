/** How a kind of database quotes names: the mark itself is doubled within, as the standard has it. */
export type QuoteMark = '"' | '`';

/** Quote the name of a table, which may have that of its schema before it. */
export function quotedTable(name: string, mark: QuoteMark): string {
  return name
    .split('.')
    .map((part) => quoted(part, mark))
    .join('.');
}

/** Ask for all of a table, in the order of its key if it has one. */
export function selectAll(table: string, key: readonly string[], mark: QuoteMark): string {
  const order = key.map((column) => quoted(column, mark)).join(', ');
  return `SELECT * FROM ${quotedTable(table, mark)}${order === '' ? '' : ` ORDER BY ${order}`}`;
}

function quoted(name: string, mark: QuoteMark): string {
  return `${mark}${name.replaceAll(mark, mark + mark)}${mark}`;
}
