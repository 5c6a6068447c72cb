import type { ColumnBounds, TableColumn, TableDataFile } from '../model.ts';
import { decodeAvro, encodeAvro, exactly } from './avro.ts';
import { pathKey } from './schema.ts';
import { singleValue } from './values.ts';

/** What became of a file in the snapshot that wrote its entry. Source: https://iceberg.apache.org/spec/#manifest-entry-fields */
export const STATUS = { existing: 0, added: 1, deleted: 2 } as const;
/** Ids of fields of a partition begin here. */
export const FIRST_PARTITION_ID = 1000;
const DATA = 0;

/** A column by which the files of a table are parted. */
export interface PartitionField {
  /** Of the field of the partition, for ever. */
  readonly id: number;
  readonly name: string;
  /** Id of the column. */
  readonly sourceId: number;
  readonly type: TableColumn['type'];
}

/** An entry of a manifest, as it stands there. */
export interface ManifestFileEntry {
  readonly status: number;
  readonly snapshot_id: number;
  readonly sequence_number: number;
  readonly file_sequence_number: number;
  readonly data_file: {
    readonly file_path: string;
    readonly partition: object;
    readonly record_count: number;
    readonly [field: string]: unknown;
  };
}

export interface Manifest {
  /** The schema and the parts of the table when it was written. */
  readonly meta: Readonly<Record<string, string>>;
  readonly entries: readonly ManifestFileEntry[];
}

/** A part of a table. Source: https://iceberg.apache.org/spec/#partition-specs */
export interface SpecField {
  readonly name: string;
  readonly transform: 'identity';
  readonly 'source-id': number;
  readonly 'field-id': number;
}

/** The spec of the parts of a table. */
export function partitionSpec(fields: readonly PartitionField[]): SpecField[] {
  return fields.map(({ id, name, sourceId }) => ({
    name,
    transform: 'identity',
    'source-id': sourceId,
    'field-id': id,
  }));
}

/** @param parts columns by which the files are parted */
export function encodeFileManifest(manifest: Manifest, parts: readonly PartitionField[]): Buffer {
  return encodeAvro(entrySchema(parts), { meta: manifest.meta, records: manifest.entries });
}

/** @throws RangeError if it is none */
export function decodeFileManifest(bytes: Uint8Array): Manifest {
  const { meta, records } = decodeAvro(bytes);
  return { meta, entries: records as ManifestFileEntry[] };
}

/** The entry of a file that a snapshot adds. */
export function addedEntry(
  file: TableDataFile,
  parts: readonly PartitionField[],
  ids: ReadonlyMap<string, number>,
  snapshot: { readonly id: number; readonly sequence: number },
): ManifestFileEntry {
  const known = file.bounds.flatMap((bounds) => {
    const id = ids.get(pathKey(bounds.path));
    return id === undefined ? [] : [{ id, bounds }];
  });
  const pairs = <T>(value: (bounds: ColumnBounds) => T | undefined) =>
    known.flatMap(({ id, bounds }) => {
      const one = value(bounds);
      return one === undefined ? [] : [{ key: id, value: one }];
    });
  return {
    status: STATUS.added,
    snapshot_id: snapshot.id,
    sequence_number: snapshot.sequence,
    file_sequence_number: snapshot.sequence,
    data_file: {
      content: DATA,
      file_path: file.url,
      file_format: 'PARQUET',
      partition: partitionOf(file, parts),
      record_count: file.rows,
      file_size_in_bytes: file.size,
      value_counts: pairs(() => file.rows),
      null_value_counts: pairs(({ nulls }) => nulls),
      lower_bounds: pairs(({ type, min }) => (min === undefined ? undefined : singleValue(type, min))),
      upper_bounds: pairs(({ type, max }) => (max === undefined ? undefined : singleValue(type, max))),
    },
  };
}

/** The values of the partition of a file, as they stand in its entry. */
export function partitionOf(file: TableDataFile, parts: readonly PartitionField[]): object {
  return Object.fromEntries(
    parts.map(({ name, type }, index) => [fieldName(index), partitionValue(type, file.partition.get(name))]),
  );
}

