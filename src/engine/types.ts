import type { DuckDBType } from '@duckdb/node-api';

/** A column's type as plain data, so that no other room needs DuckDB's classes. */
export type EngineType =
  | {
      readonly kind: 'scalar';
      readonly id: string;
      readonly text: string;
      readonly width: number;
      readonly scale: number;
    }
  | { readonly kind: 'list'; readonly text: string; readonly element: EngineType }
  | { readonly kind: 'struct'; readonly text: string; readonly fields: readonly EngineColumn[] };

export interface EngineColumn {
  readonly name: string;
  readonly type: EngineType;
}

/** Maps and fixed-size arrays are lists to a reader: a map is the list of its entries, `STRUCT(key, value)[]`. */
export function plainType(type: DuckDBType): EngineType {
  const text = type.toString();
  if ('entryNames' in type) return { kind: 'struct', text, fields: structFields(type) };
  if ('valueType' in type && 'keyType' in type) {
    const fields = [
      { name: 'key', type: plainType(type.keyType) },
      { name: 'value', type: plainType(type.valueType) },
    ];
    return { kind: 'list', text, element: { kind: 'struct', text, fields } };
  }
  if ('valueType' in type) return { kind: 'list', text, element: plainType(type.valueType) };
  const decimal = 'scale' in type ? { width: type.width, scale: type.scale } : { width: 0, scale: 0 };
  return { kind: 'scalar', id: text.replace(/\(.*$/s, ''), text, ...decimal };
}

/** A type that its name alone says, such as `BIGINT`. */
export function plainScalar(name: string): EngineType {
  return { kind: 'scalar', id: name, text: name, width: 0, scale: 0 };
}

function structFields(type: {
  entryNames: readonly string[];
  entryTypes: readonly DuckDBType[];
}): EngineColumn[] {
  return type.entryNames.map((name, index) => ({ name, type: plainType(type.entryTypes[index]!) }));
}
