import { neutral } from '../../wording/neutral.ts';

/**
 * Characters that can start a construct of GFM, or an autolink or emoji of GitHub: underscores and colons only if they
 * do.
 */
const ACTIVE = /[&<>\\`*~[\]|$@#]|(?<!\w)_|_(?!\w)|:(?=:|\/\/|[\w+-]+:)|(?<=\bwww)\./gi;

/**
 * Any text as Markdown text that is only itself, within a table cell too: whatever could start a construct becomes a
 * numeric entity (CommonMark 0.31 §2.5: an entity is never structure), and an empty comment keeps GitHub and GitLab from
 * taking `@name` and `#1` for a mention or a reference.
 */
export function plain(text: string): string {
  return neutral(text).replace(ACTIVE, (character) => {
    const entity = `&#${character.charCodeAt(0)};`;
    return character === '@' || character === '#' ? `${entity}<!-- -->` : entity;
  });
}

/** Any text as a code span, within a table cell too: no mention, reference or link starts in one. */
export function code(text: string): string {
  // Spaces at the ends keep backticks of the text from the fence; a cell's pipe is escaped even in code (GFM §4.10).
  const inner = neutral(text).replaceAll('|', '\\|');
  const longest = Math.max(0, ...[...inner.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return longest > 0 || inner.trim() === '' ? `${fence} ${inner || ' '} ${fence}` : fence + inner + fence;
}

/** A line of bars as it is: plain blanks would be collapsed and shift the bars. */
export function pipes(line: string): string {
  return line.replaceAll(' ', '\u2002');
}