function partitionValue({ is }: TableColumn['type'], text: string | null | undefined): unknown {
  if (text === null || text === undefined) return null;
  if (is === 'long') return exactly(BigInt(text));
  return is === 'date' ? Date.parse(`${text}T00:00:00Z`) / 86_400_000 : text;
}

/** Avro has names of letters, digits and underscores; readers go by the ids. */
function fieldName(index: number): string {
  return `part_${index}`;
}

const AVRO_TYPES: Readonly<Record<string, unknown>> = {
  long: 'long',
  date: { type: 'int', logicalType: 'date' },
  string: 'string',
};

function entrySchema(parts: readonly PartitionField[]): object {
  const required = (id: number, name: string, type: unknown) => ({ name, type, 'field-id': id });
  const optional = (id: number, name: string, type: unknown) => ({
    name,
    type: ['null', type],
    default: null,
    'field-id': id,
  });
  const map = (id: number, name: string, [key, value]: readonly [number, number], of: string) =>
    optional(id, name, {
      type: 'array',
      logicalType: 'map',
      items: {
        type: 'record',
        name: `k${key}_v${value}`,
        fields: [required(key, 'key', 'int'), required(value, 'value', of)],
      },
    });
  const partition = {
    type: 'record',
    name: 'r102',
    fields: parts.map(({ id, type }, index) => optional(id, fieldName(index), AVRO_TYPES[type.is])),
  };
  const dataFile = {
    type: 'record',
    name: 'r2',
    fields: [
      required(134, 'content', 'int'),
      required(100, 'file_path', 'string'),
      required(101, 'file_format', 'string'),
      required(102, 'partition', partition),
      required(103, 'record_count', 'long'),
      required(104, 'file_size_in_bytes', 'long'),
      map(109, 'value_counts', [119, 120], 'long'),
      map(110, 'null_value_counts', [121, 122], 'long'),
      map(125, 'lower_bounds', [126, 127], 'bytes'),
      map(128, 'upper_bounds', [129, 130], 'bytes'),
    ],
  };
  return {
    type: 'record',
    name: 'manifest_entry',
    fields: [
      required(0, 'status', 'int'),
      optional(1, 'snapshot_id', 'long'),
      optional(3, 'sequence_number', 'long'),
      optional(4, 'file_sequence_number', 'long'),
      required(2, 'data_file', dataFile),
    ],
  };
}

/** A manifest as the list of a snapshot names it. */
export interface ListedManifest {
  readonly manifest_path: string;
  readonly manifest_length: number;
  readonly partition_spec_id: number;
  readonly content: number;
  readonly sequence_number: number;
  readonly min_sequence_number: number;
  readonly added_snapshot_id: number;
  readonly added_files_count: number;
  readonly existing_files_count: number;
  readonly deleted_files_count: number;
  readonly added_rows_count: number;
  readonly existing_rows_count: number;
  readonly deleted_rows_count: number;
}

export function encodeManifestList(
  manifests: readonly ListedManifest[],
  meta: Readonly<Record<string, string>>,
): Buffer {
  return encodeAvro(LIST_SCHEMA, { meta, records: manifests });
}

/** @throws RangeError if it is none */
export function decodeManifestList(bytes: Uint8Array): readonly ListedManifest[] {
  return decodeAvro(bytes).records as ListedManifest[];
}

/** Source: https://iceberg.apache.org/spec/#manifest-lists */
const LIST_SCHEMA = {
  type: 'record',
  name: 'manifest_file',
  fields: (
    [
      ['manifest_path', 'string', 500],
      ['manifest_length', 'long', 501],
      ['partition_spec_id', 'int', 502],
      ['content', 'int', 517],
      ['sequence_number', 'long', 515],
      ['min_sequence_number', 'long', 516],
      ['added_snapshot_id', 'long', 503],
      ['added_files_count', 'int', 504],
      ['existing_files_count', 'int', 505],
      ['deleted_files_count', 'int', 506],
      ['added_rows_count', 'long', 512],
      ['existing_rows_count', 'long', 513],
      ['deleted_rows_count', 'long', 514],
    ] as const
  ).map(([name, type, id]) => ({ name, type, 'field-id': id })),
};
