import type { Wanted } from '../../dvc/objects/transfer.ts';
import { checkoutOutputs } from '../../dvc/tree/checkout.ts';
import type { DvcContext } from '../../dvc/tree/context.ts';
import { outputsInTree } from '../../dvc/tree/pointers.ts';
import { isRecorded, type RecordedOutput, type Selected, selectOutputs } from '../../dvc/tree/select.ts';
import type { CheckoutOptions, CheckoutResult } from '../backend/results.ts';
import { type DvcPlace, inDvc } from './context.ts';

/** Implements Backend.checkout. */
export function checkout(
  context: DvcPlace,
  paths: readonly string[],
  options: CheckoutOptions,
): Promise<CheckoutResult> {
  return inDvc(context, (within) =>
    checkoutWanted(within, wantedOf(selectOutputs(within, outputsInTree(within.repository), paths)), options),
  );
}

export async function checkoutWanted(
  context: DvcContext,
  wanted: readonly Wanted[],
  options: CheckoutOptions,
): Promise<CheckoutResult> {
  const results = await checkoutOutputs(context, wanted, options);
  return {
    datasets: results.map(({ output, ...counts }) => ({
      path: output.path,
      ...counts,
      kept: [] as string[],
      edited: [] as string[],
    })),
  };
}

/** Keep the outputs whose data is known and lies in DVC's cache, not in Git. */
export function wantedOf(selected: readonly Selected[]): Wanted[] {
  return selected.flatMap(({ output, only }) =>
    isRecorded(output) && output.cached
      ? [{ output: output as RecordedOutput, ...(only === undefined ? {} : { only }) }]
      : [],
  );
}
