import { createContext, Script } from 'node:vm';
import { VarveError } from '../../errors.ts';

/**
 * Regular expressions of schemas. They run twice: here over the values that a profile lists, and over rows by the
 * engine (RE2), so only what both understand is allowed. The time limit stands against patterns such as `(a+)+$`,
 * which take exponential time to say no.
 */
const TIME_LIMIT = 2_000;
const NOT_IN_RE2 = /\(\?<?[=!]|\\[1-9]|\\k</;

/** Why the pattern cannot be used, as a sentence, or undefined. */
export function patternFault(pattern: string): string | undefined {
  if (pattern.length > 1_000) return 'the regular expression is longer than 1,000 characters.';
  const withoutEscapes = pattern.replaceAll('\\\\', '');
  if (NOT_IN_RE2.test(withoutEscapes))
    return `the regular expression \`${pattern}\` looks around or back, which cannot be checked on rows.`;
  try {
    new RegExp(whole(pattern), 'u');
    return undefined;
  } catch (cause) {
    return `\`${pattern}\` is not a regular expression: ${(cause as Error).message}.`;
  }
}

function whole(pattern: string): string {
  return `^(?:${pattern})$`;
}

/**
 * The values that the pattern does not match as a whole.
 * @throws VarveError `pattern-too-slow` after two seconds
 */
export function notMatching(pattern: string, values: readonly string[]): string[] {
  const context = createContext({ source: whole(pattern), values: JSON.stringify(values) });
  const script = new Script(
    'const re = new RegExp(source, "u"); JSON.stringify(JSON.parse(values).filter((value) => !re.test(value)))',
  );
  try {
    return JSON.parse(script.runInContext(context, { timeout: TIME_LIMIT }) as string) as string[];
  } catch (cause) {
    throw new VarveError(
      'pattern-too-slow',
      `The regular expression \`${pattern}\` takes too long to match.`,
      {
        remedy: 'Rewrite it without repeats inside repeats, such as `(a+)+`.',
        cause,
      },
    );
  }
}
