import { join } from 'node:path';
import { type Engine, type EngineOptions, openEngine } from './duckdb.ts';
import { identifier, literal } from './quote.ts';
import { openTableSource } from './source.ts';
import type { SourceFile } from './source-file.ts';
import { typeSql } from './type-text.ts';

/**
 * Write tables to Parquet, one file each, whose columns have the same names, order and types: those that hold the values of all.
 * @param tables files of rows of one format, in the order of their rows
 * @param use takes the file of a table while it is there
 * @throws VarveError as openTableSource
 */
export async function exportTables(
  tables: readonly (readonly SourceFile[])[],
  options: EngineOptions,
  use: (path: string, table: number) => void,
): Promise<void> {
  const all = tables.flat();
  const engine = await openEngine(
    all.map(({ absolutePath }) => absolutePath),
    { ...options, ordered: true },
  );
  try {
    await openTableSource(engine, all, undefined, 'all_rows');
    const types = await storedTypes(engine, 'all_rows');
    // Types alone are wanted of it.
    await engine.query('CREATE TABLE shape AS FROM all_rows LIMIT 0');
    await engine.query('DROP TABLE IF EXISTS all_rows').catch(() => engine.query('DROP VIEW all_rows'));
    for (const [index, files] of tables.entries()) {
      const relation = `rows_${index}`;
      const source = await openTableSource(engine, files, undefined, relation);
      const path = join(engine.folder, `${relation}.parquet`);
      await engine.query(
        `COPY (SELECT ${types} FROM (FROM shape UNION ALL BY NAME FROM ${source.relation})) TO ${literal(path)} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)`,
      );
      use(path, index);
    }
  } finally {
    engine.close();
  }
}

/**
 * What stands for whole numbers of 128 bits, as which numbers with a sign and those above 2^63 become one column: Parquet has none, and the engine
 * would write them rounded, as floats. The first that holds all is taken.
 */
const WHOLE_NUMBERS = ['BIGINT', 'UBIGINT', 'DECIMAL(38, 0)'].map(
  (type) => new Map(['HUGEINT', 'UHUGEINT'].map((wide) => [wide, type])),
);

/** What to select of rows, in SQL, so that each column has a type that Parquet has and that holds all its values. */
async function storedTypes(engine: Engine, relation: string): Promise<string> {
  const replaced: string[] = [];
  for (const { name, type } of await engine.describe(relation)) {
    if (typeSql(type.text, WHOLE_NUMBERS[0]) === typeSql(type.text)) continue;
    const column = identifier(name);
    const casts = WHOLE_NUMBERS.map((instead) => `CAST(${column} AS ${typeSql(type.text, instead)})`);
    const fitting = (await firstThatHolds(engine, relation, casts)) ?? casts.at(-1)!;
    replaced.push(`${fitting} AS ${column}`);
  }
  return replaced.length === 0 ? '*' : `* REPLACE (${replaced.join(', ')})`;
}

async function firstThatHolds(
  engine: Engine,
  relation: string,
  casts: readonly string[],
): Promise<string | undefined> {
  for (const cast of casts) {
    try {
      await engine.query(`SELECT bit_xor(hash(${cast})) FROM ${relation}`);
      return cast;
    } catch (error) {
      if (!String((error as Error).message).startsWith('Conversion Error')) throw error;
    }
  }
  return undefined;
}
