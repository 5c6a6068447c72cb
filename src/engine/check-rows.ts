import { VarveError } from '../errors.ts';
import type { EngineOptions } from './duckdb.ts';
import { openEngine } from './duckdb.ts';
import { openSource } from './source.ts';
import type { SourceFile } from './source-file.ts';

/** How many example rows an answer has at most. */
const EXAMPLES = 5;
const LONGEST_VALUE = 256;

export interface RowsAnswer {
  readonly rows: number;
  readonly failing: number;
  /** Numbered from 1 in the order of the files; values are cut at 256 code points. */
  readonly examples: readonly { readonly row: number; readonly value: string }[];
}

/** The rows of one table, ready for questions. Close it. */
export interface RowTable {
  /**
   * @param failing one SQL expression, true for a row at fault; it may be anyone's, so it runs where nothing but these rows
   *   can be read, and a semicolon or a second statement is refused by the parser
   * @param value an expression for what to show of such a row
   * @throws VarveError `invalid-expression`
   */
  ask(failing: string, value: string): Promise<RowsAnswer>;
  close(): void;
}

/** Opens the rows of files of one format and the same columns. */
export async function openRows(files: readonly SourceFile[], options: EngineOptions = {}): Promise<RowTable> {
  const engine = await openEngine(
    files.map((file) => file.absolutePath),
    { ...options, ordered: true },
  );
  try {
    const { relation } = await openSource(engine, files);
    return {
      async ask(failing, value) {
        const judged = `SELECT row_number() OVER () AS position, (${failing}\n) AS bad, CAST((${value}\n) AS VARCHAR) AS shown FROM ${relation}`;
        try {
          const [[counts], examples] = await Promise.all([
            engine
              .query(`SELECT count(*), count(*) FILTER (bad) FROM (${judged})`)
              .then((columns) => [columns.map((column) => Number(column[0]))] as const),
            engine.query(
              `SELECT position, left(coalesce(shown, 'null'), ${LONGEST_VALUE}) FROM (${judged}) WHERE bad ORDER BY position LIMIT ${EXAMPLES}`,
            ),
          ]);
          const [positions = [], shown = []] = examples;
          return {
            rows: counts[0]!,
            failing: counts[1]!,
            examples: positions.map((position, index) => ({
              row: Number(position),
              value: String(shown[index]),
            })),
          };
        } catch (error) {
          options.signal?.throwIfAborted();
          throw invalidExpression(failing, error);
        }
      },
      close: () => engine.close(),
    };
  } catch (error) {
    engine.close();
    throw error;
  }
}

function invalidExpression(expression: string, error: unknown): VarveError {
  const reason = (error instanceof Error ? error.message : String(error)).split('\n')[0]!;
  return new VarveError(
    'invalid-expression',
    `The rows could not be checked by ${expression.slice(0, 200)}: ${reason}`,
    {
      remedy: 'Correct the expression in the schema: it is DuckDB SQL over the columns of the table.',
      cause: error,
    },
  );
}
