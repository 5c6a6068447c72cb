import type { CheckoutOptions, CheckoutResult } from './backend/results.ts';
import type { Context } from './context/context.ts';

/**
 * Makes the data match the pointers. Nothing is touched before it is known that every dataset can be checked out.
 * @throws VarveError `changes-unsaved`, `object-missing`, `name-collision`
 */
export function checkout(
  { backend }: Context,
  paths: readonly string[],
  options: CheckoutOptions = {},
): Promise<CheckoutResult> {
  return backend.checkout(paths, options);
}
