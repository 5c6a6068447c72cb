import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** V8's collector. Without options it collects all there is: `major` is less. */
type Collect = (options?: { readonly type: 'minor' }) => void;

/**
 * Every so many calls collect everything, which takes some milliseconds: a result that is looked at for long outlives two
 * minor collections.
 */
const CALLS_BETWEEN_FULL = 8;

let collect: Collect | undefined;
let calls = 0;

/**
 * Frees results of the engine that became garbage. They lie outside of the heap, so that V8, which sees a few small
 * objects, would let gigabytes pile up; and DuckDB's bindings free a result only with its object, in a later turn of the
 * event loop. Takes about a millisecond.
 */
export async function releaseEngineMemory(): Promise<void> {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as Collect;
  }
  calls++;
  if (calls % CALLS_BETWEEN_FULL === 0) collect();
  else collect({ type: 'minor' });
  await new Promise((resolve) => setImmediate(resolve));
}
