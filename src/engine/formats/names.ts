import { VarveError } from '../../errors.ts';
import type { Engine } from '../duckdb.ts';
import { type SourceFile, shownPath } from '../source-file.ts';

/**
 * Names as DuckDB gives them where a file has one twice, whatever the case of its letters: `a`, `a_1`. What has no name gets one from
 * its place, counted from 0: `column3`.
 */
export function uniqueNames(names: readonly string[], nameless: 'column' | 'field'): string[] {
  const taken = new Set<string>();
  return names.map((given, index) => {
    const name = given || `${nameless}${index}`;
    let free = name;
    for (let next = 1; taken.has(free.toLowerCase()); next++) free = `${name}_${next}`;
    taken.add(free.toLowerCase());
    return free;
  });
}

/**
 * Refuses columns of which the name, or that of a field within, holds a NUL: SQL ends there, so no query can say it.
 * @param names of such columns
 * @throws VarveError `table-unreadable`
 */
export function assertNameable(names: readonly string[], file: SourceFile): void {
  if (names.length === 0) return;
  const path = shownPath(file);
  throw new VarveError(
    'table-unreadable',
    `${path}: a NUL is in the name of ${JSON.stringify(names[0])} or a field of it`,
    {
      remedy: 'Give it a name without a NUL.',
      path,
    },
  );
}

/** Columns with a NUL in their name or in that of a field; only SQL sees it, since the bindings end names there. */
export async function namesWithNul(engine: Engine, relation: string): Promise<string[]> {
  const [names] = await engine.query(
    `SELECT column_name FROM (DESCRIBE ${relation}) WHERE contains(column_name || column_type, chr(0))`,
  );
  return (names ?? []).map(String);
}
