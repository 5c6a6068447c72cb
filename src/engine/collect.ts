import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Without options, of all there is: `major` is less. */
type Collect = (options?: { readonly type: 'minor' }) => void;

/** What outlives two minor collections, as a result does that is looked at for long, waits for one of all, which takes some milliseconds. */
const callsBetweenAll = 8;

let collect: Collect | undefined;
let calls = 0;

/**
 * Frees what lately became garbage. What the engine gives lies outside of the heap, so that V8, which sees a few small objects, would
 * let gigabytes pile up; and DuckDB's bindings free a result only with its object, in a later turn of the event loop. About a
 * millisecond.
 */
export async function collectGarbage(): Promise<void> {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as Collect;
  }
  calls++;
  if (calls % callsBetweenAll === 0) collect();
  else collect({ type: 'minor' });
  await new Promise((resolve) => setImmediate(resolve));
}
