import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { unfinishedBeside } from '../../base/files/atomic-write.ts';
import { systemCode, systemError } from '../../base/files/system-errors.ts';
import { removeAtExit } from '../../base/files/unfinished-files.ts';
import { VarveError } from '../../errors.ts';

/**
 * Fill a place where nothing lies: `work` writes a file or a folder at the path that it is given, which then gets its name. Whatever is
 * cut off leaves nothing under that name.
 * @param target absolute
 */
export async function fillWhole<T>(target: string, work: (place: string) => Promise<T>): Promise<T> {
  const place = unfinishedBeside(target);
  const unfinished = removeAtExit(place);
  try {
    await mkdir(dirname(target), { recursive: true });
    const result = await work(place);
    if (existsSync(target)) throw taken(target);
    await rename(place, target);
    return result;
  } catch (error) {
    throw systemCode(error) === undefined ? error : systemError(error, 'write', target);
  } finally {
    await rm(place, { recursive: true, force: true });
    unfinished.isFinished();
  }
}

/** Makes the folders that files within a new folder need, each once. */
export class NewFolders {
  readonly #top: string;
  readonly #known = new Set<string>();

  constructor(top: string) {
    this.#top = top;
  }

  /** @param path relative to the top; '' is the top itself */
  async make(path: string): Promise<void> {
    if (this.#known.has(path)) return;
    this.#known.add(path);
    await mkdir(join(this.#top, path), { recursive: true });
  }
}

export function taken(target: string): VarveError {
  return new VarveError('output-exists', `Something lies at ${target} already`, {
    path: target,
    remedy: 'Name another place by `--output`, or move away what lies there.',
  });
}
