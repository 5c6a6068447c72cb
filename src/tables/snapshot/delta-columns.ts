import { isRecord, records } from '../../base/json.ts';
import type { ColumnType, PrimitiveName, TableColumn } from '../model.ts';

const PLAIN: ReadonlySet<string> = new Set<PrimitiveName>([
  ...(['boolean', 'byte', 'short', 'integer', 'long', 'float', 'double'] as const),
  ...(['string', 'binary', 'date', 'timestamp', 'timestamp_ntz'] as const),
]);

/** The columns of a schema as a log has it. Source: PROTOCOL.md, "Schema Serialization Format". */
export function deltaColumns(schema: unknown): TableColumn[] {
  return records(isRecord(schema) ? schema.fields : undefined).map(({ name, type }) => ({
    name: String(name),
    type: typeOf(type),
  }));
}

function typeOf(type: unknown): ColumnType {
  if (isRecord(type)) return typeWithin(type);
  const name = String(type);
  const [, precision, scale] = /^decimal\((\d\d?),(\d\d?)\)$/.exec(name) ?? [];
  if (precision !== undefined) return { is: 'decimal', precision: Number(precision), scale: Number(scale) };
  return PLAIN.has(name) ? { is: name as PrimitiveName } : { is: 'other', name };
}

function typeWithin(type: Record<string, unknown>): ColumnType {
  if (type.type === 'struct') return { is: 'struct', fields: deltaColumns(type) };
  if (type.type === 'array') return { is: 'list', element: typeOf(type.elementType) };
  if (type.type === 'map') return { is: 'map', key: typeOf(type.keyType), value: typeOf(type.valueType) };
  return { is: 'other', name: String(type.type) };
}
