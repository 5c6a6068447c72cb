import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

let collect: ((options: { readonly type: 'minor' }) => void) | undefined;

/**
 * Frees what lately became garbage. What the engine gives lies outside of the heap, so that V8, which sees a few small objects, would
 * let hundreds of megabytes pile up; and DuckDB's bindings free a result only with its object. About a millisecond.
 */
export function collectGarbage(): void {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc') as NonNullable<typeof collect>;
  }
  collect({ type: 'minor' });
}
