import type { ColumnType, TableColumn } from './model.ts';

/** The columns within a type; elements, keys and values have no name of their own. */
export function partsOf(type: ColumnType): readonly TableColumn[] {
  if (type.is === 'struct') return type.fields;
  const inner = type.is === 'list' ? [type.element] : type.is === 'map' ? [type.key, type.value] : [];
  return inner.map((one) => ({ name: '', type: one }));
}

/**
 * Part columns into those that a format has types for, and the names of the others, each with that of the type which it lacks.
 * @param lackOf names a type that the format lacks, whatever lies within it; undefined if it has it
 */
export function supportedColumns(
  columns: readonly TableColumn[],
  lackOf: (type: ColumnType) => string | undefined,
): { readonly kept: readonly TableColumn[]; readonly left: readonly string[] } {
  const lackWithin = (type: ColumnType): string | undefined =>
    lackOf(type) ??
    partsOf(type)
      .map((part) => lackWithin(part.type))
      .find((name) => name !== undefined);
  const kept: TableColumn[] = [];
  const left: string[] = [];
  for (const column of columns) {
    const lack = lackWithin(column.type);
    if (lack === undefined) kept.push(column);
    else left.push(`${column.name} (${lack})`);
  }
  return { kept, left };
}

/** Write a type for people: `long`, `decimal(10,2)`, `list<string>`. */
export function typeText(type: ColumnType): string {
  switch (type.is) {
    case 'decimal':
      return `decimal(${type.precision},${type.scale})`;
    case 'struct':
      return `struct<${type.fields.map((field) => `${field.name}: ${typeText(field.type)}`).join(', ')}>`;
    case 'list':
      return `list<${typeText(type.element)}>`;
    case 'map':
      return `map<${typeText(type.key)}, ${typeText(type.value)}>`;
    case 'other':
      return type.name;
    default:
      return type.is;
  }
}
