import { supportedColumns } from '../column-types.ts';
import type { ColumnType, TableColumn } from '../model.ts';

/** The schema of a version in Iceberg's own words. */
export interface IcebergSchema {
  readonly fields: readonly IcebergField[];
  /** Of each column and each part of one, by its path. */
  readonly ids: ReadonlyMap<string, number>;
  /** Columns that Iceberg has no type for, with the names of their types. */
  readonly left: readonly string[];
}

export interface IcebergField {
  readonly id: number;
  readonly name: string;
  readonly required: boolean;
  readonly type: unknown;
}

/** Names a column, or a part of one, among the ids. */
export function pathKey(path: readonly string[]): string {
  return path.join('\0');
}

/**
 * Write columns as Iceberg does. Source: https://iceberg.apache.org/spec/#schemas-and-data-types. Every column may have nulls: a later
 * version may bring some.
 * @param known ids that columns have had before: a column keeps its own for ever
 * @param lastId the greatest that any column has had
 */
export function icebergSchema(
  columns: readonly TableColumn[],
  known: ReadonlyMap<string, number>,
  lastId: number,
): IcebergSchema {
  const ids = new Map(known);
  let last = lastId;
  const idOf = (path: readonly string[]): number => {
    const key = pathKey(path);
    const id = ids.get(key) ?? ++last;
    ids.set(key, id);
    return id;
  };
  const { kept, left } = supportedColumns(columns, lackOf);
  const fieldsOf = (of: readonly TableColumn[], above: readonly string[]): IcebergField[] =>
    of.map(({ name, type }) => {
      const path = [...above, name];
      const id = idOf(path);
      return { id, name, required: false, type: typeJson(type, path, idOf, fieldsOf) };
    });
  return { fields: fieldsOf(kept, []), ids, left };
}

type IdOf = (path: readonly string[]) => number;
type FieldsOf = (of: readonly TableColumn[], above: readonly string[]) => IcebergField[];

/** Names within types that have none of their own; the format gives them these. */
const ELEMENT = 'element';
const KEY = 'key';
const VALUE = 'value';

const PLAIN: Readonly<Record<string, string>> = {
  boolean: 'boolean',
  byte: 'int',
  short: 'int',
  integer: 'int',
  long: 'long',
  float: 'float',
  double: 'double',
  string: 'string',
  binary: 'binary',
  date: 'date',
  time: 'time',
  timestamp: 'timestamptz',
  timestamp_ntz: 'timestamp',
  uuid: 'uuid',
};

function typeJson(type: ColumnType, path: readonly string[], idOf: IdOf, fieldsOf: FieldsOf): unknown {
  const inner = (name: string, of: ColumnType) => ({
    id: idOf([...path, name]),
    type: typeJson(of, [...path, name], idOf, fieldsOf),
  });
  switch (type.is) {
    case 'decimal':
      return `decimal(${type.precision}, ${type.scale})`;
    case 'struct':
      return { type: 'struct', fields: fieldsOf(type.fields, path) };
    case 'list': {
      const element = inner(ELEMENT, type.element);
      return { type: 'list', 'element-id': element.id, element: element.type, 'element-required': false };
    }
    case 'map': {
      const key = inner(KEY, type.key);
      const value = inner(VALUE, type.value);
      return {
        type: 'map',
        'key-id': key.id,
        key: key.type,
        'value-id': value.id,
        value: value.type,
        'value-required': false,
      };
    }
    default:
      return PLAIN[type.is];
  }
}

/** Name a type that Iceberg lacks. */
function lackOf(type: ColumnType): string | undefined {
  return type.is === 'other' ? type.name : undefined;
}

/** By which names a column stands in files without ids. Source: https://iceberg.apache.org/spec/#name-mapping-serialization */
interface MappedField {
  readonly 'field-id': number;
  readonly names: readonly string[];
  readonly fields?: readonly MappedField[];
}

/** Map the columns of every schema that a table has had: a reader of an earlier snapshot finds those that are gone since. */
export function nameMapping(schemas: readonly (readonly IcebergField[])[]): readonly MappedField[] {
  return merged(schemas.flatMap(mapped));
}

function mapped(fields: readonly IcebergField[]): MappedField[] {
  return fields.map(({ id, name, type }) => ({ 'field-id': id, names: [name], ...innerMapping(type) }));
}

function innerMapping(type: unknown): Pick<MappedField, 'fields'> {
  if (typeof type !== 'object' || type === null) return {};
  const known = type as Readonly<Record<string, unknown>>;
  if (known.type === 'struct') return { fields: mapped(known.fields as IcebergField[]) };
  const part = (name: string): MappedField => ({
    'field-id': known[`${name}-id`] as number,
    names: [name],
    ...innerMapping(known[name]),
  });
  return { fields: known.type === 'list' ? [part(ELEMENT)] : [part(KEY), part(VALUE)] };
}

/** A name stands for one column, the last that had it; what is within it may differ from schema to schema. */
function merged(fields: readonly MappedField[]): MappedField[] {
  const byName = new Map<string, MappedField>();
  for (const field of fields) {
    const name = field.names[0]!;
    const inner = [...(byName.get(name)?.fields ?? []), ...(field.fields ?? [])];
    byName.set(name, { ...field, ...(inner.length > 0 ? { fields: merged(inner) } : {}) });
  }
  return [...byName.values()];
}
