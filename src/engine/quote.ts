/** Names and texts as SQL. Whatever the data calls a column or a file, it stays a name or a text. */

export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** NUL cannot be part of a DuckDB text; callers that pass file names are safe, since POSIX forbids it there too. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
