import { VALUE_TYPES } from '../../profile/model/value-types.ts';
import { neutral } from '../../wording/neutral.ts';
import { timeFormatFault } from '../format/time-format.ts';
import type { Bounds, FeatureSchema } from '../model.ts';
import { type JsonNode, localName, nodeAt, nodesAt, property, textAt, textsOf } from './document.ts';

type ValueType = FeatureSchema['types'][number];

/** Types of schema.org and of Croissant 1.1, section "Data types", by the last part of their names. */
const TYPES: Readonly<Record<string, readonly ValueType[]>> = {
  Boolean: ['boolean'],
  Date: ['date'],
  DateTime: ['timestamp'],
  Time: ['time'],
  Integer: ['integer'],
  Float: ['float'],
  Number: ['float'],
  Text: ['string'],
  URL: ['string'],
};

/** A field, and where its values stand in a row. */
export interface SourcedField {
  readonly node: JsonNode;
  /** Column, then members of structs; `[]` marks a list. */
  readonly path: readonly string[];
}

/**
 * The fields of a record set that are columns of its files, or lie within them. One that is made of the name of a file, of its whole
 * content or of another record set is no column, and is left out; so is one whose address is not understood.
 */
export function sourcedFields(recordSet: JsonNode): SourcedField[] {
  return nodesAt(recordSet, 'field').flatMap((field) => within(field, undefined));
}

function within(field: JsonNode, parent: readonly string[] | undefined): SourcedField[] {
  const own = ownPath(field) ?? (parent && [...parent, lastStep(field)]);
  const path = own && [...own, ...arrayShape(field).map(() => '[]')];
  const members = nodesAt(field, 'subField');
  if (members.length > 0) return members.flatMap((member) => within(member, path));
  return path === undefined ? [] : [{ node: field, path }];
}

/** Names of Croissant 1.0 hold those of what they lie in: `people/address/street`. */
function lastStep(field: JsonNode): string {
  const name = textAt(field, 'name') ?? '';
  return name.slice(name.lastIndexOf('/') + 1);
}

function ownPath(field: JsonNode): string[] | undefined {
  const source = nodeAt(field, 'source');
  const extract = source && nodeAt(source, 'extract');
  if (source === undefined || extract === undefined) return undefined;
  const column = textAt(extract, 'column') ?? textAt(extract, 'csvColumn');
  if (column !== undefined) return columnPath(column, source);
  const jsonPath = textAt(extract, 'jsonPath');
  if (jsonPath !== undefined) return jsonSteps(jsonPath.replace(/^\$\[\*\]/, '$'));
  return partitionPath(field, source);
}

function columnPath(column: string, source: JsonNode): string[] | undefined {
  const members = transforms(source).map((transform) => textAt(transform, 'jsonPath'));
  const [first, ...others] = members.filter((member) => member !== undefined);
  if (first === undefined) return [column];
  const steps = others.length === 0 ? jsonSteps(first.startsWith('$') ? first : `$.${first}`) : undefined;
  return steps && [column, ...steps];
}

/** Hive partitions: `year` of a pattern such as `year=([^/]+)/`. */
function partitionPath(field: JsonNode, source: JsonNode): string[] | undefined {
  const column = lastStep(field).split('.').at(-1)!;
  const patterns = transforms(source).map((transform) => textAt(transform, 'regex') ?? '');
  return column !== '' && patterns.some((pattern) => pattern.includes(`${column}=(`)) ? [column] : undefined;
}

function transforms(source: JsonNode): JsonNode[] {
  return nodesAt(source, 'transform');
}

