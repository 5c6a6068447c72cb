import { isUtf8 } from 'node:buffer';
import { ByteQueue } from '../../base/byte-queue.ts';
import { MAX_PATH_BYTES, problemOfDataPath } from '../../base/files/data-path.ts';
import { comparePaths } from '../../base/files/path-order.ts';
import { VarveError } from '../../errors.ts';
import { WRONG_POINTER } from '../errors.ts';
import { type Digest, parseDigest } from './digest.ts';

/**
 * One file of a directory: a POSIX path relative to it, its size in bytes and its digest. An empty folder is an entry
 * whose path ends in `/`, with size 0 and no digest.
 */
export interface ManifestEntry {
  readonly path: string;
  readonly size: number;
  readonly digest?: Digest;
  readonly executable?: true;
}

/** About so many bytes of text are encoded into one piece. */
export const MANIFEST_BLOCK = 64 * 1024;
/** The longest path, if each of its bytes is escaped, and the other fields. */
const MAX_LINE_BYTES = MAX_PATH_BYTES * 6 + 4096;
const NEWLINE = 10;

/**
 * Encode a manifest: canonical JSON Lines, sorted by the bytes of the path, in blocks of about 64 KiB.
 * @param entries in that order
 * @throws VarveError `manifest-invalid` if the order or a path is wrong
 */
export function* encodeManifest(entries: Iterable<ManifestEntry>): Generator<Uint8Array> {
  const order = new PathOrder();
  let text = '';
  for (const entry of entries) {
    checkManifestPath(entry.path, 'manifest');
    const problem = order.problemWith(entry.path);
    if (problem !== undefined) throw invalid(entry.path, problem);
    text += `${encodeEntry(entry)}\n`;
    if (text.length < MANIFEST_BLOCK) continue;
    yield Buffer.from(text);
    text = '';
  }
  if (text !== '') yield Buffer.from(text);
}

/**
 * Read the entries of a manifest that may come from anyone, in bounded memory.
 * @param where names the manifest, for messages
 * @throws VarveError `manifest-damaged` for anything that encodeManifest would not have written
 */
export function readManifest(
  bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  where: string,
): AsyncGenerator<ManifestEntry> {
  return readSortedLines(bytes, where, parseEntry);
}

/**
 * Read lines of JSON whose paths are in the order of manifests, in bounded memory.
 * @param where names the manifest, for messages
 * @param parse reads one line, and throws `manifest-damaged` if it is not in the canonical form
 * @param isHead takes one of the lines before all paths, and tells whether it was one
 * @throws VarveError `manifest-damaged`
 */
export async function* readSortedLines<E extends { readonly path: string }>(
  bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  where: string,
  parse: (line: string, where: string) => E,
  isHead: (line: string) => boolean = () => false,
): AsyncGenerator<E> {
  const queue = new ByteQueue();
  const order = new PathOrder();
  let isBehindHead = false;
  for await (const piece of bytes) {
    let from = queue.length;
    queue.push(piece);
    for (let end = queue.indexOf(NEWLINE, from); end >= 0; end = queue.indexOf(NEWLINE)) {
      const line = queue.take(end + 1);
      // Decoded, bytes that are no UTF-8 would become the same text as others.
      if (!isUtf8(line)) throw damagedManifest(where, 'a line is not UTF-8');
      const text = line.toString('utf8', 0, end);
      from = 0;
      if (!isBehindHead && isHead(text)) continue;
      isBehindHead = true;
      const entry = parse(text, where);
      const problem = order.problemWith(entry.path);
      if (problem !== undefined) throw damagedManifest(where, `${JSON.stringify(entry.path)} ${problem}`);
      yield entry;
    }
    if (queue.length > MAX_LINE_BYTES) throw damagedManifest(where, 'a line is too long');
  }
  if (queue.length > 0) throw damagedManifest(where, 'its last line has no end');
}

/**
 * A path that may be written below a dataset's folder on any system: see problemOfDataPath.
 * @throws VarveError `manifest-damaged`; `where` names what held the path
 */
export function checkManifestPath(path: string, where: string): void {
  const problem = problemOfDataPath(path);
  if (problem !== undefined) throw damagedManifest(where, `${JSON.stringify(path.slice(0, 200))} ${problem}`);
}

/** Sees paths one after another and knows when one may not follow: wrong order, twice, or below a file. */
export class PathOrder {
  #last: string | undefined;
  /** Earlier paths of which each is the beginning of the next. */
  readonly #beginnings: string[] = [];

  problemWith(path: string): string | undefined {
    if (this.#last !== undefined && comparePaths(this.#last, path) >= 0)
      return 'is out of order, or there twice';
    this.#last = path;
    while (this.#beginnings.length > 0 && !path.startsWith(this.#beginnings.at(-1)!)) this.#beginnings.pop();
    const parent = this.#beginnings.at(-1);
    if (parent !== undefined && (parent.endsWith('/') || path[parent.length] === '/')) {
      return `lies below ${JSON.stringify(parent)}, which is a file or an empty folder`;
    }
    this.#beginnings.push(path);
    return undefined;
  }
}

function encodeEntry(entry: ManifestEntry): string {
  const { path, size, digest, executable } = entry;
  let line = `{"path":${JSON.stringify(path)},"size":${size}`;
  if (digest !== undefined) line += `,"digest":"${digest}"`;
  if (executable) line += ',"executable":true';
  return `${line}}`;
}

function parseEntry(line: string, where: string): ManifestEntry {
  const value = parseLine(line, where);
  checkManifestPath(value.path, where);
  const entry = checkFields(value, value.path, where);
  if (encodeEntry(entry) !== line) throw damagedManifest(where, 'a line is not in the canonical form');
  return entry;
}

/** @throws VarveError `manifest-damaged` */
export function parseLine(line: string, where: string): Record<string, unknown> & { readonly path: string } {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw damagedManifest(where, 'a line is not JSON');
  }
  if (value !== null && typeof value === 'object' && 'path' in value && typeof value.path === 'string') {
    return value as Record<string, unknown> & { path: string };
  }
  throw damagedManifest(where, 'a line is not an entry');
}

function checkFields(value: Record<string, unknown>, path: string, where: string): ManifestEntry {
  const { size, digest, executable } = value;
  checkSize(size, path, where);
  if (path.endsWith('/')) {
    if (size !== 0 || digest !== undefined)
      throw damagedManifest(where, `${JSON.stringify(path)} is a folder with bytes`);
    return { path, size };
  }
  const checked = { path, size, digest: parseDigest(digest, where) };
  return executable === true ? { ...checked, executable } : checked;
}

/** @throws VarveError `manifest-damaged` */
export function checkSize(size: unknown, path: string, where: string): asserts size is number {
  if (typeof size === 'number' && Number.isSafeInteger(size) && size >= 0) return;
  throw damagedManifest(where, `${JSON.stringify(path)} has no size`);
}

function invalid(path: string, problem: string): VarveError {
  return new VarveError('manifest-invalid', `${JSON.stringify(path)} ${problem}`, {
    path,
    remedy: 'This is a defect of varve: please report it with the names of the files in this folder.',
  });
}

export function damagedManifest(where: string, problem: string): VarveError {
  return new VarveError('manifest-damaged', `The manifest ${where} is damaged or hostile: ${problem}`, {
    path: where,
    remedy: `Nothing was written. ${WRONG_POINTER}`,
  });
}
