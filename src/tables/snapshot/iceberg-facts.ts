import { isCount, isRecord, records } from '../../base/json.ts';
import { shortBounds } from '../bound-text.ts';
import { typedValue } from '../iceberg/values.ts';
import type { ColumnBounds, ColumnType, PrimitiveName, TableColumn } from '../model.ts';

/** What a manifest says of the rows of a file. Source: https://iceberg.apache.org/spec/#data-file-fields */
export interface CountedFile {
  readonly record_count?: unknown;
  readonly value_counts?: unknown;
  readonly null_value_counts?: unknown;
  readonly lower_bounds?: unknown;
  readonly upper_bounds?: unknown;
}

/** The same by the names of the columns. */
export interface IcebergFacts {
  readonly rows: number;
  readonly bounds: readonly ColumnBounds[];
}

/** Reads what the manifests of a snapshot say of its files, by one schema. */
export class IcebergFactsReader {
  readonly columns: readonly TableColumn[];
  readonly fields: readonly (TableColumn & { readonly id: number })[];
  readonly #leaves: readonly Leaf[];

  constructor(schema: unknown) {
    const fields = fieldsOf(schema);
    this.fields = fields;
    this.columns = fields.map(({ name, type }) => ({ name, type }));
    this.#leaves = leavesOf(fields, []);
  }

  /**
   * What is said of a column in a way that the type of this does not allow is not known. A column that is not counted may be there all the
   * same; that it is not there is certain where it came after the manifest.
   * @param known ids of the columns that there were when the manifest was written; undefined where it does not say
   * @param constants the text of those columns that the file itself does not have; null where they have no value
   * @returns undefined where the manifest does not count the rows
   */
  factsOf(
    file: CountedFile,
    constants: ReadonlyMap<string, string | null>,
    known: ReadonlySet<number> | undefined,
  ): IcebergFacts | undefined {
    const rows = countOf(file.record_count);
    if (rows === undefined) return undefined;
    const [nulls, lower, upper] = [file.null_value_counts, file.lower_bounds, file.upper_bounds].map(byId);
    const bounds = this.#leaves.map(({ id, path, type, hasDefault }): ColumnBounds => {
      const constant = path.length === 1 ? constants.get(path[0]!) : undefined;
      if (constant === null) return { path, type, nulls: rows };
      if (constant !== undefined)
        return { path, type, nulls: 0, ...(AS_TEXT.has(type.is) ? shortBounds(constant, constant) : {}) };
      if (known?.has(id) === false) return hasDefault ? { path, type } : { path, type, nulls: rows };
      const counted = countOf(nulls!.get(id));
      const [min, max] = [lower, upper].map((ends) => boundOf(type, ends!.get(id)));
      return {
        path,
        type,
        ...(counted === undefined || counted > rows ? {} : { nulls: counted }),
        ...shortBounds(min, max),
      };
    });
    return { rows, bounds };
  }
}

/** Types whose values in a partition are text as a profile writes it, or become it. */
const AS_TEXT: ReadonlySet<string> = new Set(['boolean', 'integer', 'long', 'string', 'date']);

interface Leaf {
  readonly id: number;
  readonly path: readonly string[];
  readonly type: ColumnType;
  readonly hasDefault: boolean;
}

interface Field extends TableColumn {
  readonly id: number;
  /** Whether rows of files without it have a value. */
  readonly hasDefault: boolean;
  readonly within: readonly Field[];
}

function fieldsOf(type: unknown): Field[] {
  return records(isRecord(type) ? type.fields : undefined).map((field) => ({
    id: Number(field.id),
    name: String(field.name),
    type: typeOf(field.type),
    hasDefault: (field['initial-default'] ?? null) !== null,
    within: fieldsOf(field.type),
  }));
}

/** One value a row: what is within lists and maps has others. */
function leavesOf(fields: readonly Field[], above: readonly string[]): Leaf[] {
  return fields.flatMap(({ id, name, type, hasDefault, within }) => {
    const path = [...above, name];
    if (within.length > 0) return leavesOf(within, path);
    return type.is === 'list' || type.is === 'map' ? [] : [{ id, path, type, hasDefault }];
  });
}

const PLAIN: Readonly<Record<string, PrimitiveName>> = {
  boolean: 'boolean',
  int: 'integer',
  long: 'long',
  float: 'float',
  double: 'double',
  string: 'string',
  binary: 'binary',
  date: 'date',
  time: 'time',
  timestamp: 'timestamp_ntz',
  timestamptz: 'timestamp',
  uuid: 'uuid',
};

/** Source: https://iceberg.apache.org/spec/#schemas-and-data-types */
function typeOf(type: unknown): ColumnType {
  if (isRecord(type)) return typeWithin(type);
  const name = String(type);
  const [, precision, scale] = /^decimal\((\d\d?), ?(\d\d?)\)$/.exec(name) ?? [];
  if (precision !== undefined) return { is: 'decimal', precision: Number(precision), scale: Number(scale) };
  if (/^fixed\[\d+\]$/.test(name)) return { is: 'binary' };
  return Object.hasOwn(PLAIN, name) ? { is: PLAIN[name]! } : { is: 'other', name };
}

function typeWithin(type: Record<string, unknown>): ColumnType {
  if (type.type === 'struct')
    return { is: 'struct', fields: fieldsOf(type).map(({ name, type: of }) => ({ name, type: of })) };
  if (type.type === 'list') return { is: 'list', element: typeOf(type.element) };
  if (type.type === 'map') return { is: 'map', key: typeOf(type.key), value: typeOf(type.value) };
  return { is: 'other', name: String(type.type) };
}

/** Maps from numbers stand in Avro as lists of pairs. */
function byId(pairs: unknown): ReadonlyMap<number, unknown> {
  return new Map(records(pairs).map(({ key, value }) => [Number(key), value]));
}

function countOf(value: unknown): number | undefined {
  return isCount(value) ? value : undefined;
}

function boundOf(type: ColumnType, value: unknown): string | undefined {
  return value instanceof Uint8Array ? typedValue(type, Buffer.from(value)) : undefined;
}
