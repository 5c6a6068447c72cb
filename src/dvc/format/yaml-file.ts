import type { Document } from 'yaml';
import { parseYaml } from '../../base/yaml.ts';
import { VarveError } from '../../errors.ts';
import { type Plain, readBlockYaml } from './block-yaml.ts';

const MAX_TEXT_BYTES = 128 * 1024 * 1024;

/**
 * A YAML file of DVC as plain values.
 * @throws VarveError `pointer-damaged`
 */
export function readYaml(text: string, path: string): Plain | undefined {
  checkLength(text, path);
  return readBlockYaml(text) ?? plainValue(parseDvcYaml(text, path), path);
}

/**
 * A YAML file of DVC, without any interpretation of its scalars.
 * @throws VarveError `pointer-damaged`
 */
export function parseDvcYaml(text: string, path: string): Document {
  checkLength(text, path);
  const { document, fault } = parseYaml(text, { schema: 'failsafe', strict: true });
  if (fault !== undefined) throw damagedPointer(path, `is not YAML: ${fault.message}`);
  return document;
}

function checkLength(text: string, path: string): void {
  if (text.length > MAX_TEXT_BYTES) throw damagedPointer(path, 'is larger than any file that DVC writes');
}

/** The document as plain values; aliases are expanded a bounded number of times. */
function plainValue(document: Document, path: string): Plain | undefined {
  try {
    return (document.toJS({ maxAliasCount: 100 }) as Plain | null) ?? undefined;
  } catch (error) {
    throw damagedPointer(path, `cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The value as a mapping; undefined if it is something else. */
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

/** A count or size; undefined if the text is none that is exact. */
export function asCount(value: Plain | undefined): number | undefined {
  if (typeof value !== 'string' || !/^\d{1,16}$/.test(value)) return undefined;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : undefined;
}

export function damagedPointer(path: string, what: string): VarveError {
  return new VarveError('pointer-damaged', `${path} ${what}`, {
    path,
    remedy: 'Restore the file from Git, or solve its merge conflict, then run the same command again.',
  });
}
