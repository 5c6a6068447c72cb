import { isRecord, records } from '../../base/json.ts';
import type { ShownColumns } from '../../engine/shown-columns.ts';
import { dateBound } from '../bound-text.ts';
import type { TableColumn } from '../model.ts';
import { type ProjectedColumn, projectionOf } from './column-projection.ts';
import { type CountedFile, type IcebergFacts, IcebergFactsReader } from './iceberg-facts.ts';
import { isFoundById, mappedNames } from './iceberg-names.ts';
import { BY_ADD, damagedTable, type PartitionValue, unsupportedTable } from './snapshot.ts';

/** Tells of each file of a snapshot whether its columns are those of the table, by which of them it is parted, and what is known of its rows. */
export interface SnapshotLayout {
  readonly columns: readonly TableColumn[];
  /** As {@link TableSnapshot.columns} tells it, once all files were checked. */
  shown(): ShownColumns | undefined;
  /**
   * @param path from the folder of the table
   * @param specId which partition spec the file is of
   * @returns columns that part files of the table by their values, as far as this file has any of them
   * @throws VarveError `table-feature-unsupported`, `table-damaged`
   */
  check(path: string, specId: number, file: PartedFile): readonly PartitionValue[];
  /**
   * @param partition what check has told of the file
   * @param known ids of the columns that there were when the manifest was written; undefined where it does not say
   * @returns undefined where the manifest does not count its rows
   */
  factsOf(
    file: PartedFile,
    partition: readonly PartitionValue[],
    known: ReadonlySet<number> | undefined,
  ): IcebergFacts | undefined;
}

/** What a manifest says of a file. Source: https://iceberg.apache.org/spec/#data-file-fields */
export interface PartedFile extends CountedFile {
  readonly partition?: unknown;
}

/** Writers count the values of a hundred columns of a file, unless told otherwise. */
const MAX_COUNTED = 100;

interface Leaf {
  readonly name: string;
  readonly isWithinOther: boolean;
  /** Id of the column that it is, or lies within. */
  readonly top: number;
  readonly type: unknown;
  readonly default: unknown;
}

/**
 * @param wanted id of the schema by which the snapshot is read; that of the only one if undefined
 * @throws VarveError `table-damaged` if the table has no such schema
 */
export function icebergLayout(
  url: string,
  metadata: Readonly<Record<string, unknown>>,
  schemas: readonly Record<string, unknown>[],
  wanted: unknown,
): SnapshotLayout {
  const schema =
    schemas.find((one) => one['schema-id'] === wanted) ?? (schemas.length === 1 ? schemas[0] : undefined);
  if (schema === undefined) throw damagedTable(url, `it has no schema ${JSON.stringify(wanted)}`);
  const columns = leavesOf(schema);
  const tops = new Set([...columns.values()].map(({ top }) => top));
  /** Whether reading files by their own names would show other columns, or other values. */
  let isFound = isFoundById(url, schema, schemas);
  const dropped = new Map(schemas.flatMap((one) => [...leavesOf(one)]).filter(([id]) => !columns.has(id)));
  const defaults = new Map(
    [...columns].filter(([, leaf]) => leaf.default !== undefined && leaf.default !== null),
  );
  const specs = specsOf(metadata);
  const parting = partingColumns(specs, columns);
  const facts = new IcebergFactsReader(schema);
  const isCounting = !leavesUncounted(metadata);
  /** Whether a file is known not to have a column. */
  const isAway = (counted: ReadonlySet<number> | undefined, id: number): boolean =>
    isCounting && counted !== undefined && counted.size < MAX_COUNTED && !counted.has(id);
  const partitionOf = (path: string, specId: number, file: PartedFile): PartitionValue[] => {
    const fields = specs.get(specId);
    if (fields === undefined) throw damagedTable(url, `it has no partition spec ${specId}`);
    const counted = countedIn(file);
    const values = isRecord(file.partition) ? Object.values(file.partition) : [];
    const said = new Map(fields.flatMap((field, at) => (isIdentity(field) ? [[sourceOf(field), at]] : [])));
    return [...parting].flatMap(([id, { name, type, isWithinOther }]): PartitionValue[] => {
      const at = said.get(id);
      // One of which that is not known may have the column, and nothing else says what its values are.
      const isWithin = counted?.has(id) === true || (at === undefined && !isAway(counted, id));
      if (at === undefined) return isWithin ? [{ column: name, isWithin }] : [];
      if (isWithinOther && !isWithin) throw hasFieldInMetadata(url, path, name);
      if (isWithinOther) return [];
      const text = textOf(values[at], type);
      const isPlain = text !== null && text !== undefined && PLAIN_TEXT[String(type)]?.test(text);
      return [
        {
          column: name,
          ...(text !== undefined && { text }),
          ...(isPlain && { isPlain }),
          ...(isWithin && { isWithin }),
        },
      ];
    });
  };
  return {
    columns: facts.columns,
    shown() {
      if (!isFound) return undefined;
      const names = mappedNames(url, metadata.properties);
      const projected = facts.fields.map(({ id, name, type }): ProjectedColumn => {
        const given = defaults.get(id);
        const text = given && defaultText(given);
        return {
          ...{ name, type, id },
          ...(names.has(id) && { names: names.get(id)! }),
          ...(text !== undefined && { default: text }),
          ...(parting.has(id) && { isInPaths: true }),
        };
      });
      return projectionOf(url, projected);
    },
    check(path, specId, file) {
      const counted = countedIn(file);
      for (const [id, { name, top }] of dropped) {
        if (isAway(counted, id)) continue;
        if (tops.has(top)) throw hasDropped(url, path, name);
        isFound = true;
      }
      for (const [id, leaf] of defaults) {
        if (counted?.has(id)) continue;
        if (defaultText(leaf) === undefined) throw hasDefault(url, path, leaf.name);
        isFound = true;
      }
      return partitionOf(path, specId, file);
    },
    factsOf(file, partition, known) {
      const lacked = partition.filter(({ isWithin }) => !isWithin);
      return facts.factsOf(file, new Map(lacked.map(({ column, text = null }) => [column, text])), known);
    },
  };
}

