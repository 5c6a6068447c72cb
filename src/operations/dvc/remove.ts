import { join } from 'node:path';
import { removeFile } from '../../base/files/remove-file.ts';
import { unsupported } from '../../dvc/format/config.ts';
import { unignoreOutput } from '../../dvc/tree/gitignore.ts';
import { dataKind, refuseLinksAbove } from '../../workspace/tree/scan.ts';
import type { RemovedDataset, RemoveOptions, RemoveResult } from '../backend/results.ts';
import { refuseUncommittedSchemas, schemasBeside } from '../datasets/schemas-beside.ts';
import type { DvcPlace } from './context.ts';
import { ownOutput } from './own-output.ts';

/** Implements Backend.remove. */
export async function remove(
  context: DvcPlace,
  paths: readonly string[],
  { data, force }: RemoveOptions,
): Promise<RemoveResult> {
  const { root } = context.repository;
  if (data)
    throw unsupported('removing data', 'Leave `--data` out; the data then stays, and is yours to remove.');
  const outputs = [...new Set(paths)].map((path) => ownOutput(context, path, 'remove'));
  for (const { path } of outputs) {
    refuseLinksAbove(root, path);
    if (!force) refuseUncommittedSchemas(root, path);
  }
  const removed = outputs.map(({ path, pointer }): RemovedDataset => {
    const schemas = schemasBeside(root, path);
    for (const schema of schemas) removeFile(join(root, schema), schema);
    unignoreOutput(root, path);
    removeFile(join(root, pointer), pointer);
    return { path, hasData: dataKind(root, path) !== undefined, schemas };
  });
  return { datasets: removed };
}
