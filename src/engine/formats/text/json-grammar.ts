/** Parts of patterns for JSON on one line, as RFC 8259 has it. */

export const SPACES = '[ \\t]*';
/** Characters of a text that stand for themselves. */
export const PLAIN = '[^"\\\\\\x00-\\x1f]*';
export const NUMBER = '-?(?:0|[1-9]\\d*)(?:\\.\\d+)?(?:[eE][+-]?\\d+)?';

/** What means more than itself in a pattern, of what names may have. */
const SPECIAL = /[$()*+.?[\\\]^{|}]/g;

/** An object. @param fields in their order: the name of each as it is written, in quotes, and the pattern of its value */
export function objectPattern(fields: readonly { readonly name: string; readonly value: string }[]): string {
  const inside = fields.map(
    ({ name, value }) => `${name.replaceAll(SPECIAL, '\\$&')}${SPACES}:${SPACES}${value}${SPACES}`,
  );
  return `${SPACES}\\{${SPACES}${inside.join(`,${SPACES}`)}\\}${SPACES}`;
}
