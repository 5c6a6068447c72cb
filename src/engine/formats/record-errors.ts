import { VarveError } from '../../errors.ts';
import { isReadError, readError } from '../duckdb.ts';
import { type SourceFile, shownPath } from '../source-file.ts';
import { BinaryFault } from './binary-fault.ts';

/**
 * Says that a record of a binary format cannot be read.
 * @param record counted from 1; undefined where the file as a whole cannot
 */
export function unreadableRecord(
  file: SourceFile,
  record: number | undefined,
  reason: string,
  cause?: unknown,
  remedy = 'Copy it again, and check that it is whole and of the format that its name says.',
): VarveError {
  const path = shownPath(file);
  const where = record === undefined ? path : `${path}, record ${record}`;
  return new VarveError('table-unreadable', `${where}: ${reason}`, { remedy, path, cause });
}

/** Makes an error that was met while records were decoded one about the file and the record. */
export function recordError(error: unknown, file: SourceFile, record: number | undefined): unknown {
  if (error instanceof BinaryFault) return unreadableRecord(file, record, error.message, error);
  return isReadError(error) ? readError(error, file) : error;
}

/**
 * Refuses columns, or fields of one struct, whose names the engine cannot keep apart, or not at all.
 * @param names in their order
 * @throws VarveError `table-unreadable`
 */
export function assertNames(names: readonly string[], file: SourceFile): void {
  const seen = new Map<string, string>();
  for (const name of names) {
    if (name === '')
      throw unreadableRecord(file, undefined, 'a column has no name', undefined, 'Give it a name.');
    const other = seen.get(name.toLowerCase());
    if (other !== undefined) {
      const reason = `the columns ${JSON.stringify(other)} and ${JSON.stringify(name)} differ by nothing but capital letters`;
      throw unreadableRecord(file, undefined, reason, undefined, 'Rename one of them.');
    }
    seen.set(name.toLowerCase(), name);
  }
}
