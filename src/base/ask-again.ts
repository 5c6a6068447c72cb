import { VarveError } from '../errors.ts';

/** Bytes count as damaged where they are stored after so many reads: a proxy or a network card seldom strikes so often alike. */
export const MAX_READS = 3;
/** Codes of errors that say that all bytes came, and not those that their name or checksum promises. */
const DAMAGED = new Set([
  'digest-mismatch',
  'index-damaged',
  'ref-damaged',
  'clone-record-damaged',
  'purge-list-damaged',
  'pending-deletions-damaged',
  'clock-damaged',
]);

/**
 * Read, and read again if the bytes do not have their checksum: they may have been damaged on their way.
 * @throws what the first read threw, if no later one succeeds; any other error at once
 */
export async function askAgain<T>(read: () => Promise<T>): Promise<T> {
  let first: unknown;
  for (let reads = 1; ; reads++) {
    try {
      return await read();
    } catch (error) {
      first ??= error;
      const isDamaged = error instanceof VarveError && DAMAGED.has(error.code);
      if (!isDamaged || reads === MAX_READS) throw first;
    }
  }
}
