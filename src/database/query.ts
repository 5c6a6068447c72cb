/**
 * The room of databases: the answer to one query as rows, read within one transaction. It knows drivers, types and where passwords are
 * kept; it knows no files, no engine and no repository.
 */

/** What is read of a database: a whole table in the order of its key, or what a query gives in its own order. */
export type DatabaseQuery =
  | {
      /** Its name, which may have that of its schema before it: `shop.orders`. */
      readonly table: string;
      readonly query?: undefined;
    }
  | { readonly query: string; readonly table?: undefined };

/** Of what is asked, the rows whose value in one column is greater than that of the last row that was taken. */
export interface Continuation {
  readonly column: string;
  /** That value, as the database wrote it; undefined takes all rows that have a value. */
  readonly after?: string | undefined;
  /** Decide by what the answer would have now which columns are taken, before any row is asked for. What it throws refuses them all. */
  readonly choose?: ((found: FollowedColumns) => readonly string[]) | undefined;
}

/** What is known of rows before they are asked for. */
export interface FollowedColumns {
  readonly columns: readonly QueryColumn[];
  /** Of the column behind whose value rows are taken. */
  readonly order: ColumnOrder;
}

/** The order of whole and decimal numbers, whatever their type. */
export const NUMBERS = 'number';

/** How a server compares the values of a column. */
export interface ColumnOrder {
  /** Values of two columns with one name are compared alike: `number`, `text utf8mb4_bin`, or the name of a type. */
  readonly name: string;
  /** Digits that values can have behind the point; undefined where that does not matter. */
  readonly digits?: number | undefined;
}

/** How something is asked. */
export interface AskOptions {
  /** In place of the one that variables or files of the database's own clients have. */
  readonly password?: string | undefined;
  /** Unless given, all rows are asked for. */
  readonly next?: Continuation | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told once, where the server lets one wait. */
  readonly onWaiting?: ((text: string) => void) | undefined;
}

/** Rows that a continuation leaves out. */
export interface LeftOut {
  /** Those without a value in the column. */
  readonly empty: number;
  /** Those up to the value behind which it goes on. */
  readonly before: number;
}

/** Takes the values of one column. */
export interface CellSink {
  /** The type in which they are wanted: that of the column, or VARCHAR for what the server writes. */
  readonly type: string;
  addNull(): void;
  /** For a value that the type cannot hold. */
  addUnfit(): void;
  /** For a value as text, as SQL writes it; of a BLOB, its bytes. The memory may be written over afterwards. */
  addBytes(source: Buffer, start: number, end: number): void;
  /** For a number that JavaScript holds exactly. */
  addNumber(value: number): void;
  /** For a whole number of 64 bits, in words of 32. */
  add64(low: number, high: number): void;
  /** For a date or a time: seconds behind the beginning of 1970 in the zone of the column, and microseconds behind that. */
  addTime(seconds: number, micros: number): void;
}

/** Takes rows, cell by cell. */
export interface RowSink {
  readonly cells: readonly CellSink[];
  /** End a row. If it gives a promise, the next row waits for it. */
  endRow(): Promise<void> | undefined;
}

export interface QueryColumn {
  readonly name: string;
  /** The type that keeps every value, as SQL of the engine writes it. `VARCHAR` where only text does. */
  readonly type: string;
  /** The database sorts its values by another order than it compares them with text, or by none. */
  readonly isUnordered?: true;
  /** Digits that times can have behind the point of their seconds. */
  readonly digits?: number;
}

/** The answer to a query. Close it as soon as its rows are read, and in a `finally`: the transaction lasts as long. */
export interface ResultSet {
  readonly columns: readonly QueryColumn[];
  /** By which columns rows are in order; empty where nothing says in which order they come. */
  readonly key: readonly string[];
  /** Set for a continuation: counted in the same transaction. */
  readonly leftOut?: LeftOut;
  /** Set for a continuation. */
  readonly order?: ColumnOrder;
  /**
   * Read all rows. It can be called again, and gives the same rows within the transaction.
   * @throws VarveError `database-error`, and what the sink throws
   */
  read(sink: RowSink): Promise<void>;
  /** Of a continuation, the value of the last row that was read in its column, as the database writes it. */
  last(): string | undefined;
  /** It can be called again. */
  close(): void;
}

/** Whether rows can be taken in the order of a column of this type: its values are compared as they are written, and none is rounded. */
export function isOrdered(type: string): boolean {
  return /^(U?(TINYINT|SMALLINT|INTEGER|BIGINT)|DECIMAL.*|DATE|TIMESTAMP|TIMESTAMPTZ|VARCHAR)$/.test(type);
}

/** Whether a type of the engine is that of whole or decimal numbers. */
export function isNumeric(type: string): boolean {
  return /^U?(TINYINT|SMALLINT|INTEGER|BIGINT)$|^DECIMAL/.test(type);
}

/**
 * Say how values of a column are compared.
 * @param textOrder tells what orders values that come as text
 */
export async function valueOrder(
  { type, digits }: QueryColumn,
  textOrder: () => Promise<string>,
): Promise<ColumnOrder> {
  const [, scale = '0'] = /^DECIMAL\(\d+, (\d+)\)$/.exec(type) ?? [];
  if (isNumeric(type)) return { name: NUMBERS, digits: Number(scale) };
  return type === 'VARCHAR' ? { name: await textOrder() } : { name: type.toLowerCase(), digits };
}

/** The most digits of a decimal of the engine. */
const MAX_DECIMAL_DIGITS = 38;

/** The decimal type of so many digits, of which `scale` stand behind the point; text where the engine has none such. */
export function decimalType(precision: number, scale: number): string {
  const fits = precision >= 1 && precision <= MAX_DECIMAL_DIGITS && scale >= 0 && scale <= precision;
  return fits ? `DECIMAL(${precision}, ${scale})` : 'VARCHAR';
}
