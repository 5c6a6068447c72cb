import { posix } from 'node:path';
import { isDirectory } from '../../dvc/format/object-id.ts';
import { filesOf } from '../../dvc/objects/cache.ts';
import { outputsAt, outputsInTree } from '../../dvc/tree/pointers.ts';
import type { DvcRepository } from '../../dvc/tree/repository.ts';
import { isRecorded } from '../../dvc/tree/select.ts';
import type { Digest } from '../../store/format/digest.ts';
import type { Context } from '../context/context.ts';
import { inDvc } from './context.ts';
import { digestOfId } from './datasets.ts';

/** A file of an output's version, with its rows at `absolutePath`. */
interface RowsFile {
  readonly absolutePath: string;
  readonly path: string;
  readonly digest: Digest;
  readonly size: number;
}

/**
 * Copies the files of an output's version out of DVC's cache.
 * @param targetOf absolute path for a file, by its path in the output (or the output's own name); undefined leaves it out
 */
export function dvcRows(
  context: Context,
  dvc: DvcRepository,
  { path, commit }: { readonly path: string; readonly commit: string | undefined },
  targetOf: (name: string, index: number) => string | undefined,
): Promise<{ kind: 'file' | 'directory'; files: RowsFile[] }> {
  return inDvc(context, dvc, async (within) => {
    const output = (commit === undefined ? outputsInTree(dvc) : outputsAt(dvc, commit)).find(
      (one) => one.path === path,
    );
    if (output === undefined || !isRecorded(output)) return { kind: 'file', files: [] };
    const root = dvc.config.cacheDir;
    const files: RowsFile[] = [];
    for (const { path: inside, id } of await filesOf(within, output)) {
      const name = inside === '' ? posix.basename(path) : inside;
      const target = targetOf(name, files.length);
      if (target === undefined) continue;
      const job = { kind: 'place', root, id, target, links: ['reflink', 'copy'], executable: false } as const;
      const { facts } = await within.pool.run(job);
      files.push({ absolutePath: target, path: name, digest: digestOfId(id), size: facts.size });
    }
    return { kind: isDirectory(output.id) ? 'directory' : 'file', files };
  });
}
