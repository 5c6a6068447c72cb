/** The texts that each directive of strptime matches, as DuckDB lists them (duckdb.org/docs, functions/dateformat). */
const DIRECTIVES: Readonly<Record<string, string>> = {
  '%': '%',
  Y: '\\d{4}',
  y: '\\d{2}',
  m: '(?:0?[1-9]|1[0-2])',
  '-m': '(?:[1-9]|1[0-2])',
  d: '(?:0?[1-9]|[12]\\d|3[01])',
  '-d': '(?:[1-9]|[12]\\d|3[01])',
  j: '\\d{1,3}',
  '-j': '\\d{1,3}',
  H: '(?:[01]?\\d|2[0-3])',
  '-H': '(?:1?\\d|2[0-3])',
  I: '(?:0?[1-9]|1[0-2])',
  '-I': '(?:[1-9]|1[0-2])',
  M: '[0-5]?\\d',
  '-M': '[0-5]?\\d',
  S: '[0-5]?\\d',
  '-S': '[0-5]?\\d',
  f: '\\d{1,6}',
  g: '\\d{1,3}',
  n: '\\d{1,9}',
  p: '[AaPp][Mm]',
  z: '(?:Z|[+-]\\d\\d(?::?\\d\\d)?)',
  Z: '[A-Za-z_+\\-/0-9]+',
  a: '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)',
  A: '(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)',
  b: '(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)',
  B: '(?:January|February|March|April|May|June|July|August|September|October|November|December)',
};
const PART = /%(-?[A-Za-z%])|([\s\S])/gu;

/** Why text is not a time format, as a sentence, or undefined. */
export function timeFormatFault(format: string): string | undefined {
  const used = [...format.matchAll(PART)].filter((match) => match[1] !== undefined);
  const unknown = used.find((match) => !Object.hasOwn(DIRECTIVES, match[1] as string)) ?? /%$/.exec(format);
  if (unknown !== undefined && unknown !== null && !format.endsWith('%%'))
    return `unknown directive \`${unknown[0]}\` in the time format \`${format}\`.`;
  return used.some((match) => match[1] !== '%')
    ? undefined
    : `the time format \`${format}\` has no directive such as %Y.`;
}

/** A regular expression for the texts that the format can read; it does not know how many days a month has. */
export function timeFormatPattern(format: string): string {
  return format.replace(PART, (_, directive: string | undefined, literal: string | undefined) =>
    directive === undefined
      ? (literal as string).replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
      : (DIRECTIVES[directive] as string),
  );
}
