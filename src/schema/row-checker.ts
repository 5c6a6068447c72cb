import type { ExampleRow } from './anomaly.ts';

/**
 * Answers questions about rows that the schema room has, if the data is at hand. The engine side implements it; without
 * it, what only rows can tell is reported as STATS_NOT_AVAILABLE.
 */
export interface RowChecker {
  check(query: RowQuery): Promise<RowAnswer | Unanswered>;
}

/** This cannot be asked of the rows. */
export interface Unanswered {
  /** Ends the sentence `The profile cannot tell, since …, and`; where a column is lacked, a sentence without its end. */
  readonly unanswered: string;
  /** What makes it possible to ask, as sentences. */
  readonly remedy?: string;
  /** The column that it names and that they lack, where they are at hand; empty where it is not known which. */
  readonly lacksColumn?: string;
}

/** Tell whether it is left to others to answer. Of rows that lack a column, nobody can. */
export function isLeft(answer: RowAnswer | Unanswered): answer is Unanswered {
  return 'unanswered' in answer && answer.lacksColumn === undefined;
}

export interface RowQuery {
  /** The name of the table, as in the profile. */
  readonly table: string;
  /**
   * One DuckDB expression, true for a row that is at fault (null is fine). It may hold a window function, so it stands
   * in a select list: `SELECT (failing) AS bad FROM …`. Part of it can be a person's own `expect`: run it without
   * access to files or network.
   */
  readonly failing: string;
  /** An expression for what to show of such a row; null is shown as `null`. */
  readonly value: string;
  /** Set where rows are at fault whose values in these columns, which are none of them null, another row has too. `failing` says the same. */
  readonly repeated?: readonly string[];
}

export interface RowAnswer {
  readonly rows: number;
  readonly failing: number;
  /** The first failing rows, at most 5; values are cut at 256 code points, with `…` behind. */
  readonly examples: readonly ExampleRow[];
}

/** Seconds that all checks of the rows of a dataset may take together, unless its schema gives more. */
export const TIME_LIMIT = 600;
/** The most that a schema may give: schemas come from strangers too. */
export const MAX_TIME_LIMIT = 6 * 3600;

/** A column, or a field of a struct, quoted. Undefined within lists: no single row expression names such values. */
export function columnSql(path: readonly string[]): string | undefined {
  if (path.includes('[]')) return undefined;
  return path.map((step) => `"${step.replaceAll('"', '""')}"`).join('.');
}

/** True for rows whose value, as text, is none of `values`. */
export function notInSql(column: string, values: readonly string[]): string {
  if (values.length === 0) return `${column} IS NOT NULL`;
  return `CAST(${column} AS VARCHAR) NOT IN (${values.map(textSql).join(', ')})`;
}

/** Those of some columns that an SQL expression mentions, by its words. */
function mentioned(sql: string, columns: readonly string[]): readonly string[] {
  const words = new Set(sql.toLowerCase().match(/[\p{L}\p{N}_]+|"(?:[^"]|"")*"/gu) ?? []);
  return columns.filter((column) =>
    [column, `"${column.replaceAll('"', '""')}"`].some((each) => words.has(each.toLowerCase())),
  );
}

/** An expression for the columns that an SQL expression mentions: `dep_time = 2430, arr_time = null`. */
export function mentionedSql(sql: string, columns: readonly string[]): string {
  const named = mentioned(sql, columns);
  if (named.length === 0) return 'NULL';
  const shown = named.map(
    (column) =>
      `concat(${textSql(`${column} = `)}, coalesce(CAST(${columnSql([column])} AS VARCHAR), 'null'))`,
  );
  return `concat_ws(', ', ${shown.join(', ')})`;
}

export function textSql(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/**
 * Whether text can stand between parentheses as one expression: quotes and brackets close, and there is neither a
 * semicolon nor a comment outside quotes. It does not check the SQL itself; the engine does.
 */
export function isOneExpression(sql: string): boolean {
  const bare = sql.replace(/'(?:[^']|'')*'|"(?:[^"]|"")*"/g, ' ');
  if (/['";]|--|\/\*|\*\/|\$\$/.test(bare) || sql.trim() === '') return false;
  const open: string[] = [];
  const pairs: Record<string, string> = { ')': '(', ']': '[', '}': '{' };
  for (const character of bare) {
    if ('([{'.includes(character)) open.push(character);
    else if (Object.hasOwn(pairs, character) && open.pop() !== pairs[character]) return false;
  }
  return open.length === 0;
}
