import { partsOf, supportedColumns } from '../column-types.ts';
import type { ColumnType, TableColumn } from '../model.ts';

/** Names that Parquet files may have only if the table maps them: PROTOCOL.md, "Column Mapping". */
const NEEDS_MAPPING = /[ ,;{}()\n\t=]/;

/** The schema of a version in Delta's own words. */
export interface DeltaSchema {
  /** The JSON that stands in a log. */
  readonly text: string;
  /** Names of features that a reader has to know. */
  readonly features: readonly ('columnMapping' | 'timestampNtz')[];
  /** Settings that the schema needs. */
  readonly configuration: Readonly<Record<string, string>>;
  /** Columns that Delta has no type for, with the names of their types: readers do not see them. */
  readonly left: readonly string[];
}

/**
 * Write columns as Delta does. Source: https://github.com/delta-io/delta/blob/master/PROTOCOL.md, "Schema Serialization Format".
 * Every column may have nulls: a later version may bring some.
 */
export function deltaSchema(columns: readonly TableColumn[]): DeltaSchema {
  const { kept, left } = supportedColumns(columns, lackOf);
  const isMapped = kept.some(needsMapping);
  let lastId = 0;
  const fields = (of: readonly TableColumn[]): object[] =>
    of.map(({ name, type }) => {
      const metadata = isMapped
        ? { 'delta.columnMapping.id': ++lastId, 'delta.columnMapping.physicalName': name }
        : {};
      return { name, type: json(type, fields), nullable: true, metadata };
    });
  const text = JSON.stringify({ type: 'struct', fields: fields(kept) });
  return {
    text,
    features: [
      ...(isMapped ? (['columnMapping'] as const) : []),
      ...(kept.some(({ type }) => holds(type, 'timestamp_ntz')) ? (['timestampNtz'] as const) : []),
    ],
    configuration: isMapped
      ? { 'delta.columnMapping.mode': 'name', 'delta.columnMapping.maxColumnId': String(lastId) }
      : {},
    left,
  };
}

function json(type: ColumnType, fields: (of: readonly TableColumn[]) => object[]): unknown {
  switch (type.is) {
    case 'decimal':
      return `decimal(${type.precision},${type.scale})`;
    case 'struct':
      return { type: 'struct', fields: fields(type.fields) };
    case 'list':
      return { type: 'array', elementType: json(type.element, fields), containsNull: true };
    case 'map':
      return {
        type: 'map',
        keyType: json(type.key, fields),
        valueType: json(type.value, fields),
        valueContainsNull: true,
      };
    default:
      return type.is;
  }
}

/** Name a type that Delta lacks. */
function lackOf(type: ColumnType): string | undefined {
  if (type.is === 'time' || type.is === 'uuid') return type.is.toUpperCase();
  return type.is === 'other' ? type.name : undefined;
}

function needsMapping({ name, type }: TableColumn): boolean {
  return NEEDS_MAPPING.test(name) || partsOf(type).some(needsMapping);
}

function holds(type: ColumnType, name: ColumnType['is']): boolean {
  return type.is === name || partsOf(type).some((part) => holds(part.type, name));
}
