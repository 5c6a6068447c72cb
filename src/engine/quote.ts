/** Names and texts as SQL. Whatever the data calls a column or a file, it stays a name or a text. */

export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** The spelling that names of one column share: the engine takes no heed of capital letters, of ASCII alone. */
export function foldedName(name: string): string {
  return name.replaceAll(/[A-Z]+/g, (capitals) => capitals.toLowerCase());
}

/** NUL cannot be part of a DuckDB text; callers that pass file names are safe, since POSIX forbids it there too. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/**
 * Writes the path of a file as the pattern that only this path matches: DuckDB takes `*`, `?` and `[` in the paths of its readers for
 * patterns, and prefers the neighbour `x1.csv` to the file `x[1].csv`.
 */
export function filePattern(path: string): string {
  return path.replace(/[[*?]/g, '[$&]');
}

/** A path for DuckDB's readers of files, as SQL. */
export function fileLiteral(path: string): string {
  return literal(filePattern(path));
}
