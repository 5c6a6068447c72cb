/** Mark a number of rows that no profile stands behind by who says it: ` by footers`, ` by the table`, or nothing. */
export function byWhom(knownBy: 'footers' | 'table' | undefined): string {
  if (knownBy === undefined) return '';
  return knownBy === 'table' ? ' by the table' : ' by footers';
}
