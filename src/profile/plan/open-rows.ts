import type { ColumnReadings } from '../../engine/column-readings.ts';
import type { Engine } from '../../engine/duckdb.ts';
import { identifier, literal } from '../../engine/quote.ts';
import { openTableSource, type TableSource } from '../../engine/source.ts';
import type { SourceFile } from '../../engine/source-file.ts';
import { VarveError } from '../../errors.ts';

/** Only rows whose feature has this value, as text. */
export interface Slice {
  readonly feature: string;
  readonly value: string;
}

/** Opens the rows of files as one relation, or those of a slice. @throws VarveError `column-missing`, and the codes of openTableSource */
export async function openSlice(
  engine: Engine,
  files: readonly SourceFile[],
  slice: Slice | undefined,
  readings?: ColumnReadings,
): Promise<TableSource> {
  const whole = await openTableSource(engine, files, readings);
  if (slice === undefined) return whole;
  assertColumn(whole, slice.feature);
  await engine.query(
    `CREATE VIEW slice AS FROM ${whole.relation} WHERE CAST(${identifier(slice.feature)} AS VARCHAR) = ${literal(slice.value)}`,
  );
  const { parquet: _, rows: __, ...rest } = whole;
  return { ...rest, relation: 'slice' };
}

export function assertColumn({ columns }: TableSource, name: string): void {
  if (columns.some((column) => column.name === name)) return;
  throw new VarveError('column-missing', `There is no column ${JSON.stringify(name)}`, {
    remedy: `Name one of: ${columns.map((column) => column.name).join(', ')}.`,
  });
}
