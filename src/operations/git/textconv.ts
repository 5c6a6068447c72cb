import { readFileSync } from 'node:fs';
import { VarveError } from '../../errors.ts';
import type { Profile } from '../../profile/model/model.ts';
import type { Store } from '../../store/store.ts';
import { checkDatasetPath, formatPointer, type Pointer, parseUnnamed } from '../../workspace/pointer.ts';
import type { Context } from '../context/context.ts';
import { closing, openCache } from '../context/stores.ts';
import { snapshotFiles } from '../datasets/select.ts';
import { isInPlace, type SnapshotFile, sourceFiles } from '../in-place/snapshot.ts';
import { profileIn } from '../statistics/load.ts';

/** More files than these make a Git diff that nobody reads; `varve diff` lists what changed. */
const MOST_FILES = 10_000;

export interface PointerContents {
  readonly pointer: string;
  /** Of a directory, with digests where their bytes are known; undefined where its manifest is not in the cache, or too long. */
  readonly files: readonly SnapshotFile[] | undefined;
  readonly profile: Profile | undefined;
}

/** What stands behind a pointer, as far as the cache has it. Text that is no pointer comes back as it is. */
export async function pointerContents(context: Context, file: string): Promise<PointerContents> {
  const text = readFileSync(file, 'utf8');
  try {
    const pointer = parseUnnamed(text, file);
    checkDatasetPath(pointer.path);
    return await closing(await openCache(context), async (cache) => {
      const listed = pointer.kind === 'directory' && pointer.files <= MOST_FILES && cache.has(pointer.digest);
      const files: SnapshotFile[] = [];
      if (listed) for await (const entry of filesOf(context, cache, pointer)) files.push(entry);
      const profile =
        pointer.profile === undefined ? undefined : await profileIn(cache, pointer.path, pointer.profile);
      return { pointer: formatPointer(pointer), files: listed ? files : undefined, profile };
    });
  } catch (error) {
    if (!(error instanceof VarveError)) throw error;
    return { pointer: text, files: undefined, profile: undefined };
  }
}

function filesOf({ repository }: Context, cache: Store, pointer: Pointer): AsyncIterable<SnapshotFile> {
  return isInPlace(pointer)
    ? sourceFiles(repository, cache, pointer.path, pointer)
    : snapshotFiles(repository, cache, pointer.path, pointer);
}
