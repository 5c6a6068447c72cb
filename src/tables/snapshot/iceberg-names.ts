import { isRecord, parseShallow, records } from '../../base/json.ts';
import { columnIds } from '../iceberg/metadata.ts';
import { damagedTable, unsupportedTable } from './snapshot.ts';

/**
 * Readers find columns by ids. Tell whether that is another thing than to find those of a schema by their names: a column had another name once,
 * or its name was that of another, or Iceberg writes another name into files. Columns within others have to be found by their names.
 * @param schemas all that the table ever had
 * @throws VarveError `table-feature-unsupported`, `table-damaged`
 */
export function isFoundById(url: string, schema: unknown, schemas: readonly unknown[]): boolean {
  const wanted = topFields(schema);
  const names = new Map(wanted.map(({ id, name }) => [Number(id), String(name)]));
  const ids = new Map([...names].map(([id, name]) => [name, id]));
  if (names.size < wanted.length || ids.size < wanted.length)
    throw unsupportedTable(
      url,
      'has two columns of one name or one id',
      'Write its rows to a new table, or export it with an engine.',
    );
  const within = { names: new Map<number, string>(), ids: new Map<string, number>() };
  let isOtherwise = [...ids.keys()].some((name) => !AVRO_NAME.test(name));
  for (const one of schemas)
    for (const field of topFields(one)) {
      const [id, name] = [Number(field.id), String(field.name)];
      isOtherwise ||= (names.get(id) ?? name) !== name || (ids.get(name) ?? id) !== id;
      if (names.has(id)) checkWithin(url, field, within);
    }
  return isOtherwise;
}

/** Columns within others are shown as files have them, so that they may not have changed. */
function checkWithin(
  url: string,
  field: Record<string, unknown>,
  { names, ids }: { readonly names: Map<number, string>; readonly ids: Map<string, number> },
): void {
  const top = String(field.name);
  for (const [path, id] of idsOf(url, { fields: [field] })) {
    const inner = path.split('\0').slice(1);
    if (inner.length === 0) continue;
    checkWritten(url, top, inner);
    const place = [String(field.id), ...inner].join('\0');
    const isSame = (names.get(id) ?? place) === place && (ids.get(place) ?? id) === id;
    names.set(id, place);
    ids.set(place, id);
    if (isSame) continue;
    throw unsupportedTable(
      url,
      `has given another name to its column ${JSON.stringify([top, ...inner].join('.'))}, or this name to another column`,
      'Older files have the columns by their old names: write the table anew, or export it with an engine.',
    );
  }
}

/** Writers put other names into files where Avro could not have a name, such as `trip_x20distance`. */
function checkWritten(url: string, top: string, inner: readonly string[]): void {
  if (inner.every((name) => AVRO_NAME.test(name))) return;
  throw unsupportedTable(
    url,
    `has the column ${JSON.stringify([top, ...inner].join('.'))}, of which Iceberg writes another name into files`,
    'Write its rows to a new table that names the column by letters, digits and `_` alone, or export it with an engine.',
  );
}

const AVRO_NAME = /^[\p{L}_][\p{L}\p{Nd}_]*$/u;

function topFields(schema: unknown): Record<string, unknown>[] {
  return records(isRecord(schema) ? schema.fields : undefined);
}

function idsOf(url: string, schema: unknown): ReadonlyMap<string, number> {
  try {
    return columnIds(schema);
  } catch (error) {
    throw damagedTable(url, 'its metadata has a schema without fields', error);
  }
}

/**
 * The names by which columns are found in files that give them no ids. Source: https://iceberg.apache.org/spec/#name-mapping-serialization
 * @throws VarveError `table-damaged`
 */
export function mappedNames(url: string, properties: unknown): ReadonlyMap<number, readonly string[]> {
  const text = isRecord(properties) ? properties['schema.name-mapping.default'] : undefined;
  if (typeof text !== 'string') return new Map();
  try {
    return new Map(
      records(parseShallow(text)).map(({ 'field-id': id, names }) => [
        Number(id),
        Array.isArray(names) ? (names as unknown[]).map(String) : [],
      ]),
    );
  } catch (error) {
    throw damagedTable(url, 'its mapping of names is not JSON', error);
  }
}
