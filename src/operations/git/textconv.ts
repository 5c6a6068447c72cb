import { readFileSync } from 'node:fs';
import { VarveError } from '../../errors.ts';
import type { Profile } from '../../profile/model/model.ts';
import { formatPointer, parseUnnamed } from '../../workspace/pointer.ts';
import { closing } from '../context/closing.ts';
import type { WorkingContext } from '../context/context.ts';
import { fittingProfileIn } from '../statistics/stored.ts';
import { snapshotFiles } from '../varve/datasets/select.ts';
import type { ManifestFile } from '../varve/in-place/snapshot.ts';
import { openCache } from '../varve/stores/stores.ts';

/** A Git diff of more files than these is read by nobody; `varve diff` lists what changed. */
const MAX_LISTED_FILES = 10_000;

export interface PointerContents {
  readonly pointer: string;
  /** Of a directory, with digests where their bytes are known; undefined if its manifest is not in the cache, or too long. */
  readonly files: readonly ManifestFile[] | undefined;
  readonly profile: Profile | undefined;
}

/** List what a pointer names, as far as the cache has it. Gives text that is no pointer back as it is. */
export async function pointerContents(context: WorkingContext, file: string): Promise<PointerContents> {
  const text = readFileSync(file, 'utf8');
  try {
    const pointer = parseUnnamed(text, file);
    return await closing(await openCache(context), async (cache) => {
      const listed =
        pointer.kind === 'directory' && pointer.files <= MAX_LISTED_FILES && cache.has(pointer.digest);
      const files: ManifestFile[] = [];
      if (listed) {
        const entries = snapshotFiles(context.repository, cache, pointer.path, pointer);
        for await (const entry of entries) files.push(entry);
      }
      const profile = await fittingProfileIn(cache, pointer.path, { ...pointer, name: pointer.digest });
      return { pointer: formatPointer(pointer), files: listed ? files : undefined, profile };
    });
  } catch (error) {
    if (!(error instanceof VarveError)) throw error;
    return { pointer: text, files: undefined, profile: undefined };
  }
}
