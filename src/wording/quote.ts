/** Sets values of the data apart from the words around them. It knows no room of varve. */

const MAX_QUOTED = 60;

/** A value on one line, in quotes, what does not print as an escape; at most 60 code points, with `…` where it was cut. */
export function quoted(value: string): string {
  // Cut before splitting into code points: a hostile value may be megabytes long.
  const points = [...value.slice(0, 2 * (MAX_QUOTED + 1))];
  return JSON.stringify(points.length > MAX_QUOTED ? `${points.slice(0, MAX_QUOTED - 1).join('')}…` : value);
}

/** A path as it is typed behind a command of Git, which would take `*` for a pattern, and a colon in front for more. */
export function gitWord(path: string): string {
  return shellWord(/^:|[*?[\]\\]/.test(path) ? `:(literal)${path}` : path);
}

/** A path as it is typed in a POSIX shell, so that a command in a message can be run as it stands. */
export function shellWord(value: string): string {
  if (value.startsWith('-')) return shellWord(`./${value}`);
  return /^[\w@%+=:,./-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`;
}
