import { isRecord } from './json.ts';
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

/** Files know columns by other names where a table was told to map them. @throws VarveError `table-feature-unsupported` */
export function checkColumns(url: string, { schemaString, configuration }: Record<string, unknown>): void {
  const mode = isRecord(configuration) ? configuration['delta.columnMapping.mode'] : undefined;
  if (mode === undefined || mode === 'none') return;
  let schema: unknown;
  try {
    schema = JSON.parse(String(schemaString));
  } catch (error) {
    throw damagedTable(url, 'its schema is not JSON', error);
  }
  const renamed = renamedColumn(schema);
  if (renamed === undefined) return;
  throw unsupportedTable(
    url,
    `has its column ${JSON.stringify(renamed)} under another name in its files`,
    'Write the table anew without column mapping, or export it with an engine.',
  );
}

function renamedColumn(type: unknown): string | undefined {
  if (!isRecord(type)) return undefined;
  const fields = Array.isArray(type.fields) ? (type.fields as unknown[]).filter(isRecord) : [];
  for (const { name, metadata, type: inner } of fields) {
    const physical = isRecord(metadata) ? metadata['delta.columnMapping.physicalName'] : undefined;
    if (physical !== undefined && physical !== name) return String(name);
    const within = renamedColumn(inner);
    if (within !== undefined) return within;
  }
  return renamedColumn(type.elementType) ?? renamedColumn(type.keyType) ?? renamedColumn(type.valueType);
}
