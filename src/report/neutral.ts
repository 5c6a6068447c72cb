/**
 * Characters that act instead of being seen: C0 and C1 controls (ANSI and OSC sequences start with one), line and
 * paragraph separators, bidirectional controls (they reorder the text around them: CVE-2021-42574), other invisible
 * format characters, and lone surrogates. The joiners U+200C and U+200D stay: Persian and emoji are spelt with them.
 */
const ACTING =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff\u{e0000}-\u{e007f}]|\p{Surrogate}/gu;

/**
 * Data as text that is safe to show on one line of a terminal or page: each acting character becomes its visible
 * escape (`\n`, `\x1b`, `\u{202e}`). Idempotent. Backslashes of the data stay as they are.
 */
export function neutral(text: string): string {
  return text.replace(ACTING, (character) => {
    const code = character.codePointAt(0)!;
    const short = { 9: '\\t', 10: '\\n', 13: '\\r' }[code];
    if (short !== undefined) return short;
    const hex = code.toString(16);
    return code < 0x100 ? `\\x${hex.padStart(2, '0')}` : `\\u{${hex}}`;
  });
}

/** The first `limit` code points of a text, neutralised, with `…` where something was cut. */
export function brief(text: string, limit: number): string {
  // Cut before splitting into code points: a hostile value may be megabytes long.
  const points = [...text.slice(0, 2 * (limit + 1))];
  return neutral(points.length > limit ? `${points.slice(0, limit - 1).join('')}…` : points.join(''));
}
