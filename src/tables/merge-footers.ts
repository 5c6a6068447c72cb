import { hiveOf, isHiveNull, partitionType } from '../profile/dataset/hive.ts';
import { MAX_COLUMNS, MAX_TABLES } from '../profile/footers/format.ts';
import type { FooterColumn, FooterStatistics, FooterTable } from '../profile/footers/model.ts';
import { typeText } from './column-types.ts';
import type { ColumnBounds, ColumnType, TableColumn, UnreadFile } from './model.ts';
import { isWholeNumber, orderOf, type ValueOrder } from './order.ts';

/**
 * Puts the footers of many files together, one after the other, in memory that grows with the columns and not with the files. The order of
 * the files decides the order of the columns alone.
 */
export class FooterMerger {
  readonly #tables = new Map<string, Table>();

  /**
   * @param path of the file in the dataset, POSIX
   * @throws RangeError if there are too many tables or columns to tell of them
   */
  add(path: string, file: UnreadFile): void {
    const { folder, partitions } = hiveOf(path);
    const table = this.#tables.get(folder) ?? new Table();
    this.#tables.set(folder, table);
    table.add(file, partitions);
    if (this.#tables.size > MAX_TABLES)
      throw new RangeError(`its files are of more than ${MAX_TABLES} tables`);
  }

  get statistics(): FooterStatistics {
    const isOnly = this.#tables.size === 1;
    const tables = Array.from(this.#tables, ([folder, table]) =>
      table.described(isOnly ? '' : folder || '.'),
    );
    return { varveFooters: 1, tables };
  }
}

class Table {
  #files = 0;
  #rows = 0;
  readonly #columns = new Map<string, Column>();
  readonly #partitions = new Map<string, Partition>();

  add({ rows, columns, bounds }: UnreadFile, partitions: readonly (readonly [string, string])[]): void {
    if (!(Number.isSafeInteger(rows) && rows >= 0))
      throw new RangeError(`a file says that it has ${rows} rows`);
    const known = new Map(bounds.map((one) => [one.path.join('\0'), one]));
    for (const { path, type } of leavesOf(columns, [])) {
      const key = path.join('\0');
      const column = this.#columns.get(key) ?? new Column(path);
      this.#columns.set(key, column);
      column.add(type, rows, known.get(key));
    }
    for (const [name, value] of partitions) {
      const partition = this.#partitions.get(name) ?? new Partition(name);
      this.#partitions.set(name, partition);
      partition.add(value, rows);
    }
    this.#files += 1;
    this.#rows += rows;
    if (this.#columns.size + this.#partitions.size > MAX_COLUMNS)
      throw new RangeError(`it has more than ${MAX_COLUMNS} columns`);
  }

  described(name: string): FooterTable {
    const inPaths = [...this.#partitions.values()];
    const inFiles = [...this.#columns.values()].filter(({ path }) => !this.#partitions.has(path[0]!));
    const columns = [...inFiles, ...inPaths].map((column) => column.described(this.#rows));
    return { name, files: this.#files, rows: this.#rows, columns };
  }
}

/** One column, or field of structs, of all files. */
class Column {
  readonly path: readonly string[];
  readonly #types = new Map<string, ColumnType>();
  /** Rows of the files that have it. */
  #rows = 0;
  #nulls: number | undefined = 0;
  #min: string | undefined;
  #max: string | undefined;
  #hasBounds = { min: true, max: true };

  constructor(path: readonly string[]) {
    this.path = path;
  }

  add(type: ColumnType, rows: number, known: ColumnBounds | undefined): void {
    this.#types.set(typeText(type), type);
    this.#rows += rows;
    const { nulls } = known ?? {};
    const isCounted = nulls !== undefined && nulls >= 0 && nulls <= rows;
    this.#nulls = isCounted && this.#nulls !== undefined ? this.#nulls + nulls : undefined;
    // A file without a value bounds nothing.
    if (isCounted && nulls === rows) return;
    const order = orderOf(type);
    this.#min = this.#bound('min', known?.min, this.#min, order);
    this.#max = this.#bound('max', known?.max, this.#max, (a, b) => order(b, a));
  }

  /** The first of both in an order, unless a file does not say. */
  #bound(
    end: 'min' | 'max',
    value: string | undefined,
    best: string | undefined,
    order: ValueOrder,
  ): string | undefined {
    this.#hasBounds[end] &&= value !== undefined && this.#isOrdered;
    if (!this.#hasBounds[end]) return undefined;
    return best === undefined || order(value!, best) < 0 ? value : best;
  }

  /** Whether the values of all files have one order. */
  get #isOrdered(): boolean {
    return this.#types.size === 1 || [...this.#types.values()].every(isWholeNumber);
  }

  described(rows: number): FooterColumn {
    const type = [...this.#types.keys()].sort().join(' | ');
    const nulls = this.#nulls === undefined ? undefined : this.#nulls + rows - this.#rows;
    return columnOf(this.path, type, nulls, this.#min, this.#max);
  }
}

/** A column whose values stand in paths, as Hive writes them. */
class Partition {
  readonly path: readonly string[];
  #type: ReturnType<typeof partitionType> | undefined;
  #withValue = 0;
  readonly #ranges = {
    BIGINT: new Range(orderOf({ is: 'long' })),
    VARCHAR: new Range(orderOf({ is: 'string' })),
  };

  constructor(name: string) {
    this.path = [name];
  }

  add(value: string, rows: number): void {
    if (isHiveNull(value)) return;
    const type = partitionType([value]);
    this.#type = this.#type === undefined || this.#type === type ? type : 'VARCHAR';
    this.#withValue += rows;
    if (type === 'BIGINT') this.#ranges.BIGINT.add(value);
    this.#ranges.VARCHAR.add(value);
  }

  described(rows: number): FooterColumn {
    const type = this.#type === 'BIGINT' ? 'long' : this.#type === 'DATE' ? 'date' : 'string';
    const { min, max } = this.#ranges[this.#type === 'BIGINT' ? 'BIGINT' : 'VARCHAR'];
    return columnOf(this.path, type, rows - this.#withValue, min, max);
  }
}

class Range {
  min: string | undefined;
  max: string | undefined;
  readonly #order: ValueOrder;

  constructor(order: ValueOrder) {
    this.#order = order;
  }

  add(value: string): void {
    if (this.min === undefined || this.#order(value, this.min) < 0) this.min = value;
    if (this.max === undefined || this.#order(value, this.max) > 0) this.max = value;
  }
}

function columnOf(
  path: readonly string[],
  type: string,
  nulls: number | undefined,
  min: string | undefined,
  max: string | undefined,
): FooterColumn {
  return {
    path,
    type,
    ...(nulls === undefined ? {} : { nulls }),
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
  };
}

/** Columns, and in place of a struct its fields. */
function leavesOf(columns: readonly TableColumn[], above: readonly string[]): TableLeaf[] {
  return columns.flatMap(({ name, type }) => {
    const path = [...above, name];
    return type.is === 'struct' && type.fields.length > 0 ? leavesOf(type.fields, path) : [{ path, type }];
  });
}

interface TableLeaf {
  readonly path: readonly string[];
  readonly type: ColumnType;
}
