import type { KnownBy } from '../profile/footers/model.ts';
import { byWhom } from '../wording/known-by.ts';
import { counted } from '../wording/numbers.ts';

/** How many rows a version has, as a list of one fact or none. Where nobody has read them, it says who tells: of its values, nothing is known. */
export function rowFacts({
  rows,
  statistics,
}: {
  readonly rows?: number | undefined;
  readonly statistics?: KnownBy | undefined;
}): string[] {
  if (rows === undefined) return [];
  return [`${counted(rows, 'row')}${byWhom(statistics)}`];
}
