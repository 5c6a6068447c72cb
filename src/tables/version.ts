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
 * Put the files of a version together as one table: the columns of all, with those that stand in paths as Hive writes them.
 * @throws VarveError `table-unsupported` where files do not agree on a column
 */
export function tableOf(
  described: readonly FileOfVersion[],
): Pick<TableVersion, 'columns' | 'partitionColumns' | 'files'> {
  const partitions = described.map(({ path }) => new Map(hiveOf(path).partitions));
  const partitionColumns = [...new Set(partitions.flatMap((one) => [...one.keys()]))];
  const columns = new Map<string, { readonly type: ColumnType; readonly from: string }>();
  for (const { path, parquet } of described) {
    for (const { name, type } of parquet.columns) {
      const known = columns.get(name);
      if (known === undefined || isNull(known.type)) columns.set(name, { type, from: path });
      else if (!isNull(type) && !isSame(known.type, type)) throw disagree(name, known.from, path);
    }
  }
  const inFiles = [...columns]
    .filter(([name]) => !partitionColumns.includes(name))
    .map(([name, { type }]) => ({ name, type }));
  const inPaths = partitionColumns.map((name) => ({
    name,
    type: typeOfPartition(partitions.flatMap((one) => one.get(name) ?? [])),
  }));
  const files = described.map(({ url, size, parquet }, index): TableDataFile => {
    const own = partitions[index]!;
    const partition = new Map(partitionColumns.map((name) => [name, partitionValue(own.get(name))] as const));
    const bounds = parquet.bounds.filter(({ path }) => !partitionColumns.includes(path[0]!));
    return { url, size, rows: parquet.rows, partition, bounds };
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
