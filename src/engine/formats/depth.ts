import { VarveError } from '../../errors.ts';
import { placeIn, type SourceFile, shownPath } from '../source-file.ts';
import type { EngineColumn, EngineType } from '../types.ts';

/**
 * How deep values may be nested: lists, structs and maps within each other. What reads and profiles them calls itself for each level, so that
 * its stack ends somewhere, and its time grows with the square. Far beyond what tables of data hold.
 */
export const MAX_DEPTH = 128;

/** @throws VarveError `data-too-deep` */
export function assertShallow(columns: readonly EngineColumn[], file: SourceFile): void {
  for (const { type } of columns) if (depthOf(type) > MAX_DEPTH) throw tooDeep(file);
}

function depthOf(type: EngineType): number {
  if (type.kind === 'list') return 1 + depthOf(type.element);
  if (type.kind === 'struct') return 1 + Math.max(0, ...type.fields.map((field) => depthOf(field.type)));
  return 0;
}

export function tooDeep(file: SourceFile, line?: number): VarveError {
  return new VarveError(
    'data-too-deep',
    `${placeIn(file, line)}: values are nested more than ${MAX_DEPTH} levels deep`,
    {
      remedy: 'Keep the deep part as text, or take it apart into columns.',
      path: shownPath(file),
    },
  );
}
