import { VarveError } from '../errors.ts';
import type { Engine } from './duckdb.ts';
import type { SourceFile } from './source-file.ts';

export async function loadArrow(
  _engine: Engine,
  files: readonly SourceFile[],
  _relation: string,
): Promise<void> {
  throw new VarveError('unreadable-table', `${files[0]!.path}: Arrow comes next`, { remedy: '' });
}
