import { VarveError } from '../errors.ts';
import { nearestName } from '../operations/datasets/suggest.ts';
import type { ComputingOptions } from '../operations/statistics/profiling-options.ts';

/** What an argument or an option may be. */
export interface Kind {
  /** Completes "… must be …". */
  readonly what: string;
  readonly is: (value: unknown) => boolean;
}

/** A kind for every option of a type, so that none is forgotten. */
export type Kinds<T> = { readonly [K in keyof T]-?: Kind };

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) > 0;
const has = (value: unknown, key: PropertyKey): boolean =>
  typeof value === 'object' && value !== null && key in value;

export const TEXT: Kind = { what: 'a string that is not empty', is: isText };
export const TEXT_OR_NULL: Kind = {
  what: 'a string that is not empty, or null',
  is: (value) => value === null || isText(value),
};
export const FLAG: Kind = { what: 'true or false', is: (value) => typeof value === 'boolean' };
export const COUNT: Kind = { what: 'a whole number above 0', is: isCount };
export const MILLISECONDS: Kind = {
  what: 'a number of milliseconds, 0 or more',
  is: (value) => typeof value === 'number' && Number.isFinite(value) && value >= 0,
};
export const EXPIRY: Kind = {
  what: 'a number of milliseconds, of a day at least, or Infinity',
  is: (value) => typeof value === 'number' && value >= 86_400_000,
};
/** An empty list is refused: whoever made one did not mean all, which is what no list means. */
export const TEXTS: Kind = {
  what: 'a list of strings that are not empty, with at least one',
  is: (value) => Array.isArray(value) && value.length > 0 && value.every(isText),
};
export const TEXT_OR_TEXTS: Kind = {
  what: 'a string that is not empty, or a list of such with at least one',
  is: (value) => isText(value) || TEXTS.is(value),
};
export const TEXT_BY_NAME: Kind = {
  what: 'an object of strings that are not empty',
  is: (value) => typeof value === 'object' && value !== null && Object.values(value).every(isText),
};
export const TEXT_OR_NULL_BY_NAME: Kind = {
  what: 'an object of strings that are not empty, or null',
  is: (value) =>
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every((member) => member === null || isText(member)),
};
export const CALLBACK: Kind = { what: 'a function', is: (value) => typeof value === 'function' };
export const SIGNAL: Kind = { what: 'an AbortSignal', is: (value) => value instanceof AbortSignal };
export const BYTES: Kind = {
  what: 'something whose bytes can be iterated, such as a Readable',
  is: (value) => has(value, Symbol.asyncIterator),
};
export const SLICE: Kind = {
  what: '{ feature, value }, both strings',
  is: (value) => {
    const { feature, value: wanted } = (value ?? {}) as { feature?: unknown; value?: unknown };
    return isText(feature) && typeof wanted === 'string';
  },
};

/** One of these words. */
export function oneOf(...words: readonly string[]): Kind {
  return { what: words.join(' or '), is: (value) => words.includes(value as string) };
}

/**
 * @param where the method, as messages name it
 * @throws VarveError `usage`
 */
export function checkArgument(where: string, name: string, value: unknown, { what, is }: Kind): void {
  if (!is(value)) throw usage(`${where}: ${name} must be ${what}, not ${shown(value)}`, 'Correct the call.');
}

/**
 * @returns the options that are set
 * @throws VarveError `usage` for one that there is not, or whose value is of another kind
 */
export function checkOptions<T extends object>(where: string, options: T, kinds: Kinds<T>): T {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw usage(`${where}: the options must be an object, not ${shown(options)}`, 'Correct the call.');
  const set = Object.entries(options).filter(([, value]) => value !== undefined);
  for (const [name, value] of set) {
    if (!Object.hasOwn(kinds, name)) throw unknownOption(where, name, Object.keys(kinds));
    checkArgument(where, `the option ${name}`, value, kinds[name as keyof T]);
  }
  return Object.fromEntries(set) as T;
}

function unknownOption(where: string, name: string, known: readonly string[]): VarveError {
  const similar = nearestName(name, known);
  return usage(
    `${where}: there is no option ${JSON.stringify(name)}`,
    similar === undefined ? `It takes ${known.join(', ')}.` : `Did you mean ${similar}?`,
  );
}

function usage(message: string, remedy: string): VarveError {
  return new VarveError('usage', message, { remedy });
}

/** Short, and for anything at all. */
function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 60));
  if (value === null || typeof value !== 'object') return String(value);
  return Array.isArray(value) ? 'a list of another kind' : 'an object of another kind';
}

/** Who computes what has to be computed. */
export const COMPUTING: Kinds<ComputingOptions> = {
  memory: TEXT,
  threads: COUNT,
  engine: oneOf('local', 'spark', 'ray'),
  master: TEXT,
  parts: COUNT,
};
