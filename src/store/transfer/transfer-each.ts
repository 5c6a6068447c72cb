import { type ErrorCode, VarveError } from '../../errors.ts';
import type { Root } from '../gc/roots.ts';
import type { Store } from '../store.ts';
import { type StoreTransferOptions, type TransferTotals, transfer } from './transfer.ts';

/** What says that bytes of a root are nowhere, or not what they should be: others may be whole. */
const LACKING: ReadonlySet<ErrorCode> = new Set([
  'object-missing',
  'object-purged',
  'object-truncated',
  'digest-mismatch',
  'recipe-damaged',
  'manifest-damaged',
  'pack-damaged',
]);

/** A root that could not be transferred whole. */
export interface LackingRoot {
  readonly root: Root;
  readonly error: VarveError;
}

/** Whether something failed since bytes are nowhere, or damaged, rather than for want of a connection or room. */
export function isLacking(error: unknown): error is VarveError {
  return error instanceof VarveError && LACKING.has(error.code);
}

/**
 * Transfer the roots that are whole, where one or another is not.
 * @param isLeftOut whether an error leaves out the root that meets it, and no other
 * @throws VarveError as {@link transfer}, of what is lacking only if no root is whole
 */
export async function transferEach(
  from: Store,
  to: Store,
  roots: readonly Root[],
  options: StoreTransferOptions,
  isLeftOut: (error: unknown) => error is VarveError = isLacking,
): Promise<TransferTotals & { readonly lacking: readonly LackingRoot[] }> {
  try {
    return { ...(await transfer(from, to, roots, options)), lacking: [] };
  } catch (error) {
    if (roots.length < 2 || !isLeftOut(error)) throw error;
  }
  // One by one: which versions are whole is told by the attempt alone.
  const totals = { objects: 0, bytes: 0 };
  const lacking: LackingRoot[] = [];
  for (const root of roots) {
    try {
      const sent = await transfer(from, to, [root], options);
      totals.objects += sent.objects;
      totals.bytes += sent.bytes;
    } catch (error) {
      if (!isLeftOut(error)) throw error;
      lacking.push({ root, error });
    }
  }
  if (lacking.length === roots.length) throw lacking[0]!.error;
  return { ...totals, lacking };
}
