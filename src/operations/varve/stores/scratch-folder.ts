import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { unfinishedName } from '../../../base/files/atomic-write.ts';
import { systemCode, systemError } from '../../../base/files/system-errors.ts';
import { removeAtExit } from '../../../base/files/unfinished-files.ts';
import type { WorkingContext } from '../../context/context.ts';

/** Run `work` with an empty folder of this clone, which Git ignores and which is gone afterwards; after a kill, by the next checkout. */
export async function withScratch<T>(
  { repository }: WorkingContext,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = join(repository.stateFolder, unfinishedName());
  const unfinished = removeAtExit(folder);
  try {
    await mkdir(folder);
    return await work(folder);
  } catch (error) {
    throw systemCode(error) === undefined ? error : systemError(error, 'write', folder, 'store');
  } finally {
    await rm(folder, { recursive: true, force: true });
    unfinished.isFinished();
  }
}
