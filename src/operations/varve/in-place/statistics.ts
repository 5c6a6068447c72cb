import { VarveError } from '../../../errors.ts';
import { shellWord } from '../../../wording/quote.ts';
import { type Pointer, readPointer } from '../../../workspace/pointer.ts';
import type { AddedDataset } from '../../backend/results.ts';
import { closing } from '../../context/closing.ts';
import type { WorkingContext } from '../../context/context.ts';
import type { Statistics } from '../../statistics/profiler.ts';
import { rootOf } from '../datasets/select.ts';
import { pointTo, withoutStatistics } from '../datasets/write-pointer.ts';
import { claimInCache, openCache } from '../stores/stores.ts';
import { rootOfRead } from './snapshot.ts';

/** Implements Backend.addStatistics. */
export async function addStatistics(
  context: WorkingContext,
  { path, digest }: Pick<AddedDataset, 'path' | 'digest'>,
  { bytes, rows, by }: Statistics,
): Promise<AddedDataset> {
  const { repository } = context;
  const before = readPointer(repository.root, path);
  if (before.digest !== digest) throw movedOn(path);
  return closing(await openCache(context), async (cache) => {
    const batch = cache.batch();
    try {
      const made = await batch.addBytes(bytes, 'meta');
      const pointer: Pointer = {
        ...withoutStatistics(before),
        ...(rows !== undefined && { rows }),
        ...(by === undefined ? { profile: made.digest } : { footers: made.digest }),
        ...(by === 'table' && { footersBy: by }),
      };
      const read = rootOfRead(repository, path, pointer);
      await claimInCache(context, [rootOf({ path, pointer }), ...(read === undefined ? [] : [read])]);
      await batch.commit();
      const [added] = await pointTo(repository, [{ dataset: path, before, pointer }]);
      return added!;
    } catch (error) {
      await batch.abort();
      throw error;
    }
  });
}

function movedOn(path: string): VarveError {
  return new VarveError('version-outdated', `${path} is another version than the one that was read`, {
    path,
    remedy: `Run \`varve profile ${shellWord(path)}\` to see the statistics of this one, or add it anew.`,
  });
}
