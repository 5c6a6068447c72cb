import { isRecord, parseShallow } from '../../base/json.ts';
import type { TableColumn } from '../model.ts';
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

/**
 * Take the columns of a table. Files know them by other names where it was told to map them.
 * @throws VarveError `table-feature-unsupported`, `table-damaged`
 */
export function readColumns(
  url: string,
  { schemaString, configuration }: Record<string, unknown>,
): readonly TableColumn[] {
  const schema = schemaOf(url, schemaString);
  checkMapping(url, schema, isRecord(configuration) ? configuration : {});
  return deltaColumns(schema);
}

function checkMapping(url: string, schema: unknown, settings: Record<string, unknown>): void {
  const mode = settings['delta.columnMapping.mode'];
  if (mode === undefined || mode === 'none') return;
  const fields = [...fieldsWithin(schema)];
  const renamed = fields.find(({ name, metadata }) => {
    const physical = isRecord(metadata) ? metadata['delta.columnMapping.physicalName'] : undefined;
    return physical !== undefined && physical !== name;
  });
  if (renamed !== undefined)
    throw unsupportedTable(
      url,
      `has its column ${JSON.stringify(renamed.name)} under another name in its files`,
      WITHOUT_MAPPING,
    );
  // Each column that the table ever had has a number, up to this one.
  const given = Number(settings['delta.columnMapping.maxColumnId'] ?? 0);
  if (given <= fields.length) return;
  throw unsupportedTable(
    url,
    `has dropped columns, ${given - fields.length} of ${given}, and its files may still have them`,
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
