/** So many fit into a command line on every system. Beyond, one look at all of the index costs less than many at parts of it. */
const MAX_PATHSPECS = 64;

/**
 * Pathspecs of what lies at or within these paths, as Git takes them behind `--`. None where they are too many, which Git takes for all
 * files: whoever asks picks what it wants from the answer.
 */
export function pathspecsOf(paths: readonly string[]): string[] {
  return paths.length > MAX_PATHSPECS ? [] : paths.map((path) => `:(literal)${path}`);
}
