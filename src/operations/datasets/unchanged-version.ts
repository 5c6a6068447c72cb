import type { Followed } from '../backend/backend.ts';
import type { AddResult } from '../backend/results.ts';
import type { Context } from '../context/context.ts';

/**
 * The result of an add that found nothing new: the version that the pointer names. What was edited in it here is left alone.
 * @param followed what the pointer says of where the data is from
 */
export async function unchangedVersion(
  { backend }: Context,
  dataset: string,
  followed: Followed,
): Promise<AddResult> {
  const { path, kind, content, bytes, files, rows, profile } = (await backend.version(dataset, undefined))!;
  const facts = { path, kind, digest: content, bytes, files, ...(rows !== undefined && { rows }) };
  return { datasets: [{ ...facts, ...(profile && { profile }), ...followed, change: 'unchanged' }] };
}
