/**
 * Markdown for comments of GitHub, GitLab and Gitea. It may not know where the comment goes, and takes every text of the
 * data for hostile.
 */

/** GitHub takes comments of up to 65,536 characters; GitLab and Gitea more. In UTF-8 bytes, to be on the safe side. */
const MAX_COMMENT_LENGTH = 60_000;

/** Kept for the line that says how much was left out, and for what closes the document. */
const RESERVE = 400;

export const EMOJI = { bad: '❌', warn: '⚠️', good: '✅' } as const;

/** A Markdown document that stays within a comment's size: rows and sections are added while there is room. */
export class Document {
  readonly #parts: string[] = [];
  #bytes = 0;

  /** Adds a part unless the document would outgrow its limit; tells whether it did. */
  add(part: string): boolean {
    const bytes = Buffer.byteLength(part);
    if (this.#bytes + bytes > MAX_COMMENT_LENGTH - RESERVE) return false;
    this.#parts.push(part);
    this.#bytes += bytes;
    return true;
  }

  /** A table of at most `top` rows, as many as fit, followed by a line that says how many more there are. */
  table(titles: readonly string[], rows: readonly (readonly string[])[], top: number): void {
    if (!this.add(`\n| ${titles.join(' | ')} |\n|${' --- |'.repeat(titles.length)}\n`)) return;
    let shown = 0;
    while (shown < Math.min(rows.length, top) && this.add(`| ${rows[shown]!.join(' | ')} |\n`)) shown++;
    if (shown < rows.length) this.close(`\n… and ${rows.length - shown} more.\n`);
  }

  /** Adds what must not be missing: the end of something begun. */
  close(part: string): void {
    this.#parts.push(part);
    this.#bytes += Buffer.byteLength(part);
  }

  toString(): string {
    return this.#parts.join('');
  }
}
