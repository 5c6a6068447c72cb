import { shortened } from './abridged.ts';

/** Sets values of the data apart from the words around them. It knows no room of varve. */

const MAX_QUOTED = 60;

/** A value on one line, in quotes, what does not print as an escape; at most 60 code points, with `…` where it was cut. */
export function quoted(value: string): string {
  return JSON.stringify(shortened(value, MAX_QUOTED));
}

/** A path as it is typed behind a command of Git, which would take `*` for a pattern, and a colon in front for more. */
export function gitWord(path: string): string {
  return shellWord(/^:|[*?[\]\\]/.test(path) ? `:(literal)${path}` : path);
}

/** An option with its value as they are typed in a POSIX shell: the value is no path, and none is made of it. */
export function optionWord(name: string, value: string): string {
  return value.startsWith('-') ? `--${name}=${argument(value)}` : `--${name} ${argument(value)}`;
}

/** A path as it is typed in a POSIX shell, so that a command in a message can be run as it stands. */
export function shellWord(value: string): string {
  return argument(value.startsWith('-') ? `./${value}` : value);
}

function argument(value: string): string {
  return /^[\w@%+=:,./-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`;
}
