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

/** A value as the driver gives it: text of numbers and times, so that none is rounded. */
export type RowValue = string | number | Buffer | null;

export interface QueryColumn {
  readonly name: string;
  /** The type that keeps every value, as SQL of the engine writes it. `VARCHAR` where only text does. */
  readonly type: string;
}

/** The answer to a query. Close it in a `finally`: the transaction lasts as long. */
export interface ResultSet {
  readonly columns: readonly QueryColumn[];
  /** By which columns rows are in order; empty where nothing says in which order they come. */
  readonly key: readonly string[];
  /** Some hundreds of rows at a time, a cell for each column. */
  rows(): AsyncIterable<readonly (readonly RowValue[])[]>;
  close(): Promise<void>;
}

/** The most digits of a decimal of the engine. */
const MAX_DECIMAL_DIGITS = 38;

/** The decimal type of so many digits, of which `scale` stand behind the point; text where the engine has none such. */
export function decimalType(precision: number, scale: number): string {
  const fits = precision >= 1 && precision <= MAX_DECIMAL_DIGITS && scale >= 0 && scale <= precision;
  return fits ? `DECIMAL(${precision}, ${scale})` : 'VARCHAR';
}
