import { shortened } from './abridged.ts';
import { neutral } from './neutral.ts';

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

/** An end of a line, without one: the last of what every shell separates words by. */
const LAST_SEPARATOR = `\${IFS#??}`;

/** On one line: what a message cannot show, such as an end of a line, is written by its bytes. */
function argument(value: string): string {
  if (/^[\w@%+=:,./-]+$/.test(value)) return value;
  const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
  if (neutral(value) === value) return quote(value);
  // A shell takes ends of lines off the end of what a command prints.
  const ends = /\n*$/.exec(value)![0].length;
  const format = value
    .slice(0, value.length - ends)
    .replace(/[%\\]/g, (sign) => sign + sign)
    .replace(/##(?=[[vt])|[^ -~]/giu, hidden);
  return `"$(printf ${format.startsWith('-') ? '-- ' : ''}${quote(format)})${LAST_SEPARATOR.repeat(ends)}"`;
}

/** Characters that act are written by their bytes, in octal; others as they are. */
function hidden(text: string): string {
  if (text !== '##' && neutral(text) === text) return text;
  return Array.from(Buffer.from(text), (byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
}
