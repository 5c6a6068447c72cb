import { join } from 'node:path';
import { POINTER_SUFFIX } from '../workspace/pointer.ts';
import { add } from './add.ts';
import type { BackendAddOptions } from './backend/backend.ts';
import type { AddResult } from './backend/results.ts';
import type { Context } from './context/context.ts';

/**
 * Add files that were just made in a folder, and nothing that somebody else changed there. A folder that is no dataset yet is added as a
 * whole, and so is one of DVC, which knows no parts.
 * @param made absolute paths, at least one
 * @throws VarveError the codes of {@link add}
 */
export async function addMadeFiles(
  context: Context,
  folder: string,
  made: readonly string[],
  options: BackendAddOptions,
): Promise<AddResult> {
  const { backend } = context;
  const isNew = (await backend.datasetNamed(folder)) === undefined;
  if (isNew || backend.pointerSuffix !== POINTER_SUFFIX) return add(context, [folder], options);
  const [dataset] = (await backend.status([folder])).datasets;
  const isAlone = dataset!.changes.every(({ path }) => made.includes(join(folder, path)));
  // As a whole, since only that has statistics in any case.
  return add(context, isAlone ? [folder] : made, options);
}
