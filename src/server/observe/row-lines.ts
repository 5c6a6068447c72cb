import { MAX_DEPTH } from '../../engine/formats/depth.ts';
import { requestInvalid } from '../../operations/inference/columns.ts';

/** Names that a window may have beside the features of the version: each becomes a feature of reports and metrics. */
const MAX_NEW_NAMES = 1000;
/** What the rows of one body take on disk, in bytes: a value that holds for all rows of a body is written for each of them. */
const MAX_BODY_ROWS_BYTES = 64 * 1024 * 1024;
const STRINGS = /"(?:[^"\\]|\\.)*"/g;
/** A surrogate without its other half, which no text of Unicode has. */
const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/** The names of a window that the version has not. */
export class NewNames {
  #known: ReadonlySet<string>;
  readonly #met = new Set<string>();

  constructor(known: ReadonlySet<string>) {
    this.#known = known;
  }

  /** Go by the features of another version from now on. */
  follow(known: ReadonlySet<string>): void {
    this.#known = known;
  }

  /** Begin a window. */
  clear(): void {
    this.#met.clear();
  }

  /** Take the names of a row. @throws VarveError `request-invalid` where they would become too many */
  take(names: readonly string[]): void {
    const others = names.filter((name) => !this.#known.has(name) && !this.#met.has(name));
    if (this.#met.size + others.length > MAX_NEW_NAMES)
      throw requestInvalid(`more than ${MAX_NEW_NAMES} names of it are no features of the version`);
    for (const name of others) this.#met.add(name);
  }
}

/** Writes the rows of one body as lines of a window. A row that would keep the others of its window from being read is refused. */
export class RowLines {
  readonly #names: NewNames;
  #bytes = 0;

  constructor(names: NewNames) {
    this.#names = names;
  }

  /** Whether nothing more of the body is taken. */
  get isFull(): boolean {
    return this.#bytes > MAX_BODY_ROWS_BYTES;
  }

  /**
   * Write a row.
   * @param text the line that it stood on, if it did: numbers keep their digits
   * @throws VarveError `request-invalid`
   */
  of(row: Readonly<Record<string, unknown>>, text: string | undefined): string {
    checkValue(row, MAX_DEPTH);
    this.#names.take(Object.keys(row));
    const line = text !== undefined && hasUniqueKeys(text, row) ? text : JSON.stringify(row);
    this.#bytes += line.length;
    if (this.isFull) throw requestInvalid('its rows together are longer than 64 MiB');
    return line;
  }
}

/** @param depth lists and objects that may still be within each other @throws VarveError `request-invalid` */
function checkValue(value: unknown, depth: number): void {
  if (typeof value === 'string') {
    if (LONE_SURROGATE.test(value)) throw requestInvalid('it has text that is no Unicode');
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  if (depth < 0) throw requestInvalid(`its values are nested more than ${MAX_DEPTH} levels deep`);
  if (Array.isArray(value)) {
    for (const one of value) checkValue(one, depth - 1);
    return;
  }
  for (const [name, one] of Object.entries(value)) {
    if (name.includes('\0') || LONE_SURROGATE.test(name)) throw requestInvalid('a name in it is no text');
    checkValue(one, depth - 1);
  }
}

/** Whether no object of a row has a key twice: the row has as many keys as there are colons outside of strings. */
function hasUniqueKeys(text: string, row: unknown): boolean {
  return text.replaceAll(STRINGS, '').split(':').length - 1 === keysOf(row);
}

function keysOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const own = Array.isArray(value) ? 0 : Object.keys(value).length;
  return Object.values(value).reduce((sum: number, one) => sum + keysOf(one), own);
}
