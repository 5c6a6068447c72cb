import { posix } from 'node:path';
import { isRecord } from '../../base/json.ts';
import { VarveError } from '../../errors.ts';
import { hiveOf } from '../../profile/dataset/hive.ts';
import { quoted } from '../../wording/quote.ts';
import { type FeatureSchema, NO_DRIFT_SETTINGS, type Schema, type TableSchema } from '../model.ts';
import { repeated } from '../repeated.ts';
import {
  type JsonNode,
  localName,
  nodeAt,
  nodeId,
  nodesAt,
  property,
  referenced,
  textAt,
  textsOf,
  valuesAt,
} from './document.ts';
import { featureOfField, type SourcedField, sourcedFields } from './field.ts';

/** Which dataset a schema is to be of. */
export interface DescribedData {
  /** From the root of the repository, or as it was typed. */
  readonly path: string;
  readonly kind: 'file' | 'directory';
}

/** A record set that has columns of files, and where these lie. */
interface Records {
  readonly node: JsonNode;
  readonly fields: readonly SourcedField[];
  /** POSIX; of a set of files, its first pattern. */
  readonly place: string;
}

/** What lies deeper than any field of a table does; a document may nest without end. */
const MAX_DEPTH = 64;

/** Tell whether a value is Croissant metadata, by its types: it has record sets, or files for them. */
export function isCroissant(document: unknown): document is JsonNode {
  if (!isRecord(document)) return false;
  const isDataset = textsOf(document, '@type').some((type) => localName(type) === 'Dataset');
  return isDataset && (property(document, 'recordSet') ?? property(document, 'distribution')) !== undefined;
}

/**
 * The schema that Croissant metadata gives of a dataset: the columns of its record sets, with types, keys, lengths of lists and the values
 * of enumerations. Presence and ranges, which it has no words for, are left open.
 * @param explain with the descriptions of fields as comments
 * @throws VarveError `schema-source-invalid`
 */
export function schemaFromCroissant(
  document: JsonNode,
  data: DescribedData,
  where: string,
  explain: boolean,
): Schema {
  if (depthOf(document) > MAX_DEPTH) throw invalid(where, 'is nested deeper than metadata of a table is');
  const all = recordsOf(document, where);
  const chosen = data.kind === 'file' ? recordsOfFile(all, data, where) : all;
  if (chosen.length === 0) throw invalid(where, 'has no record set with columns of files');
  const enumerations = enumerationsOf(document);
  const tables = chosen.map((records) =>
    tableOf(records, nameOf(records, chosen, data), enumerations, explain),
  );
  return { varveSchema: 1, environments: [], domains: {}, tables: joined(tables), drift: NO_DRIFT_SETTINGS };
}

function depthOf(value: unknown): number {
  let depth = 0;
  for (let level = [value]; level.length > 0 && depth <= MAX_DEPTH; depth++)
    level = level.flatMap((each) => (typeof each === 'object' && each !== null ? Object.values(each) : []));
  return depth;
}

function recordsOf(document: JsonNode, where: string): Records[] {
  const places = new Map(nodesAt(document, 'distribution').map((node) => [nodeId(node), placeOf(node)]));
  return nodesAt(document, 'recordSet').flatMap((node) => {
    const fields = sourcedFields(node);
    if (fields.length === 0) return [];
    refuseTwins(node, where);
    const sources = fields.map((field) => sourceOf(field.node)).filter((source) => source !== undefined);
    return [{ node, fields, place: places.get(sources[0]) ?? sources[0] ?? '' }];
  });
}

/** Of two fields of one name, nobody could say which is meant. Fields of other names may tell of one column. */
function refuseTwins(recordSet: JsonNode, where: string): void {
  const fields = nodesAt(recordSet, 'field');
  for (const key of ['@id', 'name']) {
    const twin = repeated(fields.map((field) => textAt(field, key)));
    if (twin === undefined) continue;
    const set = textAt(recordSet, 'name') ?? nodeId(recordSet) ?? '';
    throw invalid(where, `has two fields called ${quoted(twin)} in the record set ${quoted(set)}`, CORRECT);
  }
}

function sourceOf(field: JsonNode): string | undefined {
  const source = nodeAt(field, 'source') ?? {};
  const names = ['fileObject', 'fileSet', 'distribution'].map((key) => referenced(property(source, key)));
  return names.find((name) => name !== undefined);
}

