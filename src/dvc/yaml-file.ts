import { createRequire } from 'node:module';
import type * as Yaml from 'yaml';
import { VarveError } from '../errors.ts';

/** Scalars of all kinds come as the strings that they are written as, so that an MD5 of digits stays an MD5. */
export type Plain = string | readonly Plain[] | { readonly [key: string]: Plain };

const LARGEST_TEXT = 128 * 1024 * 1024;

let loaded: typeof Yaml | undefined;

/** Loaded when a file of DVC is read, and only then: other repositories need not wait for it. */
export function yaml(): typeof Yaml {
  loaded ??= createRequire(import.meta.url)('yaml') as typeof Yaml;
  return loaded;
}

/**
 * A YAML file of DVC, without any interpretation of its scalars.
 * @throws VarveError `damaged-pointer`
 */
export function parseYaml(text: string, path: string): Yaml.Document {
  if (text.length > LARGEST_TEXT) throw damagedPointer(path, 'is larger than any file that DVC writes');
  const document = yaml().parseDocument(text, { schema: 'failsafe', strict: true, uniqueKeys: true });
  const problem = document.errors[0];
  if (problem !== undefined) throw damagedPointer(path, `is not YAML: ${problem.message.split('\n')[0]}`);
  return document;
}

/** The document as plain values; aliases are expanded a bounded number of times. */
export function plainValue(document: Yaml.Document, path: string): Plain | undefined {
  try {
    return (document.toJS({ maxAliasCount: 100 }) as Plain | null) ?? undefined;
  } catch (error) {
    throw damagedPointer(path, `cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The value as a mapping; undefined where it is something else. */
export function asMap(value: Plain | undefined): { readonly [key: string]: Plain } | undefined {
  return typeof value === 'object' && !Array.isArray(value)
    ? (value as { readonly [key: string]: Plain })
    : undefined;
}

export function asList(value: Plain | undefined): readonly Plain[] {
  return Array.isArray(value) ? value : [];
}

export function asText(value: Plain | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** A count or size; undefined where the text is none that is exact. */
export function asCount(value: Plain | undefined): number | undefined {
  if (typeof value !== 'string' || !/^\d{1,16}$/.test(value)) return undefined;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : undefined;
}

export function damagedPointer(path: string, what: string): VarveError {
  return new VarveError('damaged-pointer', `${path} ${what}`, {
    path,
    remedy: 'Restore the file from Git, or solve its merge conflict, then run the same command again.',
  });
}
