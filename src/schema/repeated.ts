/** The first text of a list that stands in it twice; undefined if none does. O(length). */
export function repeated(texts: readonly (string | undefined)[]): string | undefined {
  const seen = new Set<string>();
  return texts.find((text) => text !== undefined && (seen.has(text) || !seen.add(text)));
}
