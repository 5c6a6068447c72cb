/** Reads a schema from its text, and names each fault with its line. Knows YAML and the model; opens no file. */

import { type Document, isMap, isScalar, LineCounter, visit } from 'yaml';
import { parseYaml, type YamlFault, yamlFault } from '../../base/yaml.ts';
import type { Schema } from '../model.ts';
import { fault, type YamlSource } from './codec.ts';
import { schemaFaults } from './faults.ts';
import { SCHEMA_FILE } from './format.ts';

const LINE_END = /\r\n?|[\u2028\u2029]/g;

export interface SchemaDocument {
  readonly document: Document;
  readonly schema: Schema;
}

/**
 * Reads the text of a `<path>.schema.yaml`; `where` is its path, for messages.
 * @throws VarveError `schema-invalid` with line and column: not YAML, an unknown key, a value of the wrong kind, or
 *   constraints that contradict each other
 */
export function parseSchema(text: string, where: string): Schema {
  return parseSchemaDocument(text, where).schema;
}

/** Parses a schema and gives the YAML document too, for editing. */
export function parseSchemaDocument(text: string, where: string): SchemaDocument {
  const lines = new LineCounter();
  const source: YamlSource = { where, lines };
  const document = readYaml(text, source);
  const schema = SCHEMA_FILE.read(document.contents, source);
  const [first] = schemaFaults(schema);
  if (first !== undefined) {
    const place = first.feature === '' ? [] : ['features', first.feature];
    const inTable = first.table === '' ? place : ['tables', first.table, ...place];
    const node = document.getIn(inTable, true);
    fault(
      source,
      isMap(node) || isScalar(node) ? node : document.contents,
      `${first.feature === '' ? '' : `feature \`${first.feature}\`: `}${first.message}`,
    );
  }
  // Where a comment is written, each of these begins a line of its own.
  const comment = (document.commentBefore ?? document.contents?.commentBefore)?.replace(LINE_END, '\n');
  return { document, schema: { ...schema, ...(comment ? { comment } : {}) } };
}

function readYaml(text: string, source: YamlSource): Document {
  const { document, fault: damage } = parseYaml(text, { lineCounter: source.lines, version: '1.2' });
  if (damage !== undefined) faultAt(source, damage);
  const [warning] = document.warnings;
  if (warning !== undefined) faultAt(source, yamlFault(warning));
  visit(document, {
    Alias: (_, alias) =>
      fault(source, alias, 'aliases are not read here; a shared list of values goes under `domains`.'),
  });
  return document;
}

function faultAt(source: YamlSource, { message, offset }: YamlFault): never {
  const { line, col } = source.lines.linePos(offset);
  fault({ ...source, where: `${source.where}:${line}:${col}` }, null, message);
}
