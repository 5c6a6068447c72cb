import { VarveError } from '../errors.ts';

/** Reads in all before bytes count as damaged where they lie: a proxy or a network card seldom strikes so often alike. */
export const MAX_READS = 3;
/** What is thrown where bytes came whole in number, and are not those that their name or checksum says. */
const DAMAGED = new Set([
  'digest-mismatch',
  'damaged-index',
  'damaged-ref',
  'damaged-condemned',
  'damaged-clock',
]);

/**
 * What `read` returns. Bytes that do not have their checksum may have been damaged on their way, so they are asked for again.
 * @throws what the first read threw, if no later one fares better; all else at once
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
