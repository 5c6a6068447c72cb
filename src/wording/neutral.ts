import { shortened } from './abridged.ts';

/**
 * Characters that act instead of being seen: C0 and C1 controls (ANSI and OSC sequences start with one), line and
 * paragraph separators, bidirectional controls (they reorder the text around them: CVE-2021-42574), other invisible
 * format characters, and lone surrogates. The joiners U+200C and U+200D stay: Persian and emoji are spelt with them.
 */
const ACTING =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff\u{e0000}-\u{e007f}]|\p{Surrogate}/gu;

/**
 * How CI systems are told something by a line of output, wherever in the line it stands: GitHub Actions (`##[group]`), Azure
 * Pipelines (`##vso[task.setvariable]`), TeamCity (`##teamcity[…]`).
 * Source: TryParse in https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs
 */
const CI_COMMAND = /##(?=\[|vso\[|teamcity\[)/gi;

/** GitHub's other form stands first in its line, where white space does not count. Colours do, but not for those who strip them. */
const LINE_COMMAND = /(?<=^(?:[^\S\n]|\u001b\[\d{0,2}m)*):(?=:)/gm;

/** The parts of a document of varve's own besides text: ends of lines, and colours as painters make them. */
const OWN_OR_ACTING = new RegExp(`(\\n|\\u001b\\[\\d{0,2}m)|${ACTING.source}`, 'gu');

/**
 * Data as text that is safe to show on one line of a terminal, page or log: each acting character becomes its visible
 * escape (`\n`, `\x1b`, `\u{202e}`), and so does what would make the line a command to a CI system. Idempotent. Backslashes of the
 * data stay as they are.
 */
export function neutral(text: string): string {
  return text.replace(ACTING, escaped).replace(CI_COMMAND, '#\\x23');
}

/**
 * A document of several lines for people, as it may go to a log: no line is a command to a CI system, and nothing acts but ends of lines
 * and colours. Data in it must have passed `neutral` before: here nobody can tell its line breaks from varve's. Idempotent.
 */
export function inert(document: string): string {
  return document
    .replace(OWN_OR_ACTING, (character, own: string | undefined) => own ?? escaped(character))
    .replace(CI_COMMAND, '#\\x23')
    .replace(LINE_COMMAND, '\\x3a');
}

/**
 * A JSON text that says the same, and in which nothing acts on a terminal or a CI system. Characters of JSON's own are ASCII, so whatever
 * is replaced stands in a string.
 */
export function inertJson(json: string): string {
  return json
    .replace(OWN_OR_ACTING, (character, own: string | undefined) => own ?? unicodeEscapes(character))
    .replace(CI_COMMAND, '#\\u0023');
}

function escaped(character: string): string {
  const code = character.codePointAt(0)!;
  const short = { 9: '\\t', 10: '\\n', 13: '\\r' }[code];
  if (short !== undefined) return short;
  const hex = code.toString(16);
  return code < 0x100 ? `\\x${hex.padStart(2, '0')}` : `\\u{${hex}}`;
}

function unicodeEscapes(character: string): string {
  return character
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
}

/** The first `limit` code points of a text, neutralised, with `…` where something was cut. */
export function brief(text: string, limit: number): string {
  return neutral(shortened(text, limit));
}
