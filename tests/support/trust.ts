import type { Context } from '../../src/operations/context/context.ts';
import { openContext } from '../../src/operations/context/open.ts';
import { trust } from '../../src/operations/trust.ts';

/** A repository, opened by somebody who knows what its settings ask, and agrees to it as `varve trust` does. */
export async function openTrusted(root: string): Promise<Context> {
  const context = await openContext(root);
  await trust(context);
  return context;
}
