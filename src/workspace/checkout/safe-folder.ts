import { lstatSync, mkdirSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { systemCode, systemError } from '../../base/files/system-errors.ts';
import { VarveError } from '../../errors.ts';

/** Makes folders below the root step by step, so that no link on the way, whoever made it, leads a write elsewhere. */
export class SafeFolders {
  readonly #root: string;
  readonly #known = new Set<string>(['', '.']);

  /** @param followed a folder that is a link, and that this machine agreed to */
  constructor(root: string, followed?: string) {
    this.#root = root;
    if (followed !== undefined) this.#known.add(followed);
  }

  /** @throws VarveError `symlink-refused`, `changes-unsaved` */
  make(folder: string): void {
    if (this.#known.has(folder)) return;
    const slash = folder.lastIndexOf('/');
    this.make(slash < 0 ? '' : folder.slice(0, slash));
    this.#step(folder);
    this.#known.add(folder);
  }

  #step(folder: string): void {
    const path = join(this.#root, folder);
    try {
      mkdirSync(path);
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw systemError(error, 'make', folder);
      checkFolder(lstatSync(path), folder);
    }
  }
}

function checkFolder(stats: Stats, folder: string): void {
  if (stats.isDirectory()) return;
  if (stats.isSymbolicLink()) {
    throw new VarveError('symlink-refused', `${folder} is a symbolic link, so nothing is written behind it`, {
      path: folder,
      remedy: 'Replace the link by a folder.',
    });
  }
  throw new VarveError('changes-unsaved', `${folder} is a file, but the snapshot has a folder there`, {
    path: folder,
    remedy: 'Move the file away.',
  });
}
