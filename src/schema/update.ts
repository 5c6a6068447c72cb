import { type Document, isMap, isSeq } from 'yaml';
import { isRecord } from '../base/json.ts';
import { VarveError } from '../errors.ts';
import type { Profile } from '../profile/model/model.ts';
import { SCHEMA_FILE } from './format/format.ts';
import { keepLayout } from './format/keep-layout.ts';
import { lineDiff } from './format/line-diff.ts';
import { parseSchemaDocument } from './format/parse.ts';
import { laidOut, printedLike } from './format/stringify.ts';
import { relaxSchema } from './relax.ts';

export interface SchemaUpdate {
  /** The whole file after the changes; equal to the old text if there are none. */
  readonly text: string;
  readonly changes: readonly SchemaChange[];
  /** Old against new as a unified diff; empty if there are no changes. */
  readonly diff: string;
}

export interface SchemaChange {
  /** The keys down to what changed: `['features', 'carrier', 'domain']`. */
  readonly path: readonly string[];
  /** As a sentence: `features.carrier.domain gains "ZZ"`. */
  readonly description: string;
}

/**
 * The least relaxation of the schema in `text` that accepts the profile, as edits of that text: its comments, order
 * and layout stay. `where` is its path, for messages.
 * @throws VarveError `schema-invalid` as `parseSchema` does
 */
export function proposeUpdate(text: string, where: string, profile: Profile): SchemaUpdate {
  const { document, schema } = parseSchemaDocument(text, where);
  const before = SCHEMA_FILE.write(schema);
  const after = SCHEMA_FILE.write(relaxSchema(schema, profile));
  const changes: SchemaChange[] = [];
  apply(document, [], plain(before), plain(after), changes);
  const updated = changes.length === 0 ? text : inLayoutOf(text, where, printedLike(text, document));
  return { text: updated, changes, diff: lineDiff(text, updated, where) };
}

/**
 * Prints the updated text with the lines that did not change as they stood; as it is printed anew if that would say
 * something else.
 */
function inLayoutOf(text: string, where: string, updated: string): string {
  const merged = keepLayout(text, printedLike(text, parseSchemaDocument(text, where).document), updated);
  try {
    return same(written(merged, where), written(updated, where)) ? merged : updated;
  } catch (error) {
    if (error instanceof VarveError) return updated;
    throw error;
  }
}

function written(text: string, where: string): Plain {
  return plain(SCHEMA_FILE.write(parseSchemaDocument(text, where).schema));
}

type Plain = null | boolean | number | bigint | string | readonly Plain[] | { readonly [key: string]: Plain };

/** Maps of features keep their order, so they are `Map`s; here only names matter. */
function plain(value: unknown): Plain {
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, each]) => [key, plain(each)]));
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, plain(each)]));
  return value as Plain;
}

function same(a: Plain | undefined, b: Plain | undefined): boolean {
  const text = (value: Plain | undefined) =>
    JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? `${each}n` : each));
  return text(a) === text(b);
}

function apply(
  document: Document,
  path: readonly string[],
  before: Plain | undefined,
  after: Plain | undefined,
  changes: SchemaChange[],
): void {
  if (same(before, after)) return;
  const node = document.getIn(path, true);
  if (isRecord(before) && isRecord(after) && (path.length === 0 || isMap(node))) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)]))
      apply(document, [...path, key], before[key], after[key], changes);
    return;
  }
  const where = path.join('.');
  if (Array.isArray(before) && Array.isArray(after) && isSeq(node) && startsWith(after, before)) {
    const added = after.slice(before.length);
    for (const each of added) node.add(document.createNode(each));
    changes.push({
      path,
      description: `${where} gains ${added.map((each) => JSON.stringify(each)).join(', ')}`,
    });
    return;
  }
  if (after === undefined) document.deleteIn(path);
  else document.setIn(path, laidOut(document, path.at(-1) ?? '', after));
  changes.push({ path, description: sentence(where, before, after) });
}

function startsWith(long: readonly Plain[], short: readonly Plain[]): boolean {
  return short.every((value, index) => same(value, long[index]));
}

function sentence(where: string, before: Plain | undefined, after: Plain | undefined): string {
  const say = (value: Plain) =>
    isRecord(value)
      ? Object.entries(value)
          .map(([key, each]) => `${key} ${String(each)}`)
          .join(', ')
      : String(value);
  if (after === undefined) return `${where} goes`;
  if (before === undefined) return `${where} is new`;
  return `${where} goes from ${say(before)} to ${say(after)}`;
}
