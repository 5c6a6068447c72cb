import { VarveError } from '../errors.ts';
import { hiveOf, isHiveNull, partitionType } from '../profile/dataset/hive.ts';
import type { ColumnType, ParquetFile, TableColumn, TableDataFile, TableVersion } from './model.ts';

/** A file of a version, and what is known of it. */
export interface FileOfVersion {
  /** In the dataset, POSIX. */
  readonly path: string;
  readonly url: string;
  readonly size: number;
  readonly parquet: ParquetFile;
}

/**
 * Put the files of a version together as one table: the columns of all, with those that stand in paths as Hive writes them. A column
 * that stands in the files as well is theirs, as in a profile: engines would read its values there, and skip files by those of the paths.
 * @throws VarveError `table-unsupported` where files do not agree on a column, or names on more than their case
 */
export function tableOf(
  described: readonly FileOfVersion[],
): Pick<TableVersion, 'columns' | 'partitionColumns' | 'files'> {
  const partitions = described.map(({ path }) => new Map(hiveOf(path).partitions));
  const columns = new Map<string, { readonly type: ColumnType; readonly from: string }>();
  for (const { path, parquet } of described) {
    for (const { name, type } of parquet.columns) {
      const known = columns.get(name);
      if (known === undefined || isNull(known.type)) columns.set(name, { type, from: path });
      else if (!isNull(type) && !isSame(known.type, type)) throw disagree(name, known.from, path);
    }
  }
  const named = [...new Set(partitions.flatMap((one) => [...one.keys()]))];
  for (const name of named) checkPlaceOf(name, described);
  const partitionColumns = named.filter((name) => !columns.has(name));
  checkNames([...columns.keys(), ...partitionColumns]);
  const inFiles = [...columns].map(([name, { type }]) => ({ name, type }));
  const inPaths = partitionColumns.map((name) => ({
    name,
    type: typeOfPartition(partitions.flatMap((one) => one.get(name) ?? [])),
  }));
  const files = described.map(({ url, size, parquet }, index): TableDataFile => {
    const own = partitions[index]!;
    const partition = new Map(partitionColumns.map((name) => [name, partitionValue(own.get(name))] as const));
    return { url, size, rows: parquet.rows, partition, bounds: parquet.bounds };
  });
  return { columns: [...inFiles, ...inPaths] satisfies TableColumn[], partitionColumns, files };
}

function partitionValue(text: string | undefined): string | null {
  return text === undefined || isHiveNull(text) ? null : text;
}

function typeOfPartition(values: readonly string[]): ColumnType {
  const type = partitionType(values);
  return { is: type === 'BIGINT' ? 'long' : type === 'DATE' ? 'date' : 'string' };
}

/** A column that has no value in any row of a file may be of any type in others. */
function isNull(type: ColumnType): boolean {
  return type.is === 'other' && type.name === 'NULL';
}

function isSame(one: ColumnType, other: ColumnType): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** @throws VarveError `table-unsupported` for a column that some files have, and of others only the path */
function checkPlaceOf(name: string, described: readonly FileOfVersion[]): void {
  const has = ({ parquet }: FileOfVersion) => parquet.columns.some((column) => column.name === name);
  const inFile = described.find(has);
  const inPath = described.find((file) => !has(file));
  if (inFile === undefined || inPath === undefined) return;
  throw new VarveError(
    'table-unsupported',
    `The column ${JSON.stringify(name)} stands in ${inFile.path} itself, and of ${inPath.path} at most in the path, so that they are no single table`,
    { path: inPath.path, remedy: 'Write all files with the column, or all without it.' },
  );
}

/** @throws VarveError `table-unsupported` for names that many engines take for one */
function checkNames(names: readonly string[]): void {
  const known = new Map<string, string>();
  for (const name of names) {
    const other = known.get(name.toLowerCase());
    if (other !== undefined)
      throw new VarveError(
        'table-unsupported',
        `The columns ${JSON.stringify(other)} and ${JSON.stringify(name)} differ in their case alone, and engines take them for one`,
        { path: name, remedy: 'Name one of them otherwise, and add the data again.' },
      );
    known.set(name.toLowerCase(), name);
  }
}

function disagree(column: string, first: string, second: string): VarveError {
  return new VarveError(
    'table-unsupported',
    `${first} and ${second} have the column ${JSON.stringify(column)} in different types, so that they are no single table`,
    {
      path: second,
      remedy:
        'Export the folder of each kind as a table of its own: name it behind the dataset, as `data/sales/2024`.',
    },
  );
}
