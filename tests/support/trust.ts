import { type Context, openContext } from '../../src/operations/context/context.ts';
import { trust } from '../../src/operations/trust.ts';

/** A repository, opened by somebody who knows what its settings ask, and agrees to it as `varve trust` does. */
export function openTrusted(root: string): Context {
  const context = openContext(root);
  trust(context);
  return context;
}
