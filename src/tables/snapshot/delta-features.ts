import { isRecord, parseShallow, records } from '../../base/json.ts';
import type { ShownColumns } from '../../engine/shown-columns.ts';
import type { TableColumn } from '../model.ts';
import { type ProjectedColumn, projectionOf } from './column-projection.ts';
import { deltaColumns } from './delta-columns.ts';
import { damagedTable, unsupportedTable } from './snapshot.ts';

/** What readers have to know of a table and that changes nothing for a list of its files. */
const HARMLESS_FEATURES: ReadonlySet<string> = new Set([
  // These two are looked for in each file and column.
  'columnMapping',
  'deletionVectors',
  'timestampNtz',
  'vacuumProtocolCheck',
]);

/** @throws VarveError `table-feature-unsupported` */
export function checkProtocol(
  url: string,
  { minReaderVersion, readerFeatures }: Record<string, unknown>,
): void {
  if (typeof minReaderVersion !== 'number' || minReaderVersion > 3)
    throw unsupportedTable(
      url,
      `asks for version ${JSON.stringify(minReaderVersion)} of the protocol of readers`,
      'Upgrade varve, or export the table with an engine that knows it.',
    );
  const features = Array.isArray(readerFeatures) ? (readerFeatures as unknown[]) : [];
  const unknown = features.find((name) => !HARMLESS_FEATURES.has(String(name)));
  if (unknown === undefined) return;
  throw unsupportedTable(
    url,
    `asks its readers to know ${JSON.stringify(unknown)}`,
    'Have its owner drop that feature of the table, or export the table with an engine that knows it.',
  );
}

/** The columns of a table, and what its files and their log call them. */
export interface MappedSchema {
  readonly columns: readonly TableColumn[];
  /** Those that part the table. */
  readonly partedBy: readonly string[];
  /** Their names in files and in the log. */
  readonly physical: ReadonlyMap<string, string>;
  /** Undefined where files have the columns by their names, and no others. */
  readonly shown: ShownColumns | undefined;
}

/**
 * Take the columns of a table. Files know them by other names where it was told to map them, and keep those that were dropped since.
 * Source: PROTOCOL.md, "Column Mapping".
 * @throws VarveError `table-feature-unsupported`, `table-damaged`
 */
export function readMappedSchema(
  url: string,
  { schemaString, configuration, partitionColumns }: Record<string, unknown>,
): MappedSchema {
  const schema = schemaOf(url, schemaString);
  const settings = isRecord(configuration) ? configuration : {};
  const mode = settings['delta.columnMapping.mode'];
  const partedBy = Array.isArray(partitionColumns) ? (partitionColumns as unknown[]).map(String) : [];
  const columns = deltaColumns(schema);
  if (mode === undefined || mode === 'none')
    return { columns, partedBy, physical: new Map(), shown: undefined };
  const fields = records(isRecord(schema) ? schema.fields : undefined);
  for (const field of fields) checkWithin(url, field);
  const physical = new Map(fields.map((field) => [String(field.name), physicalName(field)]));
  const isRenamed = [...physical].some(([name, own]) => name !== own);
  if (droppedFrom(url, schema, settings) <= 0 && !isRenamed)
    return { columns, partedBy, physical, shown: undefined };
  const projected = columns.map((column, at): ProjectedColumn => {
    const own = mode === 'id' ? { id: Number(mappingOf(fields[at]!)['delta.columnMapping.id']) } : undefined;
    return {
      ...column,
      ...(own ?? { names: [physical.get(column.name)!] }),
      ...(partedBy.includes(column.name) && { isInPaths: true }),
    };
  });
  return { columns, partedBy, physical, shown: projectionOf(url, projected) };
}

function mappingOf({ metadata }: Record<string, unknown>): Record<string, unknown> {
  return isRecord(metadata) ? metadata : {};
}

function physicalName(field: Record<string, unknown>): string {
  return String(mappingOf(field)['delta.columnMapping.physicalName'] ?? field.name);
}

/** Columns within others are shown as files have them. */
function checkWithin(url: string, { name, type }: Record<string, unknown>): void {
  const renamed = [...fieldsWithin(type)].find((field) => physicalName(field) !== field.name);
  if (renamed === undefined) return;
  throw unsupportedTable(
    url,
    `has the field ${JSON.stringify(renamed.name)} within its column ${JSON.stringify(name)} under another name in its files`,
    WITHOUT_MAPPING,
  );
}

/** How many columns the table had that it has no more: each that it ever had has a number, up to one that it keeps. */
function droppedFrom(url: string, schema: unknown, settings: Record<string, unknown>): number {
  const given = Number(settings['delta.columnMapping.maxColumnId'] ?? 0);
  const fields = [...fieldsWithin(schema)];
  const dropped = given - fields.length;
  const hasWithin = fields.some(({ type }) => [...fieldsWithin(type)].length > 0);
  if (dropped <= 0 || !hasWithin) return dropped;
  throw unsupportedTable(
    url,
    `has dropped columns, ${dropped} of ${given}, some perhaps within others, and its files may still have them`,
    WITHOUT_MAPPING,
  );
}

const WITHOUT_MAPPING = 'Write the table anew without column mapping, or export it with an engine.';

function schemaOf(url: string, text: unknown): unknown {
  try {
    return parseShallow(String(text));
  } catch (error) {
    if (error instanceof RangeError) throw damagedTable(url, `its schema: ${error.message}`, error);
    throw damagedTable(url, 'its schema is not JSON', error);
  }
}

/** The columns of a type, and those within them. */
function* fieldsWithin(type: unknown): Generator<Record<string, unknown>> {
  if (!isRecord(type)) return;
  const { fields, elementType, keyType, valueType } = type;
  for (const field of Array.isArray(fields) ? (fields as unknown[]).filter(isRecord) : []) {
    yield field;
    yield* fieldsWithin(field.type);
  }
  for (const inner of [elementType, keyType, valueType]) yield* fieldsWithin(inner);
}
