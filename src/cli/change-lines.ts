import { neutral } from '../wording/neutral.ts';
import { grouped } from '../wording/numbers.ts';
import type { FileChange } from '../workspace/tree/data-state.ts';
import type { Paint } from './terminal/text.ts';

/** The most files that are listed; more are counted. `--json` lists them all. */
const MAX_LISTED = 20;
const SIGNS = {
  added: ['+', 'green'],
  removed: ['-', 'red'],
  modified: ['~', 'yellow'],
  renamed: ['>', 'yellow'],
} as const;

/** A dataset that became a file, or was one, has that file under an empty name. */
export function changeLines(changes: readonly FileChange[], paint: Paint): string[] {
  const lines = changes.slice(0, MAX_LISTED).map(({ path, change, renamedFrom }) => {
    const [sign, colour] = SIGNS[change];
    const from = renamedFrom === undefined ? '' : ` (from ${neutral(renamedFrom)})`;
    return `  ${paint(colour, `${sign} ${path === '' ? '(the file itself)' : neutral(path)}${from}`)}`;
  });
  const rest = changes.length - lines.length;
  if (rest > 0) lines.push(`  and ${grouped(rest)} more`);
  return lines;
}