/** The columns whose values are those of partitions, in any spec of the table, by their ids. */
function partingColumns(
  specs: ReadonlyMap<number, readonly Record<string, unknown>[]>,
  columns: ReadonlyMap<number, Leaf>,
): ReadonlyMap<number, Leaf> {
  const ids = [...specs.values()].flatMap((fields) => fields.filter(isIdentity).map(sourceOf));
  return new Map([...columns].filter(([id]) => ids.includes(id)));
}

function isIdentity({ transform }: Record<string, unknown>): boolean {
  return transform === 'identity';
}

function sourceOf(field: Record<string, unknown>): number {
  return Number(field['source-id']);
}

function specsOf(
  metadata: Readonly<Record<string, unknown>>,
): ReadonlyMap<number, readonly Record<string, unknown>[]> {
  const listed = records(metadata['partition-specs']);
  if (listed.length === 0) return new Map([[0, records(metadata['partition-spec'])]]);
  return new Map(listed.map((spec) => [Number(spec['spec-id']), records(spec.fields)]));
}

/** Columns of plain types, and those within others, by their ids. */
function leavesOf(
  type: unknown,
  above: readonly string[] = [],
  leaves = new Map<number, Leaf>(),
  top?: number,
): ReadonlyMap<number, Leaf> {
  if (!isRecord(type)) return leaves;
  const inner = [
    ...records(type.fields).map((field) => ({
      ...field,
      id: field.id,
      name: String(field.name),
      type: field.type,
    })),
    ...(['element', 'key', 'value'] as const)
      .filter((part) => type[part] !== undefined)
      .map((part) => ({ id: type[`${part}-id`], name: part, type: type[part] })),
  ];
  for (const field of inner) {
    const path = [...above, field.name];
    const given = (field as Readonly<Record<string, unknown>>)['initial-default'];
    // A default of a whole struct stands for what is within: which file has it, its counts do not say.
    if (!isRecord(field.type) || (given !== undefined && given !== null))
      leaves.set(Number(field.id), {
        name: path.join('.'),
        isWithinOther: above.length > 0,
        top: top ?? Number(field.id),
        type: field.type,
        default: given,
      });
    leavesOf(field.type, path, leaves, top ?? Number(field.id));
  }
  return leaves;
}

/** The ids of the columns of which a file has values; undefined where its writer did not count. */
function countedIn({ value_counts: counts }: PartedFile): ReadonlySet<number> | undefined {
  const pairs = records(counts);
  return pairs.length === 0 ? undefined : new Set(pairs.map(({ key }) => Number(key)));
}

/** Whether a table tells its writers not to count some of its columns. */
function leavesUncounted({ properties }: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(isRecord(properties) ? properties : {}).some(
    ([key, value]) => key.startsWith('write.metadata.metrics.') && value === 'none',
  );
}

/** As a folder has to have it for varve to show the same; undefined where no text is the value. */
function textOf(value: unknown, type: unknown): string | null | undefined {
  if (value === null || value === undefined) return null;
  if (type === 'date') return typeof value === 'number' ? dateBound(value * DAY_MS) : undefined;
  return typeof value === 'object' ? undefined : String(value);
}

const WHOLE = /^-?\d+$/;
/** Types of which that text is the value, as a path has it. */
const PLAIN_TEXT: Readonly<Record<string, RegExp>> = {
  int: WHOLE,
  long: WHOLE,
  string: /^/,
  boolean: /^(true|false)$/,
  date: /^\d{4}-\d\d-\d\d$/,
};

const DAY_MS = 86_400_000;

/** A default as text of which the engine makes the value; undefined for those within others, and of types whose text is not the value. */
function defaultText({ default: value, type, isWithinOther }: Leaf): string | undefined {
  const isPlain = ['string', 'number', 'boolean'].includes(typeof value);
  const isOfBytes = type === 'binary' || String(type).startsWith('fixed');
  // Of more digits than a number of JSON keeps here.
  const isRounded = Number.isInteger(value) && !Number.isSafeInteger(value);
  const isKept = isPlain && !isOfBytes && !isRounded;
  return isKept && !isWithinOther && !isRecord(type) ? String(value) : undefined;
}

function hasDropped(url: string, path: string, column: string): Error {
  return unsupportedTable(
    url,
    `has dropped its column ${JSON.stringify(column)}, and ${JSON.stringify(path)} may still have it`,
    WRITTEN_ANEW,
  );
}

function hasFieldInMetadata(url: string, path: string, field: string): Error {
  return unsupportedTable(
    url,
    `has the field ${JSON.stringify(field)} of ${JSON.stringify(path)} in its metadata alone`,
    WRITTEN_ANEW,
  );
}

function hasDefault(url: string, path: string, column: string): Error {
  return unsupportedTable(
    url,
    `has a default for ${JSON.stringify(column)} in rows of files without it, such as ${JSON.stringify(path)}`,
    WRITTEN_ANEW,
  );
}

const WRITTEN_ANEW = `Have its owner write all of its files anew (\`rewrite_data_files\` with \`rewrite-all\`), or name an earlier snapshot ${BY_ADD}.`;
