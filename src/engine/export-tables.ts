import { join } from 'node:path';
import { type EngineOptions, openEngine } from './duckdb.ts';
import { literal } from './quote.ts';
import { openTableSource } from './source.ts';
import type { SourceFile } from './source-file.ts';

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
    // Types alone are wanted of it.
    await engine.query('CREATE TABLE shape AS FROM all_rows LIMIT 0');
    await engine.query('DROP TABLE IF EXISTS all_rows').catch(() => engine.query('DROP VIEW all_rows'));
    for (const [index, files] of tables.entries()) {
      const relation = `rows_${index}`;
      const source = await openTableSource(engine, files, undefined, relation);
      const path = join(engine.folder, `${relation}.parquet`);
      await engine.query(
        `COPY (FROM shape UNION ALL BY NAME FROM ${source.relation}) TO ${literal(path)} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)`,
      );
      use(path, index);
    }
  } finally {
    engine.close();
  }
}
