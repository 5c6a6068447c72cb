import { VarveError } from '../../errors.ts';
import {
  type BlockLists,
  MAX_BLOCK_LISTS_BYTES,
  NO_BLOCK_LISTS,
  parseBlockLists,
  singleBlockList,
} from '../format/block-lists.ts';
import { toRaw } from '../format/digest.ts';
import type { Root } from '../gc/roots.ts';
import { type ObjectSource, streamObject } from './object-reader.ts';

/**
 * Read by which lists of blocks the objects of a version are verified. Where that cannot be told, there are none: then the objects are
 * verified as wholes, which takes longer and is as safe.
 */
export async function blockListsOf(
  source: ObjectSource,
  { kind, digest, blocks }: Pick<Root, 'kind' | 'digest' | 'blocks'>,
): Promise<BlockLists> {
  if (blocks === undefined) return NO_BLOCK_LISTS;
  if (kind === 'file') return singleBlockList(toRaw(digest), toRaw(blocks));
  try {
    const pieces: Uint8Array[] = [];
    let size = 0;
    for await (const piece of streamObject(source, toRaw(blocks))) {
      size += piece.length;
      if (size > MAX_BLOCK_LISTS_BYTES) return NO_BLOCK_LISTS;
      pieces.push(piece);
    }
    return parseBlockLists(Buffer.concat(pieces), `list of block lists ${blocks}`);
  } catch (error) {
    if (error instanceof VarveError) return NO_BLOCK_LISTS;
    throw error;
  }
}
