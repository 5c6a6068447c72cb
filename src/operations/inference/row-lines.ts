import { MAX_DEPTH } from '../../engine/formats/depth.ts';
import type { VarveError } from '../../errors.ts';
import { ANY_NAME, nestedName, requestInvalid } from './columns.ts';
import type { Row } from './requests.ts';

/** Names that a window may have beside the features of the version: each becomes a feature of reports and metrics. */
const MAX_NEW_NAMES = 1000;
/** Characters of such a name, with those around it. */
const MAX_NAME_LENGTH = 1000;
/** What the rows of one body take on disk, in bytes: a value that holds for all rows of a body is written for each of them. */
const MAX_BODY_ROWS_BYTES = 64 * 1024 * 1024;
/** A surrogate without its other half, which no text of Unicode has. */
const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/** The names of a window that the version has not, those of values within values too. */
export class NewNames {
  #known: ReadonlySet<string> | undefined;
  readonly #met = new Set<string>();
  /** Names of rows, as rows have them, that are known or met: they are looked up once for each value. */
  readonly #ofRows = new Set<string>();

  /** @param known of the version, as ServedColumns.nested has them; undefined where there is none: then names within values are let be */
  constructor(known: ReadonlySet<string> | undefined) {
    this.#known = known;
  }

  /** Go by the features of another version from now on. */
  follow(known: ReadonlySet<string>): void {
    this.#known = known;
    this.#ofRows.clear();
  }

  /** Begin a window. */
  clear(): void {
    this.#met.clear();
    this.#ofRows.clear();
  }

  /** Take the names of a row. @throws VarveError `request-invalid` where they would become too many, or are too long */
  take(row: Row): void {
    const others = new Set<string>();
    this.#find(row, '', others);
    for (const name of others) this.#met.add(name);
  }

  #find(value: object, around: string, others: Set<string>): void {
    if (Array.isArray(value)) {
      for (const one of value) if (isStructured(one)) this.#find(one, around, others);
      return;
    }
    if (around !== '' && this.#known?.has(nestedName(around, ANY_NAME))) return;
    for (const own of Object.keys(value)) {
      const one = (value as Row)[own];
      const isInside = this.#known !== undefined && isStructured(one);
      if (around === '' && !isInside && this.#ofRows.has(own)) continue;
      const name = nestedName(around, own);
      if (!this.#known?.has(name) && !this.#met.has(name)) this.#add(name, others);
      else if (around === '') this.#ofRows.add(own);
      if (isInside) this.#find(one as object, name, others);
    }
  }

  #add(name: string, others: Set<string>): void {
    if (name.length > MAX_NAME_LENGTH)
      throw requestInvalid(`a name in it is longer than ${MAX_NAME_LENGTH} characters`);
    others.add(name);
    if (this.#met.size + others.size > MAX_NEW_NAMES)
      throw requestInvalid(`more than ${MAX_NEW_NAMES} names of it are no features of the version`);
  }
}

function isStructured(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
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
   * @param text the line that it stood on, if it did, of whole characters: numbers keep their digits
   * @throws VarveError `request-invalid`
   */
  of(row: Row, text: string | undefined): string {
    // Only escapes make text of what is no Unicode, or a NUL of a name.
    if (text === undefined || text.includes('\\u')) checkValue(row, MAX_DEPTH);
    else checkDepth(row, MAX_DEPTH);
    this.#names.take(row);
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
  if (depth < 0) throw tooDeep();
  if (Array.isArray(value)) {
    for (const one of value) checkValue(one, depth - 1);
    return;
  }
  for (const [name, one] of Object.entries(value)) {
    if (name.includes('\0') || LONE_SURROGATE.test(name)) throw requestInvalid('a name in it is no text');
    checkValue(one, depth - 1);
  }
}

/** As checkValue, of values whose text is known to be fine. */
function checkDepth(value: unknown, depth: number): void {
  if (!isStructured(value)) return;
  if (depth < 0) throw tooDeep();
  if (Array.isArray(value)) for (const one of value) checkDepth(one, depth - 1);
  else for (const name of Object.keys(value)) checkDepth((value as Row)[name], depth - 1);
}

function tooDeep(): VarveError {
  return requestInvalid(`its values are nested more than ${MAX_DEPTH} levels deep`);
}

/** Whether no object of a row has a key twice: the row has as many keys as its text has strings before a colon. */
function hasUniqueKeys(text: string, row: unknown): boolean {
  let keys = 0;
  for (let start = text.indexOf('"'); start >= 0; ) {
    let end = text.indexOf('"', start + 1);
    while (isEscaped(text, end)) end = text.indexOf('"', end + 1);
    let next = end + 1;
    while (text.charCodeAt(next) <= SPACE) next++;
    if (text.charCodeAt(next) === COLON) keys++;
    start = text.indexOf('"', next);
  }
  return keys === keysOf(row);
}

const SPACE = 0x20;
const COLON = 0x3a;
const BACKSLASH = 0x5c;

/** Whether an odd number of backslashes stands before a place. */
function isEscaped(text: string, at: number): boolean {
  let before = at;
  while (text.charCodeAt(before - 1) === BACKSLASH) before--;
  return (at - before) % 2 === 1;
}

function keysOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  if (Array.isArray(value)) return value.reduce((sum: number, one) => sum + keysOf(one), 0);
  const names = Object.keys(value);
  let keys = names.length;
  for (const name of names) keys += keysOf((value as Row)[name]);
  return keys;
}
