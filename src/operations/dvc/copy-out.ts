import { join, posix } from 'node:path';
import { isChosen } from '../../base/files/path-order.ts';
import { forEach } from '../../base/threads/concurrency.ts';
import { filesOf } from '../../dvc/objects/cache.ts';
import { STATE_FOLDER } from '../../dvc/tree/repository.ts';
import { checkCollisions, nameFolding } from '../../workspace/checkout/name-collisions.ts';
import { SafeFolders } from '../../workspace/checkout/safe-folder.ts';
import { noSuchFile } from '../backend/errors.ts';
import type { CopiedFiles } from '../backend/results.ts';
import type { VersionPart } from '../backend/version.ts';
import { fillWhole, NewFolders } from '../datasets/whole-target.ts';
import { bringWanted, wantedVersion } from './bring.ts';
import { type DvcPlace, inDvc } from './context.ts';

/** Far more than there are workers, so that none waits. */
const AT_ONCE = 64;

/** Implements Backend.copyOut. */
export function copyOut(context: DvcPlace, wanted: VersionPart, target: string): Promise<CopiedFiles> {
  return inDvc(context, async (within) => {
    const { repository, pool, signal } = within;
    const chosen = wantedVersion(context, wanted);
    const { output, only } = chosen;
    await bringWanted(within, chosen);
    const files = (await filesOf(within, output)).filter(({ path }) => isChosen(path, only));
    if (files.length === 0 && only !== undefined) throw noSuchFile(wanted.version, wanted.part);
    const nameOf = (path: string): string => path.slice((only?.[0]?.length ?? -1) + 1);
    new SafeFolders(repository.root).make(STATE_FOLDER);
    checkCollisions(
      files.map(({ path }) => nameOf(path)),
      nameFolding(repository),
      output.path,
    );
    const isFile = files.length === 1 && nameOf(files[0]!.path) === '';
    let bytes = 0;
    await fillWhole(target, async (place) => {
      const folders = new NewFolders(place);
      if (!isFile) await folders.make('');
      await forEach(files, AT_ONCE, async ({ path, id }) => {
        signal?.throwIfAborted();
        const name = nameOf(path);
        if (!isFile) await folders.make(posix.dirname(name));
        const file = isFile ? place : join(place, name);
        const root = repository.config.cacheDir;
        const { executable } = output;
        const links = ['reflink', 'copy'] as const;
        const { facts } = await pool.run({ kind: 'place', root, id, target: file, links, executable });
        await pool.run({ kind: 'verify', id, path: file });
        bytes += facts.size;
      });
    });
    return { files: files.length, bytes };
  });
}
