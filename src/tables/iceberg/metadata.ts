import { createHash } from 'node:crypto';
import type { Origin, TableVersion } from '../model.ts';
import { FIRST_PARTITION_ID, type SpecField } from './manifest.ts';
import { type IcebergField, type IcebergSchema, nameMapping, pathKey } from './schema.ts';

/** The folder of all that Iceberg knows of a table, in that of the table. */
export const METADATA_FOLDER = 'metadata';
const METADATA_FILE = /^v(\d+)\.metadata\.json$/;
/** Names the newest metadata, for readers that know a table by its folder alone. */
export const VERSION_HINT = `${METADATA_FOLDER}/version-hint.text`;
/** The branch that every table has. */
export const MAIN = 'main';

/** Name the file of the metadata behind the n-th change of a table, from 1. */
export function metadataFile(number: number): string {
  return `${METADATA_FOLDER}/v${number}.metadata.json`;
}

/** Tell which change a file of the folder brings; undefined for other files. */
export function changeOfFile(name: string): number | undefined {
  const digits = METADATA_FILE.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

export interface IcebergSnapshot {
  readonly 'snapshot-id': number;
  readonly 'parent-snapshot-id'?: number;
  readonly 'sequence-number': number;
  readonly 'timestamp-ms': number;
  readonly 'manifest-list': string;
  readonly 'schema-id': number;
  readonly summary: Readonly<Record<string, string>>;
}

/** What the metadata of a table says. Source: https://iceberg.apache.org/spec/#table-metadata-fields */
export interface IcebergMetadata {
  readonly 'format-version': 2;
  readonly 'table-uuid': string;
  readonly location: string;
  readonly 'last-sequence-number': number;
  readonly 'last-updated-ms': number;
  readonly 'last-column-id': number;
  readonly schemas: readonly {
    readonly type: 'struct';
    readonly 'schema-id': number;
    readonly fields: readonly IcebergField[];
  }[];
  readonly 'current-schema-id': number;
  readonly 'partition-specs': readonly {
    readonly 'spec-id': number;
    readonly fields: readonly SpecField[];
  }[];
  readonly 'default-spec-id': number;
  readonly 'last-partition-id': number;
  readonly 'sort-orders': readonly object[];
  readonly 'default-sort-order-id': number;
  readonly properties: Readonly<Record<string, string>>;
  readonly 'current-snapshot-id': number;
  readonly refs: Readonly<Record<string, object>>;
  readonly snapshots: readonly IcebergSnapshot[];
  readonly 'snapshot-log': readonly { readonly 'timestamp-ms': number; readonly 'snapshot-id': number }[];
}

/** Says of a snapshot which version it is, among what Iceberg lets anybody say. */
const ORIGIN = {
  dataset: 'varve.dataset',
  digest: 'varve.digest',
  commit: 'varve.git-commit',
  time: 'varve.git-time',
};

function summaryOf({ dataset, digest, commit, time }: Origin): Readonly<Record<string, string>> {
  return {
    [ORIGIN.dataset]: dataset,
    [ORIGIN.digest]: digest,
    [ORIGIN.commit]: commit,
    [ORIGIN.time]: String(time),
  };
}

/** Undefined where no export wrote it. */
export function originOfSnapshot({ summary }: IcebergSnapshot): Origin | undefined {
  const {
    [ORIGIN.dataset]: dataset,
    [ORIGIN.digest]: digest,
    [ORIGIN.commit]: commit,
    [ORIGIN.time]: time,
  } = summary;
  if (dataset === undefined || digest === undefined || commit === undefined) return undefined;
  return { dataset, digest, commit, time: Number(time) };
}

/** What a version adds to the metadata of a table. */
export interface NextSnapshot {
  readonly schema: IcebergSchema;
  readonly spec: readonly SpecField[];
  readonly origin: Origin;
  readonly snapshotId: number;
  readonly manifestList: string;
  readonly summary: Readonly<Record<string, string>>;
}

/** Add a snapshot to the metadata of a table. */
export function withSnapshot(
  before: IcebergMetadata | undefined,
  location: string,
  next: NextSnapshot,
): IcebergMetadata {
  const schemaId = schemaIdOf(before, next.schema.fields);
  const specId = specIdOf(before, next.spec);
  const sequence = (before?.['last-sequence-number'] ?? 0) + 1;
  // Snapshots follow one another in time, as commits need not.
  const time = Math.max(next.origin.time, (before?.['last-updated-ms'] ?? 0) + 1);
  const snapshot: IcebergSnapshot = {
    'snapshot-id': next.snapshotId,
    ...(before === undefined ? {} : { 'parent-snapshot-id': before['current-snapshot-id'] }),
    'sequence-number': sequence,
    'timestamp-ms': time,
    'manifest-list': next.manifestList,
    'schema-id': schemaId,
    summary: { ...next.summary, ...summaryOf(next.origin) },
  };
  const known = before?.schemas ?? [];
  const schemas =
    schemaId < known.length
      ? known
      : [...known, { type: 'struct' as const, 'schema-id': schemaId, fields: next.schema.fields }];
  const specs = before?.['partition-specs'] ?? [];
  return {
    'format-version': 2,
    'table-uuid':
      before?.['table-uuid'] ?? uuidOf(`${location}\0${next.origin.dataset}\0${next.origin.digest}`),
    location,
    'last-sequence-number': sequence,
    'last-updated-ms': time,
    'last-column-id': Math.max(before?.['last-column-id'] ?? 0, ...next.schema.ids.values()),
    schemas,
    'current-schema-id': schemaId,
    'partition-specs': specId < specs.length ? specs : [...specs, { 'spec-id': specId, fields: next.spec }],
    'default-spec-id': specId,
    'last-partition-id': Math.max(
      before?.['last-partition-id'] ?? FIRST_PARTITION_ID - 1,
      ...next.spec.map((field) => field['field-id']),
    ),
    'sort-orders': [{ 'order-id': 0, fields: [] }],
    'default-sort-order-id': 0,
    properties: {
      'schema.name-mapping.default': JSON.stringify(nameMapping(schemas.map(({ fields }) => fields))),
    },
    'current-snapshot-id': next.snapshotId,
    refs: { [MAIN]: { 'snapshot-id': next.snapshotId, type: 'branch' } },
    snapshots: [...(before?.snapshots ?? []), snapshot],
    'snapshot-log': [
      ...(before?.['snapshot-log'] ?? []),
      { 'timestamp-ms': time, 'snapshot-id': next.snapshotId },
    ],
  };
}

/** The id of the schema, or the next one if it is new. */
export function schemaIdOf(before: IcebergMetadata | undefined, fields: readonly IcebergField[]): number {
  const schemas = before?.schemas ?? [];
  const known = schemas.find((one) => JSON.stringify(one.fields) === JSON.stringify(fields));
  return known?.['schema-id'] ?? schemas.length;
}

/** The id of the spec, or the next one if it is new. */
export function specIdOf(before: IcebergMetadata | undefined, spec: readonly SpecField[]): number {
  const specs = before?.['partition-specs'] ?? [];
  const known = specs.find((one) => JSON.stringify(one.fields) === JSON.stringify(spec));
  return known?.['spec-id'] ?? specs.length;
}

/** The ids that fields of partitions have had, by those of their columns: a field keeps its own for ever, as a column does. */
export function partitionIdsIn(metadata: IcebergMetadata | undefined): ReadonlyMap<number, number> {
  const fields = metadata?.['partition-specs'].flatMap((spec) => spec.fields) ?? [];
  return new Map(fields.map((field) => [field['source-id'], field['field-id']]));
}

/**
 * The ids that columns have had, by their paths, the newest schema's first. A column of partitions whose type is another now is a new one:
 * the values of its files stand in manifests, in the type of its id.
 */
export function idsIn(
  metadata: IcebergMetadata | undefined,
  { columns, partitionColumns }: Pick<TableVersion, 'columns' | 'partitionColumns'>,
): ReadonlyMap<string, number> {
  const ids = new Map<string, number>();
  const types = new Map<string, unknown>();
  for (const { fields } of metadata?.schemas ?? []) {
    collect(fields, [], ids);
    for (const { name, type } of fields) types.set(name, type);
  }
  for (const { name, type } of columns)
    if (partitionColumns.includes(name) && types.get(name) !== type.is) ids.delete(pathKey([name]));
  return ids;
}

/** The ids of the columns of one schema, by their paths. @throws TypeError if it is none */
export function columnIds(schema: unknown): ReadonlyMap<string, number> {
  const ids = new Map<string, number>();
  collect((schema as { readonly fields: readonly IcebergField[] }).fields, [], ids);
  return ids;
}

function collect(fields: readonly IcebergField[], above: readonly string[], ids: Map<string, number>): void {
  for (const { id, name, type } of fields) {
    ids.set(pathKey([...above, name]), id);
    collectWithin(type, [...above, name], ids);
  }
}

function collectWithin(type: unknown, path: readonly string[], ids: Map<string, number>): void {
  if (typeof type !== 'object' || type === null) return;
  const known = type as Readonly<Record<string, unknown>>;
  if (known.type === 'struct') collect(known.fields as IcebergField[], path, ids);
  for (const part of known.type === 'list' ? ['element'] : known.type === 'map' ? ['key', 'value'] : []) {
    ids.set(pathKey([...path, part]), known[`${part}-id`] as number);
    collectWithin(known[part], [...path, part], ids);
  }
}

function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  const groups = [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`];
  return [...groups, hex.slice(20, 32)].join('-');
}

/** An id for what a snapshot is: of 52 bits, which JSON and every reader keep. */
export function snapshotIdOf(text: string): number {
  return Number.parseInt(createHash('sha256').update(text).digest('hex').slice(0, 13), 16);
}
