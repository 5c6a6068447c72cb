/** The text of a line that stands outside of double quotes. */
export function outsideQuotes(line: string): string {
  return line.replace(/"(?:[^"]|"")*("|$)/g, '');
}

/** How many fields a line of delimited text has. */
export function fieldsOf(line: string, delimiter: string): number {
  return outsideQuotes(line).split(delimiter).length;
}

/**
 * Whether a line is a sentence: each delimiter in it is followed by a space, and it has fewer fields than the header. Lines of data that are
 * written so are not told from it, so that this alone proves nothing.
 */
export function isSentence(line: string, delimiter: string, columns: number): boolean {
  const parts = line.split(delimiter);
  return (
    parts.length < columns && !line.includes('"') && parts.slice(1).every((part) => part.startsWith(' '))
  );
}

/** Of the texts that people keep tables in. */
export const DELIMITERS = [',', ';', '|', '\t'];

/** The delimiter that a text has. */
export function delimiterIn(text: string): string | undefined {
  return DELIMITERS.find((mark) => text.includes(mark));
}

/** The share of lines that are records of one table, at the least, where others stand before it. */
const MIN_RECORDS = 0.6;

/**
 * Finds the table that most of `lines` are of: they have equally many fields, three or more, and are no sentences.
 * @returns its delimiter and where its first line is; undefined if there is none
 */
export function tableWithin(
  lines: readonly string[],
): { readonly delimiter: string; readonly at: number } | undefined {
  for (const delimiter of DELIMITERS) {
    const counts = lines.map((line) =>
      isSentence(line, delimiter, Infinity) ? 1 : fieldsOf(line, delimiter),
    );
    const most = Math.max(
      ...counts.map((count) => (count > 2 ? counts.filter((each) => each === count).length : 0)),
    );
    const at = counts.findIndex((count) => count > 1);
    if (most >= MIN_RECORDS * lines.length && at >= 0) return { delimiter, at };
  }
  return undefined;
}
