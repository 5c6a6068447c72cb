import { counted } from '../wording/numbers.ts';

/** How many rows a version has, as a list of one fact or none. Where its footers alone say so, it says that: of its values, nothing is known. */
export function rowFacts({
  rows,
  statistics,
}: {
  readonly rows?: number | undefined;
  readonly statistics?: 'footers' | undefined;
}): string[] {
  if (rows === undefined) return [];
  return [`${counted(rows, 'row')}${statistics === undefined ? '' : ' by footers'}`];
}
