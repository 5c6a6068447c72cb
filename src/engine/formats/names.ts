import { VarveError } from '../../errors.ts';
import type { SourceFile } from '../source-file.ts';

/**
 * Refuses columns of which the name, or that of a field within, holds a NUL: SQL ends there, so no query can say it.
 * @param names of such columns
 * @throws VarveError `table-unreadable`
 */
export function assertNameable(names: readonly string[], { path }: SourceFile): void {
  if (names.length === 0) return;
  throw new VarveError(
    'table-unreadable',
    `${path}: a NUL is in the name of ${JSON.stringify(names[0])} or a field of it`,
    {
      remedy: 'Give it a name without a NUL.',
      path,
    },
  );
}
