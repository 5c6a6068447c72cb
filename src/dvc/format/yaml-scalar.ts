/** Text of these forms is quoted, since ruamel.yaml, by YAML 1.2, would read it as something else than a string. */
const NOT_A_STRING =
  /^(?:~|null|Null|NULL|true|True|TRUE|false|False|FALSE|=|<<|[-+]?0b[01_]+|[-+]?0o?[0-7_]+|[-+]?0x[0-9a-fA-F_]+|[-+]?[0-9][0-9_]*|[-+]?(?:[0-9][0-9_]*)\.[0-9_]*(?:[eE][-+]?[0-9]+)?|[-+]?[0-9][0-9_]*[eE][-+]?[0-9]+|[-+]?\.[0-9][0-9_]*(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)|\d{4}-\d\d?-\d\d?(?:[Tt ].*)?)$/;
const LEADING_INDICATOR = /^(?:[#,[\]{}&*!|>%@`"']|[?:-](?:[ \t]|$)|---|\.\.\.)/;
const UNPRINTABLE = /[\x00-\x1f\x7f\x80-\x9f\ufeff\ud800-\udfff\ufffe\uffff]/;
const LINE_WIDTH = 80;

/**
 * Write `text` as the value behind `key: `, which begins in column `column`, in the style that DVC's YAML writer
 * chooses: plain if that reads back as the same string, else in single quotes, else in double quotes.
 */
export function yamlScalar(text: string, column: number): string {
  const withoutPairs = text.replace(/[\ud800-\udbff][\udc00-\udfff]/g, '');
  if (UNPRINTABLE.test(withoutPairs) || /[\u2028\u2029]/.test(text)) return ` ${doubleQuoted(text)}`;
  if (LEADING_INDICATOR.test(text)) return ` ${quoted(text)}`;
  const ambiguous = text === '' || /^ | $|: |:$| #/.test(text) || NOT_A_STRING.test(text);
  if (ambiguous) return ` ${quoted(text)}`;
  if (column + [...text].length <= LINE_WIDTH) return ` ${text}`;
  return text.includes(' ') ? ` ${quoted(text)}` : ` \n    ${text}`;
}

function quoted(text: string): string {
  return text.startsWith("'") && !text.includes('"') && !text.includes('\\')
    ? `"${text}"`
    : `'${text.replaceAll("'", "''")}'`;
}

const SHORT: Record<string, string> = {
  '\0': '\\0',
  '\x07': '\\a',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\v': '\\v',
  '\f': '\\f',
  '\r': '\\r',
  '\x1b': '\\e',
  '"': '\\"',
  '\\': '\\\\',
  '\x85': '\\N',
  '\xa0': '\\_',
  '\u2028': '\\L',
  '\u2029': '\\P',
};

function doubleQuoted(text: string): string {
  const escaped = text.replace(/[^\x20-\x7e]|["\\]/g, (unit) => {
    const code = unit.charCodeAt(0);
    if (SHORT[unit] !== undefined) return SHORT[unit];
    if (code >= 0xa0 && code !== 0xfeff && code < 0xfffe) return unit;
    const hex = code.toString(16).toUpperCase();
    return code <= 0xff ? `\\x${hex.padStart(2, '0')}` : `\\u${hex.padStart(4, '0')}`;
  });
  return `"${escaped}"`;
}