function placeOf(file: JsonNode): string {
  const pattern = textAt(file, 'includes');
  if (pattern !== undefined) return pattern;
  const url = textAt(file, 'contentUrl');
  // A file within an archive has its path there as its address.
  const path = url?.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*\//i, '').replace(/[?#].*$/s, '');
  return decoded(path ?? textAt(file, 'name') ?? nodeId(file) ?? '');
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** Those of the file, by its name; where there is one record set alone, it is meant whatever the file is called here. */
function recordsOfFile(all: readonly Records[], { path }: DescribedData, where: string): Records[] {
  const named = all.filter(({ place }) => posix.basename(place) === posix.basename(path));
  if (named.length > 0 || all.length <= 1) return named.length > 0 ? named : [...all];
  const files = [...new Set(all.map(({ place }) => place))];
  throw new VarveError(
    'schema-source-invalid',
    `${where} tells of several files, and none is called ${posix.basename(path)}`,
    {
      path: where,
      remedy: 'Name the folder that its files lie in, or a file that is called as one of them.',
      details: files.slice(0, 10),
    },
  );
}

/** As tables of a folder are named: by their folder if it has one table alone, else by their first file. */
function nameOf(records: Records, all: readonly Records[], data: DescribedData): string {
  if (data.kind === 'file' || new Set(all.map(({ place }) => place)).size === 1) return '';
  const path = withinFolder(records.place, data.path);
  const folder = (place: string): string => folderOf(withinFolder(place, data.path));
  const isAlone = all.every(({ place }) => place === records.place || folder(place) !== folderOf(path));
  return isAlone ? folderOf(path) || '.' : path;
}

function withinFolder(place: string, dataset: string): string {
  const [path, folder] = [`/${place}`, `/${posix.basename(dataset)}/`];
  const at = path.indexOf(folder);
  return at < 0 ? place : path.slice(at + folder.length);
}

/** Up to the first step that is a pattern. */
function folderOf(path: string): string {
  const { folder } = hiveOf(path);
  const steps = folder.split('/');
  const pattern = steps.findIndex((step) => /[*?[]/.test(step));
  return (pattern < 0 ? steps : steps.slice(0, pattern)).join('/');
}

function tableOf(
  { node, fields }: Records,
  name: string,
  enumerations: ReadonlyMap<string, readonly string[]>,
  explain: boolean,
): TableSchema {
  const features = fields.map((field) =>
    withDomain(featureOfField(field, explain), field.node, enumerations),
  );
  return { name, keys: keyOf(node, fields), expect: [], features: uniqueFeatures(features) };
}

function withDomain(
  feature: FeatureSchema,
  field: JsonNode,
  enumerations: ReadonlyMap<string, readonly string[]>,
): FeatureSchema {
  const references = nodeAt(field, 'references');
  const target =
    referenced(references && property(references, 'field')) ?? referenced(property(field, 'references'));
  const domain = target === undefined ? undefined : enumerations.get(target);
  const isText = feature.types.length === 1 && feature.types[0] === 'string';
  return domain === undefined || !isText ? feature : { ...feature, domain };
}

/** The values of fields whose record set lists all of them in the document itself, by the name of the field. */
function enumerationsOf(document: JsonNode): Map<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  for (const set of nodesAt(document, 'recordSet')) {
    const rows = valuesAt(set, 'data').filter(isRecord);
    for (const field of rows.length === 0 ? [] : nodesAt(set, 'field')) {
      const names = [textAt(field, '@id'), textAt(field, 'name')].filter((name) => name !== undefined);
      const values = rows.map((row) =>
        names
          .map((name) => (Object.hasOwn(row, name) ? row[name] : undefined))
          .find((value) => value !== undefined),
      );
      if (!values.every((value) => typeof value === 'string')) continue;
      const id = textAt(field, '@id') ?? `${textAt(set, 'name')}/${textAt(field, 'name')}`;
      found.set(id, [...new Set(values)]);
    }
  }
  return found;
}

function keyOf(recordSet: JsonNode, fields: readonly SourcedField[]): string[][] {
  const wanted = valuesAt(recordSet, 'key').map(referenced);
  const set = textAt(recordSet, 'name');
  const columns = wanted.map((id) =>
    fields.find(
      ({ node }) => id !== undefined && [textAt(node, '@id'), `${set}/${textAt(node, 'name')}`].includes(id),
    ),
  );
  const isWhole = columns.length > 0 && columns.every((column) => column !== undefined);
  return isWhole ? [columns.map(({ path }) => path.join('.'))] : [];
}

/** Several record sets may tell of one table, and several fields of one column: the first says what it is. */
function joined(tables: readonly TableSchema[]): TableSchema[] {
  const names = [...new Set(tables.map(({ name }) => name))].sort();
  return names.map((name) => {
    const same = tables.filter((table) => table.name === name);
    const keys = same.flatMap((table) => table.keys);
    return { name, keys, expect: [], features: uniqueFeatures(same.flatMap(({ features }) => features)) };
  });
}

function uniqueFeatures(features: readonly FeatureSchema[]): FeatureSchema[] {
  const seen = new Set<string>();
  return features.filter(({ name }) => !seen.has(name) && seen.add(name));
}

const OTHER_SOURCE =
  'Name a document that tells of the columns, or leave out `--from` so that the data tells of them.';
const CORRECT = 'Correct the document: give each field a name of its own, or take one of the two away.';

function invalid(where: string, what: string, remedy = OTHER_SOURCE): VarveError {
  return new VarveError('schema-source-invalid', `${where} ${what}`, { path: where, remedy });
}
