/**
 * Reads Croissant metadata (MLCommons) as a schema: what its record sets and fields say, and nothing that they leave open. Knows the
 * document as a value; knows no file, and believes no part of it to have the form that the standard gives.
 */

import { isRecord } from '../../base/json.ts';

/** A node of JSON-LD. Keys are told by their last part, so that prefixes of other contexts do not matter. */
export type JsonNode = Readonly<Record<string, unknown>>;

/** `key` of `cr:key`, `ml:key` and `http://mlcommons.org/croissant/key`. */
export function localName(term: string): string {
  return term.slice(Math.max(...[...':/#'].map((mark) => term.lastIndexOf(mark))) + 1);
}

export function property(node: JsonNode, name: string): unknown {
  if (Object.hasOwn(node, name)) return node[name];
  const key = Object.keys(node).find((each) => localName(each) === name);
  return key === undefined ? undefined : node[key];
}

export function nodeAt(node: JsonNode, name: string): JsonNode | undefined {
  const value = property(node, name);
  return isRecord(value) ? value : undefined;
}

/** JSON-LD writes one value as itself, and several as a list. */
export function nodesAt(node: JsonNode, name: string): JsonNode[] {
  return valuesAt(node, name).filter(isRecord);
}

export function textsOf(node: JsonNode, name: string): string[] {
  return valuesAt(node, name).filter((value) => typeof value === 'string');
}

export function valuesAt(node: JsonNode, name: string): unknown[] {
  const value = property(node, name);
  return value === undefined || value === null ? [] : [value].flat();
}

export function textAt(node: JsonNode, name: string): string | undefined {
  return textsOf(node, name)[0];
}

/** What a node is called by others: its `@id`; in Croissant 0.8, its name. */
export function nodeId(node: JsonNode): string | undefined {
  return textAt(node, '@id') ?? textAt(node, 'name');
}

/** What a reference names: `{"@id": "a/b"}`, or of Croissant 0.8 `#{a/b}`. */
export function referenced(value: unknown): string | undefined {
  if (isRecord(value)) return textAt(value, '@id');
  return typeof value === 'string' ? value.replace(/^#\{(.*)\}$/s, '$1') : undefined;
}
