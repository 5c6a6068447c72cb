import { statSync } from 'node:fs';
import { join, posix } from 'node:path';
import { isDirectory, type ObjectId, objectKey } from '../../dvc/format/object-id.ts';
import { filesOf } from '../../dvc/objects/cache.ts';
import type { DvcContext } from '../../dvc/tree/context.ts';
import { isRecorded } from '../../dvc/tree/select.ts';
import { VarveError } from '../../errors.ts';
import type { DataFile } from '../../profile/dataset/profile-files.ts';
import { shellWord } from '../../wording/quote.ts';
import type { DatasetFiles, DatasetVersion } from '../backend/version.ts';
import { type DvcPlace, inDvc } from './context.ts';
import { contentKeyOf, outputsOf } from './versions.ts';

/** Implements Backend.copyFiles. */
export function copyFiles(
  context: DvcPlace,
  { path, commit }: DatasetVersion,
  targetOf: (name: string, index: number) => string | undefined,
): Promise<DatasetFiles> {
  return inDvc(context, async (within) => {
    const { repository, pool } = within;
    const output = outputsOf(repository, commit).find((one) => one.path === path);
    if (output === undefined || !isRecorded(output)) return { kind: 'file', files: [] };
    const root = repository.config.cacheDir;
    const files: DataFile[] = [];
    for (const { path: inside, id } of await filesOf(within, output)) {
      const name = inside === '' ? posix.basename(path) : inside;
      const target = targetOf(name, files.length);
      if (target === undefined) continue;
      const job = { kind: 'place', root, id, target, links: ['reflink', 'copy'], executable: false } as const;
      const { size } = target === '' ? factsOf(within, output.path, id) : (await pool.run(job)).facts;
      files.push({ absolutePath: target, path: name, digest: contentKeyOf(id), size });
    }
    return { kind: isDirectory(output.id) ? 'directory' : 'file', files };
  });
}

function factsOf(context: DvcContext, path: string, id: ObjectId): { readonly size: number } {
  const found = statSync(join(context.repository.config.cacheDir, objectKey(id)), { throwIfNoEntry: false });
  if (found !== undefined) return found;
  throw new VarveError('object-missing', `A file of ${path} is not in the cache`, {
    path,
    remedy: `Run \`varve fetch --all-commits ${shellWord(path)}\`, which brings every version of it that its remote has.`,
  });
}
