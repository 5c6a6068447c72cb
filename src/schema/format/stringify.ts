import { Document, isCollection, isMap, isPair, isScalar, type Node } from 'yaml';
import type { Schema } from '../model.ts';
import { SCHEMA_FILE } from './format.ts';

/** Keys whose value stands on the same line if it fits: one fact a line. */
const INLINE = new Set([
  'type',
  'presence',
  'in',
  'notIn',
  'valency',
  'shape',
  'range',
  'median',
  'length',
  'domain',
  'boolean',
  'balance',
  'distinct',
  'drift',
  'skew',
  'rows',
  'growth',
  'environments',
  'ignore',
  'watch',
  'thresholds',
  'sql',
]);
const LINE_WIDTH = 100;

const DEFAULT_COMMENT = ` The schema of this dataset: read it, edit it, keep it in Git. Every key is explained in varve's docs/reference/schema.md.`;

/** The text of a `<path>.schema.yaml`, ending in a newline; `parseSchema` gives an equal schema back. */
export function stringifySchema(schema: Schema): string {
  const document = new Document(SCHEMA_FILE.write(schema));
  layOut(document.contents);
  document.commentBefore = schema.comment ?? DEFAULT_COMMENT;
  commentFeatures(document, schema);
  return printed(document);
}

function printed(document: Document): string {
  return document.toString({ lineWidth: LINE_WIDTH, flowCollectionPadding: true });
}

/** Printed with the indentation and the spaces within brackets that `text` has, and no line folded. */
export function printedLike(text: string, document: Document): string {
  const indent = /^( {2,8})\S/m.exec(text)?.[1]?.length ?? 2;
  const flow = /\{[^}\n]/.test(text) ? /\{[^\s}#"']/ : /\[[^\s\]#"']/;
  const flowCollectionPadding = !flow.test(text);
  return document.toString({ lineWidth: 0, indent, flowCollectionPadding });
}

/** The node of plain data as it stands under `key`, laid out as `stringifySchema` does. */
export function laidOut(document: Document, key: string, plain: unknown): Node {
  const node = document.createNode(plain) as Node;
  layOutValue(key, node);
  return node;
}

function layOut(node: unknown, depth = 0): void {
  if (!isCollection(node)) return;
  for (const item of node.items) {
    if (!isPair(item)) layOut(item, depth + 1);
    else if (depth === 0 && isScalar(item.key) && item.key.value === 'drift') layOut(item.value, depth + 1);
    else layOutValue(isScalar(item.key) ? String(item.key.value) : '', item.value, depth + 1);
  }
}

function layOutValue(key: string, value: unknown, depth = 1): void {
  if (isCollection(value) && INLINE.has(key) && JSON.stringify(value).length < LINE_WIDTH - 30)
    value.flow = true;
  else if (isCollection(value) && key === 'keys')
    for (const each of value.items) if (isCollection(each)) each.flow = true;
  if (isCollection(value) && value.flow !== true) layOut(value, depth);
}

function commentFeatures(document: Document, schema: Schema): void {
  for (const table of schema.tables) {
    const features = document.getIn([...(table.name === '' ? [] : ['tables', table.name]), 'features'], true);
    if (!isMap(features)) continue;
    for (const { name, comment } of table.features) {
      const pair = features.items.find((each) => isScalar(each.key) && each.key.value === name);
      if (comment !== undefined && isScalar(pair?.key)) pair.key.commentBefore = comment;
    }
  }
}