const STEP = /^(?:\.([^.['\]]+)|\.?\['((?:[^'\\]|\\.)*)'\]|\.'((?:[^'\\]|\\.)*)'|(\[\*\]))/;

/** The steps of a JSONPath of names and `[*]` alone; undefined for any other. */
function jsonSteps(jsonPath: string): string[] | undefined {
  if (!jsonPath.startsWith('$')) return undefined;
  const steps: string[] = [];
  for (let rest = jsonPath.slice(1); rest !== ''; ) {
    const match = STEP.exec(rest);
    if (match === null) return undefined;
    const [whole, plain, bracketed, quoted] = match;
    steps.push(plain ?? (bracketed ?? quoted)?.replaceAll(/\\(.)/g, '$1') ?? '[]');
    rest = rest.slice(whole.length);
  }
  return steps.length === 0 ? undefined : steps;
}

/**
 * How long lists of each level are, -1 for any length: `repeated` of Croissant 1.0, `isArray` and `arrayShape` of 1.1. A list that is cut out
 * of a text is none in the file.
 */
function arrayShape(field: JsonNode): number[] {
  const isList = property(field, 'isArray') === true || property(field, 'repeated') === true;
  if (!isList || isMadeOfText(nodeAt(field, 'source') ?? {})) return [];
  const shape = (textAt(field, 'arrayShape') ?? '').replace(/^\((.*)\)$/, '$1').split(',');
  const lengths = shape.filter((each) => each.trim() !== '').map(Number);
  return lengths.length > 0 && lengths.every(Number.isSafeInteger) ? lengths : [-1];
}

/** The feature that a field says there is. @param explain with its description as a comment */
export function featureOfField({ node, path }: SourcedField, explain: boolean): FeatureSchema {
  const description = textAt(node, 'description');
  const lengths = arrayShape(node);
  return {
    name: path.join('.'),
    in: [],
    notIn: [],
    expect: [],
    ...valuesOf(node),
    // Lists around the field have a length of their own, which nothing says.
    ...(lengths.some((length) => length > 0) && {
      valency: [
        ...path
          .filter((step) => step === '[]')
          .slice(lengths.length)
          .map(() => ({})),
        ...lengths.map(lengthBounds),
      ],
    }),
    ...(explain && description !== undefined && { comment: commentOf(description) }),
  };
}

function lengthBounds(length: number): Bounds {
  return length > 0 ? { min: length, max: length } : {};
}

function commentOf(description: string): string {
  return description
    .split(/\r?\n/)
    .map((line) => ` ${neutral(line)}`)
    .join('\n');
}

/** What the values are as they stand in the file: a field that is cut out of a text, or replaced in it, says nothing of that text. */
function valuesOf(field: JsonNode): Pick<FeatureSchema, 'types' | 'timeFormat'> {
  if (isMadeOfText(nodeAt(field, 'source') ?? {})) return { types: VALUE_TYPES };
  const types = [...new Set(textsOf(field, 'dataType').flatMap((name) => valueTypes(name)))].sort();
  const format = timeFormat(field, types);
  return {
    types: types.length === 0 ? VALUE_TYPES : types,
    ...(format !== undefined && { timeFormat: format }),
  };
}

function isMadeOfText(source: JsonNode): boolean {
  if (textAt(nodeAt(source, 'extract') ?? {}, 'fileProperty') !== undefined) return false;
  const changes = ['regex', 'replace', 'separator', 'delimiter'];
  return transforms(source).some((transform) => changes.some((key) => textAt(transform, key) !== undefined));
}

function valueTypes(name: string): readonly ValueType[] {
  const local = localName(name);
  if (/^U?Int\d+$/.test(local)) return ['integer'];
  if (/^B?Float\d+$/.test(local)) return ['float'];
  // A file of its own, of which a table has the bytes or the name.
  if (/^(Image|Audio|Video|Media)Object$/.test(local)) return ['bytes', 'string'];
  return Object.hasOwn(TYPES, local) ? TYPES[local]! : [];
}

function timeFormat(field: JsonNode, types: readonly ValueType[]): string | undefined {
  if (types.length !== 1 || (types[0] !== 'date' && types[0] !== 'timestamp')) return undefined;
  const formats = transforms(nodeAt(field, 'source') ?? {}).map((transform) => textAt(transform, 'format'));
  return formats.find((format) => format?.includes('%') && timeFormatFault(format) === undefined);
}
